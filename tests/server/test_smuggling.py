"""One request stays one request: real HTTP servers behind the bridge see what it meant, whatever a client frames.

The bridge's connections to its backend serve one client after another. Whatever a backend reads in another way than the
bridge wrote it becomes the beginning of the next client's request, so every method meets every kind of route in every
odd frame here, and after each row an honest client asks and has to get its own answer.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.real_servers import NAMES, RealServer, running, why_not
from tests.server.conftest import Bridge, Start

PATIENCE = 30.0
BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":false}'
SMUGGLED = b"DELETE /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)
METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE")
FORWARDED = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
COMMON = ("GET", "POST")
PATHS = ("/healthz", "/readyz", "/nothing", "/api/tags", "/api/chat")
PLAIN = ("/readyz", "/api/tags", "/api/chat")
READS = ("GET", "HEAD")
THOROUGH = "httptools"
"""In front of this server everything is tried, in front of the others a part, as most cases are about the bridge."""
WHOLE_SERVERS = [
    pytest.param(name, marks=pytest.mark.skipif(bool(why_not(name)), reason=why_not(name) or "-")) for name in NAMES
]


class Frame(NamedTuple):
    """Headers and the bytes behind them; `meant` is the body that they are, None where there is no telling."""

    head: bytes
    sent: bytes
    meant: bytes | None
    version: bytes = b"1.1"
    stops: bool = False
    """Whether more was announced than comes."""


FRAMES = {
    "no body": Frame(b"", b"", b""),
    "a length of nothing": Frame(b"Content-Length: 0\r\n", b"", b""),
    "a body": Frame(LENGTH, BODY, BODY),
    "a body that is a request": Frame(b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED, SMUGGLED),
    "a length and no body": Frame(b"Content-Length: 60\r\n", b"", None, stops=True),
    "a length, no body and a header that is a request": Frame(
        b"Content-Length: 40\r\nX-A: DELETE /api/smuggled HTTP/1.1\r\nX-B: Host: localhost\r\n", b"", None, stops=True
    ),
    "a length and less": Frame(b"Content-Length: 900\r\n", SMUGGLED, None, stops=True),
    "chunks": Frame(CHUNKED, CHUNKS + b"\r\n", BODY),
    "no chunk but the last": Frame(CHUNKED, b"0\r\n\r\n", b""),
    "chunks and trailers": Frame(CHUNKED + b"Trailer: X-T\r\n", CHUNKS + b"X-T: DELETE / HTTP/1.1\r\n\r\n", BODY),
    "chunks that do not end": Frame(CHUNKED, CHUNKS[:-3], None, stops=True),
    "a length, then chunks": Frame(LENGTH + CHUNKED, b"0\r\n\r\n" + SMUGGLED, None),
    "chunks, then a length": Frame(CHUNKED + b"Content-Length: 4\r\n", b"5c\r\n" + SMUGGLED, None),
    "two lengths": Frame(b"Content-Length: 0\r\nContent-Length: 60\r\n", SMUGGLED, None),
    "a folded header": Frame(b"X-A: 1\r\n Content-Length: 60\r\n", SMUGGLED, None),
    "a length behind a blank": Frame(b"Content-Length : 60\r\n", SMUGGLED, None),
    "half a line end": Frame(b"X-A: 1\nContent-Length: 60\r\n", SMUGGLED, None),
    "a header that is a request": Frame(b"X-A: x DELETE /api/smuggled HTTP/1.1\r\n" + LENGTH, BODY, BODY),
    "an expectation": Frame(b"Expect: 100-continue\r\n" + LENGTH, BODY, BODY),
    "an expectation of nothing": Frame(b"Expect: 100-continue\r\n", b"", b""),
    "another expectation": Frame(b"Expect: 200-ok\r\n" + LENGTH, BODY, BODY),
    "an offer of HTTP/2": Frame(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + LENGTH, BODY, BODY),
    "what Connection names": Frame(
        b"Connection: Content-Length, Host\r\nTE: trailers, chunked\r\n" + LENGTH, BODY, BODY
    ),
    "a coding of no body": Frame(b"Content-Encoding: gzip\r\n", b"", b""),
    "HTTP/1.0": Frame(LENGTH, BODY, BODY, b"1.0"),
    "HTTP/1.0, kept": Frame(b"Connection: keep-alive\r\n" + LENGTH, BODY, BODY, b"1.0"),
}


@pytest.fixture(scope="module", params=WHOLE_SERVERS)
def real(request: pytest.FixtureRequest) -> Iterator[RealServer]:
    with running(request.param) as server:
        yield server


@pytest.fixture(autouse=True)
def _from_the_beginning(real: RealServer) -> None:
    real.seen()


def goes_on(method: str, path: str, frame: Frame) -> list[tuple[str, str, str]]:
    """The requests that the bridge means to send to its backend because of this request."""
    if (frame.meant is None and not frame.stops) or method not in FORWARDED or path in ("/healthz", "/nothing"):
        return []
    if path == "/readyz":
        return [("GET", "/api/version", "")] if method in READS else []
    if path == "/" and method not in READS:
        return []
    if method == "GET" and path == "/v1/models":
        return [("GET", path, "")]
    if frame.meant is None or (method == "POST" and path == "/api/chat" and frame.meant != BODY):
        return []
    return [(method, path, frame.meant.decode())]


def is_answered(method: str, path: str, frame: Frame) -> bool:
    """Whether there is an answer before the body is whole."""
    if method in ("CONNECT", "TRACE", "PROPFIND"):
        return method != "CONNECT" or not frame.stops
    at_once = path in ("/healthz", "/readyz", "/nothing") or (path == "/" and method not in READS)
    return not frame.stops or at_once or (method == "GET" and path == "/v1/models")


async def attack(bridge: Bridge, sent: bytes, *, waits: bool = True, answers: int = 1, head: bool = False) -> list[int]:
    """Send these bytes, read so many answers, and go away; the statuses."""
    statuses: list[int] = []
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
        try:
            writer.write(sent)
            await writer.drain()
            while waits and len(statuses) < answers:
                answer_head = await reader.readuntil(b"\r\n\r\n")
                status = int(answer_head.split()[1])
                names = dict(line.lower().split(b": ", 1) for line in answer_head.split(b"\r\n")[1:-2])
                if not head and status >= 200:
                    await reader.readexactly(int(names.get(b"content-length", b"0")))
                if status >= 200:
                    statuses.append(status)
        finally:
            writer.transport.abort()
    return statuses


async def honest(bridge: Bridge, real: RealServer, word: str) -> tuple[str, str, str]:
    """Another client asks, and must get the answer to its own request."""
    body = json.dumps({"honest": word}).encode()
    async with asyncio.timeout(PATIENCE):
        answer = await bridge.send("/api/honest", body)
    assert answer.status == 200
    assert answer.json["asked"][:3] == ["POST", "/api/honest", body.decode()]
    return "POST", "/api/honest", body.decode()


def seen(real: RealServer) -> list[tuple[str, str, str]]:
    """The requests that the backend parsed; none of them may be framed in two ways."""
    found = real.seen()
    for *_, names in found:
        assert not {"transfer-encoding", "content-length"} <= set(names)
        assert not {"upgrade", "expect", "te", "trailer"} & set(names)
        assert len(names) == len(set(names))
    return [(method, target, body) for method, target, body, _ in found]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
async def test_a_backend_sees_what_the_bridge_meant(start: Start, real: RealServer, frame: Frame) -> None:
    bridge, meant = await start(backend=real.url), []
    methods, paths = (METHODS, PATHS) if real.name == THOROUGH else (COMMON, PLAIN)
    for method in methods:
        for path in paths:
            head = f"{method} {path} HTTP/{frame.version.decode()}\r\nHost: localhost\r\n".encode()
            await attack(
                bridge,
                head + frame.head + b"\r\n" + frame.sent,
                waits=is_answered(method, path, frame),
                head=method == "HEAD",
            )
            meant += goes_on(method, path, frame)
        meant.append(await honest(bridge, real, method))
    assert seen(real) == meant


async def test_what_needs_no_key_carries_nothing_of_a_clients(start: Start, real: RealServer) -> None:
    """The first became the beginning of the next client's request, the second went to the backend in our name."""
    bridge = await start(backend=real.url, security={"api_keys": ["k"]}, backends={"api_key": "a-key-of-the-backend"})
    hostile = (
        b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\n\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\nX-A: " + SMUGGLED[:29] + b"\r\n\r\n",
        b"HEAD /readyz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nCookie: a=b\r\n\r\n",
        b"OPTIONS /api/chat HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:1\r\nContent-Length: 50\r\n\r\n",
    )
    for sent in hostile * 2:
        assert await attack(bridge, sent, head=sent.startswith(b"HEAD")) in ([200], [204])
    answer = await bridge.send("/api/honest", b"mine", headers={"Authorization": "Bearer k"})
    assert answer.json["asked"][:3] == ["POST", "/api/honest", "mine"]
    *probes, last = real.seen()
    assert [one[:3] for one in probes] == [("GET", "/api/version", "")] * 6
    assert {name for one in probes for name in one[3]} == {"host", "authorization", "accept-encoding"}
    assert last[1] == "/api/honest"


PIPELINES = {
    "reads": [("GET", "/api/tags", b""), ("GET", "/readyz", b""), ("GET", "/v1/models", b"")],
    "bodies": [("POST", "/api/show", BODY), ("PUT", "/api/x", SMUGGLED), ("DELETE", "/api/delete", BODY)],
    "bodies that nobody reads": [
        ("GET", "/healthz", SMUGGLED),
        ("GET", "/readyz", SMUGGLED),
        ("POST", "/healthz", BODY),
    ],
    "chats": [("POST", "/api/chat", BODY), ("POST", "/api/chat", BODY), ("GET", "/api/tags", b"")],
}


@pytest.mark.parametrize("requests", PIPELINES.values(), ids=PIPELINES.keys())
async def test_requests_in_a_row_stay_apart(
    start: Start, real: RealServer, requests: list[tuple[str, str, bytes]]
) -> None:
    bridge, sent, meant = await start(backend=real.url), b"", []
    for method, path, body in requests:
        sent += b"%b %b HTTP/1.1\r\nHost: localhost\r\n" % (method.encode(), path.encode())
        sent += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        meant += goes_on(method, path, Frame(b"", b"", body))
    assert len(await attack(bridge, sent, answers=len(requests))) == len(requests)
    meant.append(await honest(bridge, real, "after"))
    assert seen(real) == meant


@pytest.mark.parametrize("length", [0, 4, 20])
async def test_an_upload_of_another_length_than_was_said_leaves_nobody_anything(
    start: Start, real: RealServer, length: int
) -> None:
    bridge = await start(backend=real.url)
    upload = b"POST /api/blobs/sha256:0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n" + b"x" * length
    await attack(bridge, upload, waits=length == 20)
    # The bytes behind the length are the client's own next request.
    more = b"y" * (20 - length) + b"GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert await attack(bridge, upload + more, answers=2) == [200, 200]
    whole = [("POST", "/api/blobs/sha256:0", "x" * length + "y" * (20 - length))]
    meant = [*(whole if length == 20 else []), *whole, ("GET", "/api/tags", ""), await honest(bridge, real, "after")]
    assert seen(real) == meant
