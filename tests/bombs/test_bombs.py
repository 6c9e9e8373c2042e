"""Every bomb at the real app: an answer that is 2xx or 4xx, no step over the limit, no CPU without end, memory back.

`make test` throws each bomb that is not large once, routes and backends by turns; `make bombs` throws all of them on
every way they name.
"""

import json
import sys
from collections.abc import Iterable, Iterator

import pytest

from tests.bombs import GROUPS
from tests.bombs.backends import DESCRIPTIONS, HOSTILE, LISTS, CalmOllama, CalmOpenAI, saying
from tests.bombs.bomb import KINDS, MODEL, Bomb, Chat, Kind
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


async def unharmed(shots_: Iterator[Shot], url: str, kind: Kind) -> None:
    """Innocent requests in front of a hostile backend, which changes when the next one is taken."""
    harmful = [str(outcome) async for outcome in fire(shots_, url, kind) if outcome.problems]
    assert not harmful, "\n".join(harmful)


def asking(name: str, route: str, kind: Kind, *allowed: int, method: str = "POST", model: str = MODEL) -> Shot:
    """One innocent request."""
    chat = Chat(tools=[("get_weather", "Weather.", {"type": "object"})], model=model)
    bomb = Bomb(name, "", lambda: chat, routes=(route,), allowed=frozenset(allowed), method=method)
    return Shot(bomb, route, "auto", kind)


async def test_a_backends_errors_do_no_harm() -> None:
    fake = CalmOllama()

    def thrown() -> Iterator[Shot]:
        for name, (status, kind, body) in HOSTILE.items():
            fake.more["/api/chat"] = saying(body, kind, status)
            yield asking(name, "/api/chat", "ollama", status, 502)

    async with fake.running():
        await unharmed(thrown(), fake.url, "ollama")


async def test_a_backends_descriptions_of_models_do_no_harm() -> None:
    fake = CalmOllama()

    def thrown() -> Iterator[Shot]:
        for number, (name, described) in enumerate(DESCRIPTIONS.items()):
            fake.more["/api/show"] = saying(json.dumps(described).encode(), "application/json")
            for route in ("/api/chat", "/api/show"):
                yield asking(name, route, "ollama", 200, model=f"m{number}:1b")

    async with fake.running():
        await unharmed(thrown(), fake.url, "ollama")


async def test_a_backends_lists_of_models_do_no_harm() -> None:
    fake = CalmOpenAI("unknown")

    def thrown() -> Iterator[Shot]:
        for name, listed in LISTS.items():
            fake.gets["/v1/models"] = (200, listed)
            yield asking(name, "/api/tags", "openai", 200, method="GET")
            yield asking(name, "/v1/chat/completions", "openai", 200)

    async with fake.running():
        await unharmed(thrown(), fake.url, "openai")


def test_names_of_bombs_tell_them_apart() -> None:
    names = [bomb.name for group in GROUPS.values() for bomb in group()]
    assert sorted(names) == sorted(set(names))
