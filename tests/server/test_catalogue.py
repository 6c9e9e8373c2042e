"""The memory of models: asked for once, kept for a while, forgotten in time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from toolbridge.errors import BackendUnreachable
from toolbridge.limits import Limits
from toolbridge.models import Backend, Learnt, Model
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.catalogue import Catalogue
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Upstream

NOBODY: dict[str, str] = {}
ANY = Backend("http://127.0.0.1:9")
"""A backend of Ollama's wire; questions go where the catalogue's `Upstream` goes."""


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def catalogue(backend: FakeOllama, clock: Clock) -> AsyncIterator[Catalogue]:
    own = Backend(backend.url)
    async with Upstream(own, TimeoutSettings()) as upstream:
        yield Catalogue(BackendModels(upstream, Limits()), clock)


async def test_a_model_is_asked_about_once(catalogue: Catalogue, backend: FakeOllama, clock: Clock) -> None:
    for name in ("able:8b", "Able:8B", "able:8b"):
        model = await catalogue.model(name, NOBODY, ANY)
        assert model == Model(name, family="qwen3", capabilities=frozenset({"completion", "tools"}))
    assert len(backend.questions) == 1
    clock.now = 59.9
    await catalogue.model("able:8b", NOBODY, ANY)
    assert len(backend.questions) == 1
    clock.now = 60.1
    await catalogue.model("able:8b", NOBODY, ANY)
    assert len(backend.questions) == 2


async def test_a_name_without_a_tag_is_the_latest(catalogue: Catalogue, backend: FakeOllama) -> None:
    backend.shows["host:80/able"] = backend.shows["able:8b"]
    for name in ("host:80/able", "host:80/able:latest", "host:80/ABLE"):
        assert (await catalogue.model(name, NOBODY, ANY)).name == name
    assert len(backend.questions) == 1


async def test_the_question_bears_the_clients_headers(catalogue: Catalogue, backend: FakeOllama) -> None:
    await catalogue.model("able:8b", {"authorization": "Bearer mine", "content-type": "text/plain"}, ANY)
    (asked,) = backend.questions
    assert asked.headers["Authorization"] == "Bearer mine"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.json == {"model": "able:8b", "name": "able:8b"}


async def test_those_who_ask_at_once_share_one_answer_even_if_the_first_goes_away(
    catalogue: Catalogue, backend: FakeOllama
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def show(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        asked.set()
        await go.wait()
        return web.json_response(backend.shows["able:8b"])

    backend.more["/api/show"] = show
    first, second, third = (asyncio.create_task(catalogue.model("able:8b", NOBODY, ANY)) for _ in range(3))
    await asked.wait()
    first.cancel()
    go.set()
    assert await second == await third
    assert first.cancelled()
    assert len(backend.questions) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, {"error": "not found"}), (401, {}), (500, {}), (200, b"what?"), (200, [1]), (200, b"\xff")],
)
async def test_what_cannot_be_told_is_not_known_and_asked_again(
    catalogue: Catalogue, backend: FakeOllama, status: int, body: object
) -> None:
    backend.more["/api/show"] = backend.answering(status, body)
    for _ in range(2):
        assert await catalogue.model("able:8b", NOBODY, ANY) == Model("able:8b")
    assert len(backend.questions) == 2


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_question_that_is_not_answered_keeps_nobody_waiting(
    catalogue: Catalogue, backend: FakeOllama, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    async def show(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        assert request.transport is not None
        if not hangs:
            request.transport.abort()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("toolbridge.server.catalogue._PATIENCE", 0.05 if hangs else 60)
    backend.more["/api/show"] = show
    assert await catalogue.model("able:8b", NOBODY, ANY) == Model("able:8b")
    await backend.gone.wait()


async def test_a_backend_that_is_down_is_an_error() -> None:
    own = Backend("http://127.0.0.1:9")
    async with Upstream(own, TimeoutSettings()) as upstream:
        with pytest.raises(BackendUnreachable):
            await Catalogue(BackendModels(upstream, Limits())).model("able:8b", NOBODY, own)


def forgetful(clock: Clock) -> Catalogue:
    return Catalogue(BackendModels(Upstream(ANY, TimeoutSettings()), Limits()), clock)


TOOLLESS, FOLDED, CALM = Learnt(refuses_tools=True), Learnt(no_system=True), Learnt(no_thinking=True)
MINE, YOURS = {"Authorization": "Bearer mine"}, {"authorization": "Bearer yours"}


def test_what_was_learnt_is_remembered_for_that_model_and_that_key(clock: Clock) -> None:
    catalogue = forgetful(clock)
    catalogue.learn("able", MINE, TOOLLESS)
    catalogue.learn("plain:1b", NOBODY, FOLDED)
    catalogue.learn("plain:1b", NOBODY, CALM)
    assert catalogue.learnt("ABLE:latest", MINE) == TOOLLESS
    assert catalogue.learnt("plain:1b", NOBODY) == FOLDED | CALM
    for name, headers in (("able", YOURS), ("able", NOBODY), ("plain:1b", MINE), ("other", MINE)):
        assert catalogue.learnt(name, headers) == Learnt()
    catalogue.forget()
    assert catalogue.learnt("able", MINE) == catalogue.learnt("plain:1b", NOBODY) == Learnt()


def test_what_was_learnt_is_forgotten_after_an_hour(clock: Clock) -> None:
    catalogue = forgetful(clock)
    catalogue.learn("able", NOBODY, TOOLLESS)
    clock.now = 3599.0
    assert catalogue.learnt("able", NOBODY) == TOOLLESS
    clock.now = 3600.0
    assert catalogue.learnt("able", NOBODY) == Learnt()
    catalogue.learn("able", NOBODY, CALM)
    assert catalogue.learnt("able", NOBODY) == CALM


def test_names_and_keys_without_number_or_end_fill_no_memory(clock: Clock) -> None:
    catalogue = forgetful(clock)
    for number in range(2000):
        catalogue.learn(f"{number}" * 1000, {"Authorization": f"{number}" * 1000}, TOOLLESS)
    assert len(catalogue._learnt) <= 512
    assert max(map(len, catalogue._learnt)) <= 600
    assert catalogue.learnt("1999" * 1000, {"Authorization": "1999" * 1000}) == TOOLLESS


async def test_each_key_has_answers_of_its_own_also_while_they_are_under_way(
    catalogue: Catalogue, backend: FakeOllama
) -> None:
    """A question that failed for a bad key is no answer for other keys."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def show(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        if request.headers.get("Authorization") != MINE["Authorization"]:
            asked.set()
            await go.wait()
            return web.json_response({"error": "unauthorized"}, status=401)
        return web.json_response(backend.shows["able:8b"])

    backend.more["/api/show"] = show
    bad = asyncio.create_task(catalogue.model("able:8b", YOURS, ANY))
    await asked.wait()
    assert (await catalogue.model("able:8b", MINE, ANY)).family == "qwen3"
    go.set()
    assert await bad == Model("able:8b")
    assert await catalogue.model("able:8b", NOBODY, ANY) == Model("able:8b")
    assert (await catalogue.model("able:8b", MINE, ANY)).family == "qwen3"
    assert len(backend.questions) == 3


async def test_an_answer_that_was_on_its_way_when_models_changed_is_not_kept(
    catalogue: Catalogue, backend: FakeOllama
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def show(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        asked.set()
        await go.wait()
        return web.json_response(backend.shows["able:8b"])

    backend.more["/api/show"] = show
    early = asyncio.create_task(catalogue.model("able:8b", NOBODY, ANY))
    await asked.wait()
    catalogue.forget()
    go.set()
    assert (await early).family == "qwen3"
    await catalogue.model("able:8b", NOBODY, ANY)
    assert len(backend.questions) == 2
