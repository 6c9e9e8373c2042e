"""A few thousand bodies by chance through the real app, and the targets of the long runs on what they begin with.

The seed is the same in every run: what is new is for `make fuzz-bodies` and `make fuzz-readers` to find.
"""

import json
import sys
from itertools import islice

import pytest

from tests.bombs.bomb import KINDS, Kind
from tests.fuzz.bodies import fuzzed
from tests.fuzz.mutations import ROUTES, Bodies, recorded, shrunk
from tests.fuzz.targets import TARGETS

_COUNT = 1000


@pytest.mark.skipif(sys.platform != "linux", reason="CPU and memory of another process come from /proc")
@pytest.mark.parametrize("kind", KINDS)
async def test_any_body_is_answered_in_short_steps(kind: Kind) -> None:
    (run,) = await fuzzed(_COUNT, 20_261_121, kinds=[kind], most=10)
    assert not run.failures
    assert run.statuses.total() >= _COUNT


def test_a_seed_gives_the_same_bodies_again() -> None:
    first, again = (list(islice(Bodies(5), 50)) for _ in range(2))
    assert first == again
    assert first != list(islice(Bodies(6), 50))


def test_bodies_of_every_route_are_mutated() -> None:
    assert all(recorded()[route] for route in ROUTES)
    assert {route for route, _ in islice(Bodies(5), 200)} == set(ROUTES)


def test_what_fails_is_made_smaller() -> None:
    body = json.dumps({"a": list(range(100)), "b": {"c": "x" * 50, "d": "the culprit"}}).encode()
    assert shrunk(body, lambda data: b"culprit" in data) == b'{"b": {"d": "the culprit"}}'


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "replies"])
def test_targets_hold_for_what_they_begin_with(name: str) -> None:
    """Those of `replies` are the golden replies, which have tests of their own."""
    seeds = list(TARGETS[name].seeds())
    assert seeds
    for seed in seeds:
        TARGETS[name].run(seed)
