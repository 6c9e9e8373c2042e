"""Routes that are not ours: bytes, headers and timing as without a bridge."""

import asyncio
import hashlib
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from tests.fake_ollama import TAGS, FakeOllama, stream
from tests.server.conftest import WEATHER, Bridge, Start
from toolbridge.server.passthrough import _CHANGES_MODELS

DIGEST = f"sha256:{hashlib.sha256(b'a').hexdigest()}"
MIB = 1 << 20
ROOT = Path(__file__).parents[2]


async def test_tags_are_the_backends_bytes(bridge: Bridge) -> None:
    answer = await bridge.send("/api/tags", method="GET")
    assert (answer.status, answer.body) == (200, TAGS)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(TAGS))


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/api/tags?x=%2F&y=a+b&z="),
        ("GET", "/api/tags/"),
        ("GET", "//api//tags"),
        ("DELETE", "/api/delete"),
        ("PUT", "/api/anything/new"),
        ("DELETE", "/v1/models/hf.co%2Fa%2Fb:Q4"),
        ("POST", "/v1/embeddings"),
        ("GET", "/api/chat"),
        ("POST", "/api/chat/"),
        ("OPTIONS", "/api/chat"),
    ],
)
async def test_method_target_and_body_reach_the_backend_as_they_are(
    bridge: Bridge, backend: FakeOllama, method: str, target: str
) -> None:
    body = b'{ "model":"a" }' if method not in ("GET", "OPTIONS") else None
    await bridge.send(target, body, method=method)
    (sent,) = backend.received
    assert (sent.method, sent.target, sent.body) == (method, target, body or b"")


async def test_two_slashes_before_a_route_of_ours_make_no_difference(bridge: Bridge, backend: FakeOllama) -> None:
    answer = await bridge.ask("//api/chat")
    assert (answer.status, backend.received[0].target) == (200, "/api/chat")


@pytest.mark.parametrize("target", ["/", "/api/tags", "/api/version"])
async def test_head_has_the_headers_of_get_and_no_body(bridge: Bridge, target: str) -> None:
    head, get = [await bridge.send(target, method=method) for method in ("HEAD", "GET")]
    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Length", "Content-Type"):
        assert head.headers[name] == get.headers[name]


async def test_the_backends_404_is_its_own(bridge: Bridge) -> None:
    answer = await bridge.send("/api/nothing", method="GET")
    assert (answer.status, answer.body) == (404, b"404 page not found")


async def test_a_redirect_is_the_clients_to_follow(bridge: Bridge, backend: FakeOllama) -> None:
    backend.more["/api/old"] = backend.answering(307, b"", Location="/api/tags")
    answer = await bridge.send("/api/old", method="GET")
    assert (answer.status, answer.headers["Location"]) == (307, "/api/tags")
    assert len(backend.received) == 1


async def test_headers_go_on_except_those_of_one_connection(bridge: Bridge, backend: FakeOllama) -> None:
    headers = {
        "User-Agent": "me/1.0",
        "Authorization": "Bearer mine",
        "Cookie": "a=b",
        "Referer": "http://localhost:5173/chats/secret-title",
        "X-Forwarded-For": "192.0.2.1",
        "Accept-Encoding": "zstd",
        "X-Mine": "yes",
        "Connection": "keep-alive, X-Hop",
        "X-Hop": "1",
        "Keep-Alive": "timeout=5",
        "TE": "trailers",
        "Origin": "http://localhost:5173",
        "X-Toolbridge-Tools": "off",
    }
    answer = await bridge.send("/api/echo", b"{}", headers=headers)
    (sent,) = backend.received
    for name in ("User-Agent", "Authorization", "Accept-Encoding", "X-Mine"):
        assert sent.headers[name] == headers[name]
    for name in ("Connection", "X-Hop", "Keep-Alive", "TE", "Origin", "Referer", "Cookie", "X-Forwarded-For"):
        assert name not in sent.headers
    assert "X-Toolbridge-Tools" not in sent.headers
    assert sent.headers["Host"] == backend.url.removeprefix("http://")
    assert sent.headers["Content-Length"] == "2"
    assert answer.headers["X-Kept"] == "yes"
    assert "X-Dropped" not in answer.headers


async def test_nothing_is_added_to_what_a_client_sends(bridge: Bridge, backend: FakeOllama) -> None:
    """A bare request, as from a script: no Accept, no User-Agent, no type."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    writer.write(b"GET /api/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    got = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert set(backend.received[0].headers) == {"Host"}


async def test_bytes_that_are_no_text_in_a_header_or_a_path_do_no_harm(bridge: Bridge, backend: FakeOllama) -> None:
    for target, status in ((b"/api/version", b"200"), (b"/api/\xff", b"404")):
        reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
        writer.write(b"GET %b HTTP/1.1\r\nHost: localhost\r\nX-Odd: \xff\r\nConnection: close\r\n\r\n" % target)
        assert (await reader.read()).split(b" ", 2)[1] in (status, b"400")
        writer.close()
        await writer.wait_closed()
    assert all("X-Odd" not in sent.headers for sent in backend.received)


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br"])
async def test_a_packed_body_goes_on_as_it_is_packed(bridge: Bridge, backend: FakeOllama, encoding: str) -> None:
    body = b"\x1f\x8b whatever this is"
    answer = await bridge.send("/api/echo", body, headers={"Content-Encoding": encoding})
    (sent,) = backend.received
    assert (sent.body, sent.headers["Content-Encoding"], answer.body) == (body, encoding, body)


async def test_a_body_in_pieces_goes_on_in_pieces(bridge: Bridge, backend: FakeOllama) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{ "
        yield b"}"

    await bridge.send("/api/echo", pieces())
    (sent,) = backend.received
    assert (sent.body, sent.headers["Transfer-Encoding"]) == (b"{ }", "chunked")


async def test_a_client_that_goes_away_ends_a_pull(bridge: Bridge, backend: FakeOllama) -> None:
    async def pull(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [b'{"status":"pulling manifest"}\n'], finish=False)
        await asyncio.Event().wait()
        return response

    backend.more["/api/pull"] = pull
    async with bridge.client.post(bridge.url + "/api/pull", data=b'{"model":"a"}') as answer:
        await answer.content.readany()
        answer.close()
        await backend.gone.wait()


async def test_a_backend_that_is_down_is_an_error_in_the_words_of_the_path(start: Start) -> None:
    bridge = await start(backend="http://127.0.0.1:9")
    native = await bridge.send("/api/tags", method="GET")
    shim = await bridge.send("/v1/models", method="GET")
    assert (native.status, shim.status) == (502, 502)
    assert "no connection to the backend at http://127.0.0.1:9" in native.json["error"]
    assert shim.json["error"]["message"] == native.json["error"]


async def test_a_broken_body_is_the_clients_fault(bridge: Bridge) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    writer.write(b"POST /api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nZZ\r\n")
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    await writer.wait_closed()


# Blobs.


async def test_a_blob_is_asked_for_and_uploaded(bridge: Bridge, backend: FakeOllama) -> None:
    body = b"x" * MIB
    head = await bridge.send(f"/api/blobs/{DIGEST}", method="HEAD")
    post = await bridge.send(f"/api/blobs/{DIGEST}", body)
    assert (head.status, post.status) == (201, 201)
    assert [(sent.method, sent.body) for sent in backend.received] == [("HEAD", b"0"), ("POST", b"%d" % len(body))]
    assert backend.received[1].headers["Content-Length"] == str(len(body))


async def test_a_client_that_waits_for_100_continue_gets_it(bridge: Bridge, backend: FakeOllama) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    head = "POST /api/blobs/{} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head.format(DIGEST).encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"bytes")
    assert (await reader.readline()).split()[1] == b"201"
    writer.close()
    await writer.wait_closed()
    assert "Expect" not in backend.received[0].headers


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_256_mib_go_through_in_flat_memory_with_their_length(backend: FakeOllama) -> None:
    command = (sys.executable, "-m", "toolbridge", "serve", "--port", "0", "--backend", backend.url)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=ROOT)
    assert process.stdout
    url = (await process.stdout.readline()).split()[3].decode()
    piece, count = b"\0" * MIB, 256

    async def blob() -> AsyncIterator[bytes]:
        for _ in range(count):
            yield piece

    async with ClientSession() as client:
        async with client.get(url + "/api/version") as answer:
            assert answer.status == 200
        before = memory(process.pid)
        headers = {"Content-Length": str(count * MIB)}
        async with client.post(f"{url}/api/blobs/{DIGEST}", data=blob(), headers=headers) as answer:
            assert answer.status == 201
    grown = memory(process.pid) - before
    process.terminate()
    await process.communicate()
    assert process.returncode == 0
    assert backend.received[-1].body == b"%d" % (count * MIB)
    assert backend.received[-1].headers["Content-Length"] == str(count * MIB)
    assert grown < 32 * MIB


def memory(pid: int) -> int:
    """The most bytes that a process has ever held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


# What is known of models, and when it is forgotten.


@pytest.mark.parametrize(
    ("path", "known"),
    [("/api/pull", False), ("//api/create", False), ("/api/copy", False), ("/api/delete", False), ("/api/tags", True)],
)
async def test_what_is_known_of_models_is_forgotten_after_a_change(
    bridge: Bridge, backend: FakeOllama, path: str, known: bool
) -> None:
    assert (_CHANGES_MODELS.match(path) is None) is known
    for target in ("/api/chat", path, "/api/chat"):
        if target == "/api/chat":
            assert (await bridge.ask(tools=[WEATHER])).status == 200
        else:
            await bridge.send(target, b"{}")
    assert len(backend.questions) == (1 if known else 2)
