"""Clients that misbehave: requests that are meant to be read in two ways, and readers that do not read."""

import asyncio
import json

import pytest

from tests.backend_faults import HALF
from tests.fake_ollama import FakeOllama
from tests.faulty_backend import OLLAMA, FaultyBackend
from tests.server.conftest import QUESTION, WEATHER, Bridge, Start

BODY = b'{"model":"plain:1b","messages":[{"role":"user","content":"hi"}]}'
SMUGGLED = {
    "two framings": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/evil HTTP/1.1\r\n\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY,
    "a length that is none": b"Content-Length: +5\r\n\r\n" + BODY,
    "a folded header": b"X-A: 1\r\n X-B: 2\r\nContent-Length: 0\r\n\r\n",
    "a blank before the colon": b"Content-Length : 5\r\n\r\n" + BODY,
    "an unknown transfer coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a chunk that is none": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a NUL in a header": b"X-A: \x00\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED.keys())
async def test_a_request_with_two_meanings_reaches_nobody(bridge: Bridge, backend: FakeOllama, rest: bytes) -> None:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
        writer.write(b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\n" + rest)
        writer.write_eof()
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert status.split()[1:2] in ([], [b"400"])
    assert backend.received == []
    assert [line for line in bridge.log if line["event"] == "failed"] == []


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_client_that_does_not_read_stops_the_backend_from_writing(start: Start, tools: list[object]) -> None:
    pieces = [OLLAMA.piece(HALF * 100)] * 40_000
    async with FaultyBackend().running() as faulty:
        bridge = await start(backend=faulty.url)
        faulty.plays(OLLAMA.head(streamed=True), *pieces, OLLAMA.end)
        body = json.dumps({"model": "m", "messages": QUESTION, "tools": tools}).encode()
        async with asyncio.timeout(20), bridge.client.post(f"{bridge.url}/api/chat", data=body) as answer:
            assert await answer.content.readany()
            before = -1
            while before != faulty.written:
                before = faulty.written
                for _ in range(2000):
                    await asyncio.sleep(0)
            assert 0 < before < sum(map(len, pieces)) / 2
            answer.close()
            while faulty.open:  # noqa: ASYNC110 # what is waited for is the loop itself
                await asyncio.sleep(0)
