"""A wish for thinking that a model refuses: a hint is dropped, a demand gets the backend's error."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.fake_openai import FakeOpenAI
from tests.server.conftest import OPENAI, QUESTION, WEATHER, Answer, Bridge, InFront, Start

RESPONSES, MESSAGES = "/v1/responses", "/v1/messages"
REFUSAL = '"plain:1b" does not support thinking'
WISHES: dict[str, dict[str, Any]] = {
    OPENAI: {"reasoning_effort": "high"},
    RESPONSES: {"input": QUESTION, "reasoning": {"effort": "high"}},
}
OFFERED: dict[bool, dict[str, Any]] = {False: {}, True: {"tools": [{**WEATHER, "name": "get_weather"}]}}
"""A tool, or none: as both wires of OpenAI's read it."""
WISHED = ("think", "reasoning_effort", "reasoning", "chat_template_kwargs")
"""Fields by which the bridge asks backends for thinking."""
Fake = FakeOllama | FakeOpenAI


def refuses(fake: Fake, answer: Callable[[], web.Response]) -> None:
    """Let the backend refuse each chat that is to think."""
    said = fake.saying("It ", "rains.")

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return answer() if any(body.get(name) for name in WISHED) else await said(request, body)

    fake.chat = chat


def refusal() -> web.Response:
    return web.json_response({"error": {"message": REFUSAL, "type": "invalid_request_error"}}, status=400)


def ollamas() -> web.Response:
    return web.json_response({"error": REFUSAL}, status=400)


def wishes(fake: Fake) -> list[bool]:
    """Whether each chat that came was to think."""
    return [any(name in one.json for name in WISHED) for one in fake.chats]


def said(answer: Answer) -> bool:
    return b"It" in answer.body and b"rains." in answer.body


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("path", WISHES)
async def test_ollama_is_asked_again_without_the_hint_and_this_is_learnt(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool, tools: bool
) -> None:
    refuses(backend, ollamas)
    for _ in range(2):
        answer = await bridge.ask(path, stream=streamed, **WISHES[path], **OFFERED[tools])
        assert (answer.status, said(answer)) == (200, True)
    assert wishes(backend) == [True, False, False]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("path", WISHES)
@pytest.mark.parametrize("server", ["llama.cpp", "unknown", "mlx-lm"])
async def test_a_server_of_openais_wire_is_asked_again_without_the_hint_and_this_is_learnt(
    in_front: InFront, server: Any, path: str, streamed: bool, tools: bool
) -> None:
    bridge, fake = await in_front(server)
    refuses(fake, refusal)
    for _ in range(2):
        answer = await bridge.ask(path, stream=streamed, **WISHES[path], **OFFERED[tools])
        assert (answer.status, said(answer)) == (200, True)
    assert wishes(fake) == [True, False, False]


@pytest.mark.parametrize("streamed", [False, True])
async def test_no_bytes_go_out_twice(in_front: InFront, streamed: bool) -> None:
    """The server refuses to think whatever it is asked."""
    bridge, fake = await in_front("llama.cpp")
    fake.chat = fake.answering(400, {"error": {"message": REFUSAL, "type": "x", "code": 7}})
    for path, wish in WISHES.items():
        fake.received.clear()
        answer = await bridge.ask(path, stream=streamed, **wish)
        assert (answer.status, REFUSAL in answer.json["error"]["message"]) == (400, True)
        assert len(fake.chats) == 2 == len({one.body for one in fake.chats})


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, {"error": {"message": "no such model", "code": 3}}), (500, "plain words"), (503, {}), (404, "")],
)
async def test_another_error_comes_back_as_it_is(in_front: InFront, status: int, body: object) -> None:
    bridge, fake = await in_front("llama.cpp")
    fake.chat = fake.answering(status, body)
    with_wish, without = [await bridge.ask(OPENAI, **wish) for wish in (WISHES[OPENAI], {})]
    assert (with_wish.status, with_wish.body) == (without.status, without.body)
    assert len(fake.chats) == 2


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
async def test_a_demand_gets_the_backends_error(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    backend.chat = backend.more["/api/generate"] = backend.answering(400, {"error": REFUSAL})
    for offered in OFFERED.values():
        answer = await bridge.ask(path, prompt="hi", think=True, **offered)
        assert (answer.status, answer.json) == (400, {"error": REFUSAL})


async def test_a_client_that_wants_nothing_done_gets_the_backends_error(start: Start) -> None:
    async with FakeOpenAI("llama.cpp").running() as fake:
        bridge = await start(backend=fake.url, backends={"wire": "openai"})
        refuses(fake, refusal)
        answer = await bridge.ask(OPENAI, headers={"X-Toolbridge-Tools": "off"}, **WISHES[OPENAI])
    assert (answer.status, len(fake.chats)) == (400, 1)
