"""Deadlines for clients that do not read, and for clients whose body comes drop by drop. The sockets are real."""

import asyncio
import errno
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, line, stream, whole
from tests.server.conftest import OLLAMA, OPENAI, QUESTION, WEATHER, Start
from toolbridge.server.readers import Readers
from toolbridge.server.settings import load_settings

PATIENCE = 30.0
LONG = "word " * 20_000
DROP = 0.02
"""Seconds between two bytes."""


@asynccontextmanager
async def deaf(port: int, sent: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client that sends this and reads nothing until it is told to."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    own.setblocking(False)
    async with asyncio.timeout(PATIENCE):
        await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=own)
        writer.transport.pause_reading()  # type: ignore[attr-defined] # one for both ways
        writer.write(sent)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


def post(path: str, **body: Any) -> bytes:
    data = json.dumps({"model": "plain:1b", "messages": QUESTION} | body).encode()
    return b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(data), data)


def endless(backend: FakeOllama) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False)
        while True:
            await response.write(line(LONG))

    backend.chat = chat


async def reset(writer: asyncio.StreamWriter) -> None:
    """The bridge breaks the connection, without an end that could be taken for the answer's."""
    own = writer.get_extra_info("socket")
    while own.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != errno.ECONNRESET:  # noqa: ASYNC110 # nothing else tells
        await asyncio.sleep(DROP)


@pytest.mark.parametrize("path", [OLLAMA, OPENAI])
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_client_that_does_not_read_is_let_go_and_the_backend_with_it(
    start: Start, backend: FakeOllama, path: str, tools: list[object]
) -> None:
    endless(backend)
    bridge = await start(timeouts={"write": 0.2})
    async with deaf(bridge.port, post(path, tools=tools, stream=True)) as (_, writer):
        await reset(writer)
        await backend.gone.wait()
    await bridge.stop()
    (told,) = (one for one in bridge.log if one["event"] == "request")
    assert told["outcome"] == "client_gone"
    assert told["error"] == "the client took nothing for 0.2 s (timeouts.write)"


@pytest.mark.parametrize("path", [OLLAMA, "/api/big"])
async def test_an_answer_in_one_piece_is_not_kept_for_who_does_not_take_it(
    start: Start, backend: FakeOllama, path: str
) -> None:
    async def big(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return whole(LONG * 100)

    backend.chat = backend.more["/api/big"] = big
    bridge = await start(timeouts={"write": 0.2})
    sent = post(path, tools=[WEATHER], stream=False).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    async with deaf(bridge.port, sent) as (_, writer):
        await reset(writer)


async def test_a_client_that_reads_slowly_is_left_alone(start: Start, backend: FakeOllama) -> None:
    """The client takes ten times as long as it may pause, and reads a little each time."""
    pieces = [line(LONG)] * 30

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, pieces)

    backend.chat = chat
    bridge = await start(timeouts={"write": 0.2})
    async with deaf(bridge.port, post(OLLAMA, stream=True)) as (reader, writer):
        writer.transport.resume_reading()  # type: ignore[attr-defined] # as above
        got = 0
        while got < sum(map(len, pieces)):
            got += len(await reader.read(128 * 1024))
            await asyncio.sleep(DROP)
    await bridge.stop()
    assert [one["outcome"] for one in bridge.log] == ["ok"]


async def test_no_time_is_for_ever(start: Start, backend: FakeOllama) -> None:
    endless(backend)
    bridge = await start(timeouts={"write": 0, "body": 0})
    async with deaf(bridge.port, post(OLLAMA, stream=True)):
        for _ in range(20):
            await asyncio.sleep(DROP)
        assert not backend.gone.is_set()


# Bodies.


async def dripped(port: int, path: str, drop: bytes, length: int) -> bytes:
    """The answer to a client that sends its body drop by drop."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path.encode(), length))
        answer = asyncio.create_task(reader.readuntil(b"}"))
        for _ in range(length // len(drop)):
            if answer.done():
                break
            writer.write(drop)
            await asyncio.sleep(DROP)
        try:
            return await answer
        finally:
            writer.transport.abort()


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages/count_tokens"])
async def test_a_body_that_comes_drop_by_drop_is_not_waited_for_without_end(start: Start, path: str) -> None:
    bridge = await start(timeouts={"body": 0.2})
    got = await dripped(bridge.port, path, b" ", 10**6)
    assert b" 408 " in got
    assert b"not here in full after 0.2 s (timeouts.body)" in got


async def test_one_that_is_handed_on_has_to_come_steadily(
    start: Start, backend: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolbridge.server.bodies._RATE", 10_000)
    bridge = await start(timeouts={"body": 0.2})
    got = await dripped(bridge.port, "/api/blobs/sha256:0", b"x", 10**6)
    assert b" 408 " in got
    assert b"comes too slowly" in got
    assert backend.received == []


async def test_a_large_one_takes_as_long_as_it_takes(
    start: Start, backend: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The body takes three times as long as it may, with a drop in each fiftieth of a second."""
    monkeypatch.setattr("toolbridge.server.bodies._RATE", 10_000)
    bridge = await start(timeouts={"body": 0.2})
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
        head = b"POST /api/blobs/sha256:0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % (30 * 2000))
        for _ in range(30):
            writer.write(b"x" * 2000)
            await asyncio.sleep(DROP)
        assert b" 201 " in await reader.readline()
        writer.close()
    assert [one.body for one in backend.received] == [b"60000"]


@pytest.mark.parametrize("setting", ["body", "write"])
def test_each_is_a_variable(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(f"TOOLBRIDGE_TIMEOUTS_{setting.upper()}", "0.25")
    assert getattr(load_settings().timeouts, setting) == 0.25


async def test_without_a_deadline_no_client_is_watched(start: Start) -> None:
    bridge = await start(timeouts={"write": 0})
    assert (await bridge.ask()).status == 200
    assert Readers(0)._timer is None
