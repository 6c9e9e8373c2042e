"""Chats in time: when a piece reaches the client, when the backend stops, and what the log says of it."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, last, line, stream
from tests.server.conftest import CALL, OLLAMA, OPENAI, PATHS, QUESTION, SHAPES, WEATHER, Bridge

# When.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("model", "tools"), [("plain:1b", []), ("plain:1b", [WEATHER]), ("able:8b", [WEATHER])], ids=str
)
async def test_the_first_piece_arrives_before_the_second_leaves(
    bridge: Bridge, backend: FakeOllama, path: str, model: str, tools: list[Any]
) -> None:
    read = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def second(number: int) -> None:
            if number:
                await read.wait()

        return await stream(request, [line("One"), line(" two"), last()], before_each=second)

    backend.chat = chat
    got = await bridge.read_while(path, read.set, model=model, tools=tools, stream=True)
    assert b"One" in got
    assert b" two" in got


@pytest.mark.parametrize("path", PATHS)
async def test_our_200_waits_for_the_backends_first_frame(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    """Half a frame is no frame: the error behind it is still a status."""
    half = line("Half")[:20]

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [half])

    backend.chat = chat
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert answer.status == 502


@pytest.mark.parametrize(("path", "streamed"), SHAPES)
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_client_that_goes_away_stops_the_backend(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool, tools: list[Any]
) -> None:
    generating = asyncio.Event()

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False) if body["stream"] else web.StreamResponse()
        generating.set()
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    asking = asyncio.create_task(bridge.ask(path, tools=tools, stream=streamed))
    await generating.wait()
    assert not backend.gone.is_set()
    asking.cancel()
    await backend.gone.wait()


async def test_a_client_that_goes_away_between_two_pieces_stops_the_backend(
    bridge: Bridge, backend: FakeOllama
) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False)
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    body = json.dumps({"model": "plain:1b", "messages": QUESTION, "tools": [WEATHER]}).encode()
    async with bridge.client.post(bridge.url + OLLAMA, data=body) as answer:
        assert b"One" in await answer.content.readany()
        answer.close()
        await backend.gone.wait()


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_one_connection_serves_chat_after_chat(bridge: Bridge, backend: FakeOllama, tools: list[Any]) -> None:
    ports: list[int] = []

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        assert request.transport is not None
        ports.append(request.transport.get_extra_info("peername")[1])
        return await backend.saying("Hi.")(request, body)

    backend.chat = chat
    for streamed in (True, False, True):
        await bridge.ask(tools=tools, stream=streamed)
    assert len(ports) == 3
    assert len(set(ports)) == 1


# Headers of the answer, and the log.


async def test_a_stream_of_events_is_not_cached(bridge: Bridge) -> None:
    streamed = await bridge.ask(OPENAI, stream=True)
    assert (streamed.headers["Content-Type"], streamed.headers["Cache-Control"]) == ("text/event-stream", "no-cache")
    assert "Cache-Control" not in (await bridge.ask(OPENAI)).headers


async def test_the_log_says_what_was_done_and_nothing_of_what_was_said(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("A secret answer. ", CALL)
    headers = {"Authorization": "Bearer secret-key", "X-Request-Id": "mine-1"}
    answer = await bridge.ask(OPENAI, tools=[WEATHER], stream=True, headers=headers)
    assert answer.headers["X-Request-Id"] == "mine-1"
    (logged,) = bridge.log
    known = ("event", "id", "path", "status", "model", "wire", "backend_wire", "mode", "dialect", "stream")
    assert {name: logged[name] for name in known} == {
        "event": "request",
        "id": "mine-1",
        "path": OPENAI,
        "status": 200,
        "model": "plain:1b",
        "wire": "openai",
        "backend_wire": "ollama",
        "mode": "prompted",
        "dialect": "xml",
        "stream": True,
    }
    assert 0 < logged["backend_ms"] <= logged["first_ms"] <= logged["ms"]
    for secret in ("secret", "Oslo", "weather"):
        assert secret not in json.dumps(logged)


async def test_a_client_that_went_away_is_in_the_log(bridge: Bridge, backend: FakeOllama) -> None:
    asked = asyncio.Event()

    async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    backend.chat = chat
    asking = asyncio.create_task(bridge.ask())
    await asked.wait()
    asking.cancel()
    await backend.gone.wait()
    assert bridge.log[-1]["status"] == 499
