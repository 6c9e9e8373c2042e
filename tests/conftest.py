"""What all tests share: examples are drawn and tried however slow the machine is just then."""

import gc

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Leave the twenty thousand collected tests out of every later collection of garbage, which took a second each."""
    gc.collect()
    gc.freeze()
