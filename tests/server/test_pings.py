"""Pings to clients of a silent backend: when they come, what they are, and what may follow them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, web

from tests.fake_ollama import FakeOllama, last, line, stream
from tests.fake_openai import FakeOpenAI
from tests.server.conftest import OLLAMA, OPENAI, QUESTION, WEATHER, Bridge, OfAnthropic, OfOpenAI, Start
from toolbridge.server.pings import Pings
from toolbridge.wire import wires

RESPONSES, MESSAGES = "/v1/responses", "/v1/messages"
STREAMS = (OPENAI, RESPONSES, MESSAGES)
PING = {"server": {"ping": 0.01}}
"""A short silence, so that no test waits."""
PINGS = {each.path: each.ping for each in wires().values()}
ASKED: dict[str, Any] = {"model": "plain:1b", "messages": QUESTION, "input": QUESTION, "max_tokens": 99, "stream": True}


@pytest.fixture
def go() -> asyncio.Event:
    """Set once the client has seen enough pings."""
    return asyncio.Event()


@pytest.fixture
def silences(monkeypatch: pytest.MonkeyPatch) -> asyncio.Condition:
    """Notified each time the bridge has found a client's stream to be silent for too long."""
    passed, look = asyncio.Condition(), Pings._look
    telling: set[asyncio.Task[None]] = set()

    async def tell() -> None:
        async with passed:
            passed.notify_all()

    def spied(self: Pings) -> None:
        before = self._last
        look(self)
        if self._last != before:  # a silence begins anew
            telling.add(asyncio.create_task(tell()))

    monkeypatch.setattr(Pings, "_look", spied)
    return passed


async def silence(silences: asyncio.Condition) -> None:
    """Wait for the end of a silence that begins now."""
    async with silences:
        for _ in range(2):
            await silences.wait()


def waits(fake: FakeOllama | FakeOpenAI, go: asyncio.Event, *, answer: Any = None) -> None:
    """Let the backend be silent, without even a head, until it may go on."""
    said = answer or fake.saying("It ", "rains.")

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        await go.wait()
        response: web.StreamResponse = await said(request, body)
        return response

    fake.chat = chat


@asynccontextmanager
async def asking(bridge: Bridge, path: str, **more: Any) -> AsyncIterator[ClientResponse]:
    async with asyncio.timeout(60), bridge.client.post(bridge.url + path, json=ASKED | more) as answer:
        yield answer


async def pinged(answer: ClientResponse, path: str, times: int = 2) -> None:
    """Read so many pings, and nothing beside them."""
    assert await answer.content.readexactly(len(PINGS[path]) * times) == PINGS[path] * times


async def rest(answer: ClientResponse, path: str) -> bytes:
    """What follows, without pings: a busy machine may send more of them."""
    return (await answer.content.read()).replace(PINGS[path], b"")


@pytest.mark.parametrize("tools", [{}, {"tools": [{**WEATHER, "name": "get_weather", "input_schema": {}}]}])
@pytest.mark.parametrize("path", STREAMS)
async def test_a_client_of_a_silent_backend_gets_pings(
    start: Start, backend: FakeOllama, go: asyncio.Event, path: str, tools: Any
) -> None:
    bridge = await start(**PING)
    waits(backend, go)
    async with asking(bridge, path, **tools) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        await pinged(answer, path)
        go.set()
        got = await rest(answer, path)
    assert b"It" in got
    assert b"rains." in got
    assert bridge.log[-1]["outcome"] == "ok"


async def test_where_bytes_go_on_unread_the_backends_frames_follow_the_pings(start: Start, go: asyncio.Event) -> None:
    async with FakeOpenAI("llama.cpp").running() as fake:
        bridge = await start(backend=fake.url, backends={"wire": "openai", "server": "llama.cpp"}, **PING)
        waits(fake, go)
        async with asking(bridge, OPENAI) as answer:
            await pinged(answer, OPENAI)
            go.set()
            got = await rest(answer, OPENAI)
        whole = await bridge.ask(OPENAI, stream=True)
    assert got == whole.body.replace(PINGS[OPENAI], b"")


@pytest.mark.parametrize("tools", [[], [WEATHER]])
async def test_a_ping_never_stands_inside_a_frame(
    start: Start, go: asyncio.Event, tools: list[Any], silences: asyncio.Condition
) -> None:
    async with FakeOpenAI("llama.cpp").running() as fake:
        bridge = await start(backend=fake.url, backends={"wire": "openai", "server": "llama.cpp"}, **PING)
        first, second = b'data: {"choices":[{"index":0,"delta":{"content":"Half', b' a frame"}}]}\n\n'
        halfway = asyncio.Event()

        async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            for piece, event in (
                (b'data: {"choices":[{"index":0,"delta":{"content":"Hm"}}]}\n\n', go),
                (first, halfway),
            ):
                await response.write(piece)
                await event.wait()
            await response.write(second + b'data: {"choices":[{"index":0,"finish_reason":"stop","delta":{}}]}\n\n')
            await response.write(b"data: [DONE]\n\n")
            return response

        fake.chat = chat
        async with asking(bridge, OPENAI, tools=tools) as answer:
            # On a busy machine pings may come before the first frame.
            await answer.content.readuntil(b'"Hm"')
            await answer.content.readuntil(b"\n\n")
            await pinged(answer, OPENAI)
            go.set()
            await silence(silences)
            halfway.set()
            got = await rest(answer, OPENAI)
            assert b"Half a frame" in got
            assert tools or first + second in got


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize("fault", ["refuses", "dies", "answers with an error"])
async def test_an_error_behind_a_ping_stands_in_the_stream(
    start: Start, backend: FakeOllama, go: asyncio.Event, path: str, fault: str
) -> None:
    bridge = await start(**PING)

    async def dies(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    faults = {
        "refuses": (backend.answering(503, {"error": "too busy"}), b"too busy"),
        "dies": (dies, b"did not answer properly"),
        "answers with an error": (backend.answering(200, {"error": "too busy"}), b"too busy"),
    }
    said, words = faults[fault]
    waits(backend, go, answer=said)
    async with asking(bridge, path) as answer:
        await pinged(answer, path)
        go.set()
        got = await rest(answer, path)
    assert answer.status == 200
    assert words in got or b"closed the connection" in got
    assert b'"error"' in got
    assert b"[DONE]" not in got
    assert bridge.log[-1]["outcome"] not in ("ok", "cut")


@pytest.mark.parametrize(("status", "body"), [(503, {"error": {"message": "too busy"}}), (200, {"error": "too busy"})])
async def test_an_error_of_a_backend_of_the_same_wire_stands_in_the_stream(
    start: Start, go: asyncio.Event, status: int, body: Any
) -> None:
    async with FakeOpenAI("llama.cpp").running() as fake:
        bridge = await start(backend=fake.url, backends={"wire": "openai", "server": "llama.cpp"}, **PING)
        waits(fake, go, answer=fake.answering(status, body))
        async with asking(bridge, OPENAI) as answer:
            await pinged(answer, OPENAI)
            go.set()
            got = await rest(answer, OPENAI)
    assert got.startswith(b'data: {"error":{"message":')
    assert (b"too busy" in got) is (status == 503)
    assert got.endswith(b"\n\n")


async def test_a_refusal_behind_a_ping_is_learnt_from(start: Start, backend: FakeOllama, go: asyncio.Event) -> None:
    bridge = await start(**PING)
    said = backend.saying("It rains.")

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if "think" in body:
            return web.json_response({"error": '"plain:1b" does not support thinking'}, status=400)
        return await said(request, body)

    waits(backend, go, answer=chat)
    async with asking(bridge, OPENAI, reasoning_effort="high") as answer:
        await pinged(answer, OPENAI)
        go.set()
        assert b"It rains." in await rest(answer, OPENAI)


@pytest.mark.parametrize("way", [(OLLAMA, True, 0.01), (OPENAI, False, 0.01), (OPENAI, True, 0)])
async def test_others_get_nothing_before_the_first_frame(
    start: Start, backend: FakeOllama, go: asyncio.Event, way: tuple[str, bool, float]
) -> None:
    path, streamed, ping = way
    bridge = await start(server={"ping": ping})
    waits(backend, go, answer=backend.answering(503, {"error": "too busy"}))
    asyncio.get_running_loop().call_later(0.05, go.set)
    answer = await bridge.ask(path, stream=streamed)
    assert (answer.status, b"too busy" in answer.body) == (503, True)


@pytest.mark.parametrize("path", STREAMS)
async def test_a_backends_comment_is_a_ping(start: Start, go: asyncio.Event, path: str) -> None:
    async with FakeOpenAI("llama.cpp").running() as fake:
        bridge = await start(backend=fake.url, backends={"wire": "openai", "server": "llama.cpp"})

        async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            await response.write(b'data: {"choices":[{"index":0,"delta":{"content":"Hm"}}]}\n\n')
            await seen.wait()
            await response.write(b": ping\n\n")
            await go.wait()
            await response.write(b'data: {"choices":[{"index":0,"finish_reason":"stop","delta":{}}]}\n\n')
            return response

        fake.chat, seen = chat, asyncio.Event()
        async with asking(bridge, path) as answer:
            got = await answer.content.readany()
            seen.set()
            while PINGS[path] not in got:
                assert not answer.content.at_eof()
                got += await answer.content.readany()
            go.set()
            assert await answer.content.read()


async def test_the_packages_of_clients_read_over_pings(
    start: Start, backend: FakeOllama, of_openai: OfOpenAI, of_anthropic: OfAnthropic, silences: asyncio.Condition
) -> None:
    bridge = await start(**PING)

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def slowly(_number: int) -> None:
            await silence(silences)

        return await stream(request, [line("It "), line("rains."), last()], before_each=slowly)

    backend.chat = chat
    shim: Any = await of_openai(bridge)
    pieces = [one async for one in await shim.chat.completions.create(model="m", messages=QUESTION, stream=True)]
    assert "".join(one.choices[0].delta.content or "" for one in pieces if one.choices) == "It rains."
    events = [one async for one in await shim.responses.create(model="m", input="hi", stream=True)]
    assert events[-1].response.output_text == "It rains."
    asked: Any = {"model": "m", "max_tokens": 9, "messages": QUESTION}
    async with of_anthropic(bridge).messages.stream(**asked) as running:
        message = await running.get_final_message()
    assert [block.text for block in message.content if block.type == "text"] == ["It rains."]
