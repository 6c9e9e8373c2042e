"""When a dead worker is replaced; `test_life_cycle` lets real ones die."""

from collections.abc import Callable

import pytest

from toolbridge.cli.workers import Workers
from toolbridge.server.logs import make_log
from toolbridge.server.settings import LogSettings


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    log = make_log(LogSettings(format="json", level="error"))
    return Workers(1, [], lambda _lifeline: 0, log, grace=5.0)


@pytest.fixture
def pause(workers: Workers) -> Callable[[float], float | None]:
    """The seconds until a worker that lived this long is replaced; None if it is not replaced."""

    def _pause(lived: float) -> float | None:
        workers._due.clear()
        workers._replace(lived)
        return round(workers._due[0] - 100.0, 3) if workers._due else None

    return _pause


def test_a_worker_that_lived_is_replaced_at_once(pause: Callable[[float], float | None]) -> None:
    assert [pause(60.0), pause(3600.0)] == [0.0, 0.0]


def test_one_that_died_young_is_replaced_later_each_time_until_none_is(
    workers: Workers, pause: Callable[[float], float | None]
) -> None:
    assert [pause(0.1) for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.6, None]
    assert (workers._stopping, workers._code) == (True, 1)


def test_a_long_life_makes_the_young_deaths_before_it_forgotten(pause: Callable[[float], float | None]) -> None:
    assert [pause(0.1), pause(0.1), pause(60.0), pause(0.1)] == [0.1, 0.2, 0.0, 0.1]


def test_a_second_signal_is_the_exit_code(workers: Workers) -> None:
    workers._heed(15)
    assert (workers._stopping, workers._code, workers._deadline) == (True, 0, 100.0 + 5.0 + 4.0)
    workers._heed(2)
    assert workers._code == 130
