"""The end of a bridge: which answers it waits for, for how long, and what becomes of the rest."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, line, stream
from tests.server.conftest import QUESTION, WEATHER, Start
from toolbridge.server.draining import WHY, Draining


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolbridge.server.draining._LAST_WORDS", 0.1)


async def test_where_nothing_runs_the_end_is_there_at_once() -> None:
    told: list[str] = []
    draining = Draining(600, told.append)
    await draining.drain()
    assert (draining.begun, draining.cancels, told) == (True, False, [])


async def test_what_runs_is_waited_for_and_never_told() -> None:
    told: list[str] = []
    draining, go = Draining(600, told.append), asyncio.Event()

    async def work() -> None:
        with draining.running():
            begun.set()
            await go.wait()

    begun = asyncio.Event()
    working = asyncio.create_task(work())
    await begun.wait()
    ending = asyncio.create_task(draining.drain())
    await asyncio.sleep(0)
    assert draining.begun
    assert not ending.done()
    go.set()
    await asyncio.gather(working, ending)
    assert told == []


async def test_after_the_grace_the_backend_is_let_go_and_then_whoever_is_left_cancelled() -> None:
    told: list[str] = []
    draining, begun = Draining(0, told.append), asyncio.Event()

    async def work() -> None:
        with draining.running():
            begun.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await begun.wait()
    await draining.drain()
    assert (told, draining.cancels, working.cancelled()) == ([WHY], True, True)
    await draining.drain()
    assert told == [WHY]


async def test_a_client_that_does_not_read_holds_nobody_up(start: Start, backend: FakeOllama) -> None:
    begun = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False)
        begun.set()
        while True:
            await response.write(line("more " * 20_000))

    backend.chat = chat
    bridge = await start(server={"grace": 0.1})
    body = json.dumps({"model": "plain:1b", "messages": QUESTION, "tools": [WEATHER], "stream": True}).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", bridge.port, limit=1024)
    writer.write(b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    async with asyncio.timeout(10):
        await begun.wait()
        await bridge.stop()
        await backend.gone.wait()
    writer.transport.abort()
    assert [one["outcome"] for one in bridge.log if one["event"] == "request"][-1] != "ok"
