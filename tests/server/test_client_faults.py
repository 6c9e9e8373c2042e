"""Clients that misbehave: requests that are meant to be read in two ways, that stop, or whose sender goes away."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.backend_faults import HALF
from tests.fake_ollama import TAGS, FakeOllama, line, stream
from tests.faulty_backend import OLLAMA, FaultyBackend
from tests.server.conftest import QUESTION, WEATHER, Bridge, Start

PATIENCE = 30.0
BODY = b'{"model":"plain:1b","messages":[{"role":"user","content":"hi"}],"stream":false}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


class Wire:
    """A connection to the bridge, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> tuple[int, bytes]:
        """The next answer: its status and its body, which has a length."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        return int(head.split()[1]), await self.reader.readexactly(int(names[b"content-length"]))


@asynccontextmanager
async def connected(bridge: Bridge, sent: bytes) -> AsyncIterator[Wire]:
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
        writer.write(sent)
        try:
            yield Wire(reader, writer)
        finally:
            writer.transport.abort()


def post(
    *, target: bytes = b"/api/chat", head: bytes = LENGTH, body: bytes = BODY, host: bytes = b"localhost"
) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: %b\r\n%b\r\n%b" % (target, host, head, body)


async def until(true: Any) -> None:
    """Let the loop turn until this holds."""
    while not true():  # noqa: ASYNC110 # what is waited for is the loop itself
        await asyncio.sleep(0)


# Requests that are meant to be read in two ways: each has one answer, and a refused one reaches no backend.

REFUSED = {
    "a length and chunks": (LENGTH + CHUNKED, CHUNKS),
    "chunks and a length": (CHUNKED + LENGTH, CHUNKS),
    "a length and no coding": (b"Transfer-Encoding: identity\r\n" + LENGTH, BODY),
    "two lengths": (b"Content-Length: 5\r\nContent-Length: 6\r\n", BODY),
    "one length twice": (LENGTH + LENGTH, BODY),
    "a list of lengths": (b"Content-Length: 5, 5\r\n", BODY),
    "a signed length": (b"Content-Length: +5\r\n", BODY),
    "a negative length": (b"Content-Length: -1\r\n", BODY),
    "a length in hex": (b"Content-Length: 0x5\r\n", BODY),
    "a length without an end": (b"Content-Length: 99999999999999999999\r\n", BODY),
    "chunks twice": (CHUNKED + CHUNKED, CHUNKS),
    "chunks of chunks": (b"Transfer-Encoding: chunked, chunked\r\n", CHUNKS),
    "chunks and then something": (b"Transfer-Encoding: chunked, identity\r\n", CHUNKS),
    "an unknown coding": (b"Transfer-Encoding: xchunked\r\n", CHUNKS),
    "a coding behind a control": (b"Transfer-Encoding: \x0bchunked\r\n", CHUNKS),
    "a chunk without a size": (CHUNKED, b"zz\r\n\r\n"),
    "a size in the wrong form": (CHUNKED, b"0x" + CHUNKS),
    "a negative size": (CHUNKED, b"-" + CHUNKS),
    "chunks with half a line end": (CHUNKED, CHUNKS.replace(b"\r\n", b"\n")),
    "a length behind the chunks": (CHUNKED, CHUNKS[:-2] + b"Content-Length: 5\r\n\r\n"),
    "a folded header": (b"X-A: 1\r\n X-B: 2\r\n" + LENGTH, BODY),
    "a blank before the colon": (b"Content-Length : 5\r\n", BODY),
    "a blank in a name": (b"X A: 1\r\n" + LENGTH, BODY),
    "a header without a name": (b": 1\r\n" + LENGTH, BODY),
    "a NUL in a value": (b"X-A: a\x00b\r\n" + LENGTH, BODY),
    "a control in a value": (b"X-A: a\x01b\r\n" + LENGTH, BODY),
    "half a line end": (b"X-A: a\nX-B: b\r\n" + LENGTH, BODY),
    "the other half": (b"X-A: a\rX-B: b\r\n" + LENGTH, BODY),
    "two hosts": (b"Host: localhost\r\n" + LENGTH, BODY),
    "too many headers": (b"X-A: b\r\n" * 200 + LENGTH, BODY),
}


@pytest.mark.parametrize(("head", "body"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_request_with_two_meanings_is_refused_and_reaches_nobody(
    bridge: Bridge, backend: FakeOllama, head: bytes, body: bytes
) -> None:
    """Bytes behind it on the connection are not read as another request, either."""
    smuggled = b"GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with connected(bridge, post(head=head, body=body + smuggled)) as wire:
        first = await wire.reader.readline()
        assert first.split()[1] == b"400"
        assert b"HTTP/1.1 2" not in await wire.reader.read()
    assert backend.received == []
    assert [one for one in bridge.log if one["event"] == "failed"] == []


@pytest.mark.parametrize("target", [b"/api/chat", b"/api/echo"])
async def test_a_body_that_is_packed_for_its_way_is_refused(bridge: Bridge, backend: FakeOllama, target: bytes) -> None:
    """The body would go on without the header that tells how it is packed."""
    async with connected(
        bridge, post(target=target, head=b"Transfer-Encoding: gzip, chunked\r\n", body=CHUNKS)
    ) as wire:
        status, content = await wire.answer()
    assert (status, b"Transfer-Encoding 'gzip, chunked' is not read here" in content) == (400, True)
    assert backend.received == []


ACCEPTED = {
    "a tab before the coding": (b"Transfer-Encoding:\tchunked\r\n", CHUNKS),
    "the coding in any case": (b"Transfer-Encoding: ChUnKeD\r\n", CHUNKS),
    "an extension of a chunk": (CHUNKED, CHUNKS.replace(b"\r\n", b";a=b\r\n", 1)),
    "a trailer": (CHUNKED, CHUNKS[:-2] + b"X-A: b\r\n\r\n"),
    "an offer of HTTP/2, as Java's client makes": (
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n" + LENGTH,
        BODY,
    ),
}


@pytest.mark.parametrize(("head", "body"), ACCEPTED.values(), ids=ACCEPTED.keys())
@pytest.mark.parametrize("target", [b"/api/chat", b"/api/echo"])
async def test_what_is_merely_unusual_is_answered(
    bridge: Bridge, backend: FakeOllama, target: bytes, head: bytes, body: bytes
) -> None:
    async with connected(
        bridge, post(target=target, head=b"Connection: close\r\n" * (b"Upgrade" not in head) + head, body=body)
    ) as wire:
        assert (await wire.reader.readline()).split()[1] == b"200"
    (sent,) = backend.received
    assert (sent.target, sent.body) == (target.decode(), BODY)
    assert not {"Upgrade", "HTTP2-Settings", "Connection", "X-A"} & set(sent.headers)


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://localhost:3100/api/echo", b"localhost", 200),
        (b"http://127.0.0.1/api/echo?a=b", b"localhost", 200),
        (b"http://evil.example/api/echo", b"localhost", 403),
        (b"http://localhost/api/echo", b"evil.example", 403),
        (b"http://localhost@evil.example/api/echo", b"localhost", 403),
        (b"//evil.example/api/echo", b"localhost", 404),
        (b"/\\evil.example/api/echo", b"localhost", 404),
        (b"/api%2fecho", b"localhost", 404),
        (b"/api/echo", b"localhost, evil.example", 403),
        (b"/api/echo", b"evil.example@localhost", 403),
        (b"/api/echo", b"localhost@evil.example", 403),
        (b"/api/echo", b"localhost/evil.example", 403),
        (b"/api/echo", b"localhost#evil.example", 403),
        (b"/api/echo", b"localhost?evil.example", 403),
        (b"/api/echo", b"localhost\\evil.example", 403),
        (b"/api/echo", b"localhost:1:2", 403),
        (b"/api/echo", b"localhost:x", 403),
    ],
)
async def test_a_target_or_a_host_leads_to_our_backend_or_nowhere(
    bridge: Bridge, backend: FakeOllama, *, target: bytes, host: bytes, status: int
) -> None:
    async with connected(bridge, post(target=target, host=host)) as wire:
        assert (await wire.answer())[0] == status
    assert [sent.target.partition("?")[0] for sent in backend.received] == ["/api/echo"] * (status == 200)
    assert all(sent.headers["Host"] == backend.url.removeprefix("http://") for sent in backend.received)


async def test_no_tunnel_is_made(bridge: Bridge, backend: FakeOllama) -> None:
    async with connected(bridge, b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n") as wire:
        assert (await wire.reader.readline()).split()[1] == b"405"
    assert backend.received == []


async def test_no_header_chooses_a_backend_a_path_or_a_method(bridge: Bridge, backend: FakeOllama) -> None:
    names = (
        *("X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Backend", "X-Toolbridge-Backend", "X-Original-URL"),
        *("X-Rewrite-URL", "X-HTTP-Method-Override", "X-Accel-Redirect", "Forwarded", "Via"),
    )
    head = b"".join(f"{name}: http://evil.example/api/delete\r\n".encode() for name in names)
    async with connected(bridge, post(target=b"/api/echo", head=head + LENGTH)) as wire:
        assert await wire.answer() == (200, BODY)
    (sent,) = backend.received
    assert (sent.method, sent.target) == ("POST", "/api/echo")
    assert sent.headers["Host"] == backend.url.removeprefix("http://")


async def test_a_client_cannot_have_the_framing_or_our_key_taken_off(start: Start, backend: FakeOllama) -> None:
    """Headers that `Connection` names are dropped from the client's headers, and not from ours."""
    bridge = await start(backends={"url": backend.url, "api_key": "ours"})
    names = b"Connection: Content-Length, Transfer-Encoding, Host, Authorization, Content-Type\r\n"
    for target in (b"/api/echo", b"/api/chat"):
        async with connected(bridge, post(target=target, head=names + LENGTH)) as wire:
            assert (await wire.answer())[0] == 200
    for sent in backend.received:
        assert sent.body == BODY
        assert sent.headers["Host"] == backend.url.removeprefix("http://")
        assert sent.headers["Authorization"] == "Bearer ours"


# Requests one behind the other.


async def test_requests_in_one_segment_are_answered_in_their_order(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("It rains.")
    tags = b"GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with connected(bridge, post() + tags + post(target=b"/api/echo") + tags) as wire:
        first, *others = [await wire.answer() for _ in range(4)]
    assert json.loads(first[1])["message"]["content"] == "It rains."
    assert [first[0], *others] == [200, (200, TAGS), (200, BODY), (200, TAGS)]
    assert [sent.target for sent in backend.received] == ["/api/chat", "/api/tags", "/api/echo", "/api/tags"]


async def test_what_follows_a_broken_request_is_not_answered(bridge: Bridge, backend: FakeOllama) -> None:
    async with connected(bridge, b"NONSENSE\r\n\r\n" + post()) as wire:
        assert (await wire.answer())[0] == 400
        assert await wire.reader.read() == b""
    assert backend.received == []


async def test_a_client_that_leaves_takes_the_requests_behind_with_it(bridge: Bridge, backend: FakeOllama) -> None:
    begun = asyncio.Event()

    async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        begun.set()
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return] # it never comes

    backend.chat = chat
    async with connected(bridge, post() + post() + post()):
        await begun.wait()
    async with asyncio.timeout(PATIENCE):
        await backend.gone.wait()
        await until(lambda: bridge.log)
    await bridge.stop()
    assert len(backend.chats) == 1
    assert [one["outcome"] for one in bridge.log] == ["client_gone"]


# Requests that stop, and clients that go.


@pytest.mark.parametrize("sent", [b"", b"POST /api/ch", b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nX-A: "])
async def test_a_head_that_does_not_come_is_not_waited_for_without_end(
    start: Start, backend: FakeOllama, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("toolbridge.server.app._KEPT_SECONDS", 0.05)
    bridge = await start()
    async with connected(bridge, sent) as wire:
        assert await wire.reader.read() == b""
    assert backend.received == []


async def test_a_chat_whose_client_leaves_while_it_is_sent_reaches_nobody(bridge: Bridge, backend: FakeOllama) -> None:
    async with connected(bridge, post(head=LENGTH + b"Expect: 100-continue\r\n", body=b"")) as wire:
        assert (await wire.reader.readline()).split()[1] == b"100"
        wire.writer.write(BODY[:9])
    await bridge.stop()
    assert backend.received == []
    assert [(one["event"], one["outcome"]) for one in bridge.log] == [("request", "client_gone")]


async def test_an_upload_whose_client_leaves_breaks_off_at_the_backend(bridge: Bridge, backend: FakeOllama) -> None:
    begun = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        async for _ in request.content.iter_any():
            begun.set()
        raise AssertionError("it came whole")

    backend._take_blob = take  # type: ignore[method-assign] # a backend that tells when the upload has begun
    head = b"Content-Length: 1000000\r\n"
    async with connected(bridge, post(target=b"/api/blobs/sha256:0", head=head, body=b"some of it")):
        await begun.wait()
    async with asyncio.timeout(PATIENCE):
        await backend.gone.wait()
    await bridge.stop()
    assert [one["outcome"] for one in bridge.log] == ["client_gone"]


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_client_that_closes_its_half_is_gone(bridge: Bridge, backend: FakeOllama, tools: list[object]) -> None:
    """For Ollama's own server it is gone, too: nothing tells it from a client that left the model to write in vain.

    aiohttp also closes the other half of the connection with it.
    """
    begun = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False)
        begun.set()
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    body = json.dumps({"model": "plain:1b", "messages": QUESTION, "tools": tools}).encode()
    async with connected(bridge, post(head=b"Content-Length: %d\r\n" % len(body), body=body)) as wire:
        await begun.wait()
        wire.writer.write_eof()
        assert b'"done":true' not in await wire.reader.read()
        await backend.gone.wait()
    await bridge.stop()
    assert [one["outcome"] for one in bridge.log] == ["client_gone"]


async def test_a_client_that_leaves_with_its_answer_in_hand_was_served(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("It rains.")
    async with connected(bridge, post()) as wire:
        assert (await wire.answer())[0] == 200
    await bridge.stop()
    assert [one["outcome"] for one in bridge.log] == ["ok"]


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_client_that_does_not_read_stops_the_backend_from_writing(start: Start, tools: list[object]) -> None:
    pieces = [OLLAMA.piece(HALF * 100)] * 40_000
    async with FaultyBackend().running() as faulty:
        bridge = await start(backend=faulty.url)
        faulty.plays(OLLAMA.head(streamed=True), *pieces, OLLAMA.end)
        body = json.dumps({"model": "m", "messages": QUESTION, "tools": tools}).encode()
        async with asyncio.timeout(PATIENCE), bridge.client.post(f"{bridge.url}/api/chat", data=body) as answer:
            assert await answer.content.readany()
            before = -1
            while before != faulty.written:
                before = faulty.written
                for _ in range(2000):
                    await asyncio.sleep(0)
            assert 0 < before < sum(map(len, pieces)) / 2
            answer.close()
            await until(lambda: not faulty.open)
