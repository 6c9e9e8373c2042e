"""Every bomb at the real app: an answer that is 2xx or 4xx, no step over the limit, no CPU without end, memory back.

`make test` throws each bomb that is not large once, routes and backends by turns; `make bombs` throws all of them on
every way they name.
"""

import sys
from collections.abc import Iterable

import pytest

from tests.bombs import GROUPS
from tests.bombs.bomb import KINDS, Kind
from tests.bombs.throwing import Shot, behind, few_shots, fire, shots

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU and memory of another process come from /proc")
WAYS = [(group, kind) for group in GROUPS for kind in KINDS]


async def harmless(thrown: Iterable[Shot], kind: Kind) -> None:
    """Throw these, and fail with a list of those that did harm."""
    harmful = []
    total = 0
    async with behind(kind) as backend:
        async for outcome in fire((shot for shot in thrown if shot.kind == kind), backend, kind):
            total += 1
            if outcome.problems:
                harmful.append(str(outcome))
    assert total
    assert not harmful, f"{len(harmful)} of {total} do harm:\n" + "\n".join(harmful)


@pytest.mark.parametrize(("group", "kind"), WAYS)
async def test_bombs_do_no_harm(group: str, kind: Kind) -> None:
    await harmless(few_shots(GROUPS[group]()), kind)


@pytest.mark.bombs
@pytest.mark.parametrize(("group", "kind"), WAYS)
async def test_every_bomb_on_every_way_does_no_harm(group: str, kind: Kind) -> None:
    await harmless(shots(GROUPS[group]()), kind)


def test_names_of_bombs_tell_them_apart() -> None:
    names = [bomb.name for group in GROUPS.values() for bomb in group()]
    assert sorted(names) == sorted(set(names))
