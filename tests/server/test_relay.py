"""An answer that goes to the client unread: as it comes, and what becomes of one that breaks off."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientPayloadError, web

from tests.fake_ollama import FakeOllama, stream
from tests.server.conftest import Bridge
from toolbridge.limits import MIB
from toolbridge.server.relay import _STREAMS


async def test_a_packed_answer_comes_back_as_it_is_packed(bridge: Bridge, backend: FakeOllama) -> None:
    backend.more["/api/packed"] = backend.answering(200, b"\x1f\x8b whatever", **{"Content-Encoding": "gzip"})
    answer = await bridge.send("/api/packed", method="GET")
    assert (answer.body, answer.headers["Content-Encoding"]) == (b"\x1f\x8b whatever", "gzip")


async def test_an_answer_without_a_type_gets_none(bridge: Bridge) -> None:
    answer = await bridge.send("/api/copy", b'{"source":"a","destination":"b"}')
    assert (answer.status, answer.body) == (200, b"")
    assert "Content-Type" not in answer.headers


async def test_a_pull_comes_line_by_line(bridge: Bridge, backend: FakeOllama) -> None:
    lines = [b'{"status":"pulling manifest"}\n', b'{"status":"success"}\n']
    read = asyncio.Event()

    async def pull(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def after_the_first(number: int) -> None:
            if number:
                await read.wait()

        return await stream(request, lines, before_each=after_the_first)

    backend.more["/api/pull"] = pull
    async with bridge.client.post(bridge.url + "/api/pull", data=b'{"model":"a"}') as answer:
        assert await answer.content.readany() == lines[0]
        read.set()
        assert await answer.content.read() == lines[1]


@pytest.mark.parametrize("length", [None, 100])
async def test_an_answer_that_breaks_off_breaks_off(bridge: Bridge, backend: FakeOllama, length: int | None) -> None:
    async def broken(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = length
        await response.prepare(request)
        await response.write(b"some of it")
        assert request.transport is not None
        request.transport.close()
        return response

    backend.more["/api/broken"] = broken
    with pytest.raises(ClientPayloadError):
        await bridge.send("/api/broken", method="GET")


async def test_a_stream_that_breaks_off_between_two_lines_says_so(bridge: Bridge, backend: FakeOllama) -> None:
    async def pull(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [b'{"status":"pulling manifest"}\n'], finish=False)
        assert request.transport is not None
        request.transport.close()
        return response

    backend.more["/api/pull"] = pull
    answer = await bridge.send("/api/pull", b'{"model":"a"}')
    assert answer.lines[0] == {"status": "pulling manifest"}
    assert "broke off its answer" in answer.lines[1]["error"]
    assert answer.broke


async def test_a_client_that_does_not_read_slows_the_backend_down(bridge: Bridge, backend: FakeOllama) -> None:
    """The backend offers far more than the sockets between hold, and has to wait for the client."""
    waits, sent = asyncio.Event(), 0

    async def endless(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        nonlocal sent
        response = await stream(request, [], finish=False)
        while True:
            try:
                async with asyncio.timeout(0.3):
                    await response.write(b"x" * MIB)
            except TimeoutError:
                waits.set()
                await asyncio.Event().wait()
            sent += 1

    backend.more["/api/endless"] = endless
    _, writer = await asyncio.open_connection("127.0.0.1", bridge.port, limit=1024)
    writer.write(b"GET /api/endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await waits.wait()
    assert sent < 64
    writer.close()
    await backend.gone.wait()


def test_a_stream_that_can_tell_its_error_is_one_of_ollama_or_of_openai() -> None:
    spoken = {kind: wire.name for kind, wire in _STREAMS.items()}
    assert spoken == {"application/x-ndjson": "ollama", "text/event-stream": "openai"}
