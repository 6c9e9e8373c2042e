"""A chat's body: read whole, bounded, unpacked."""

import asyncio
import random
import sys
import zlib
from collections.abc import Callable

import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge, Start
from toolbridge.errors import RequestError
from toolbridge.limits import Limits
from toolbridge.server.bodies import received_body

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PATHS = ("/api/chat", "/api/show", "/api/echo")
BODY = b'{"model":"plain:1b","messages":[{"role":"user","content":"hi"}],"stream":false}'


def packed(window: int, body: bytes = BODY) -> bytes:
    packing = zlib.compressobj(wbits=window)
    return packing.compress(body) + packing.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", packed(31)),
        ("X-GZIP", packed(31)),
        ("deflate", packed(15)),
        ("deflate", packed(-15)),
        ("zstd", zstd.compress(BODY)),
        ("identity", BODY),
        ("", BODY),
    ],
)
async def test_a_packed_body_is_unpacked(bridge: Bridge, backend: FakeOllama, encoding: str, body: bytes) -> None:
    answer = await bridge.send("/api/chat", body, headers={"Content-Encoding": encoding})
    assert answer.status == 200
    (sent,) = backend.chats
    assert sent.body == BODY
    assert "Content-Encoding" not in sent.headers


@pytest.mark.parametrize(
    ("encoding", "body", "status", "says"),
    [
        ("br", BODY, 415, "Content-Encoding 'br' is not read here; send the body plain, or as gzip, deflate or zstd"),
        ("gzip, gzip", BODY, 415, "'gzip, gzip'"),
        ("gzip", BODY, 400, "not what its Content-Encoding gzip says"),
        ("gzip", packed(31)[:-9], 400, "breaks off"),
        ("gzip", packed(31, b"\0" * (80 << 20)), 413, "more than 100 times its size"),
        ("deflate", packed(15, b" " * (2 << 20)), 413, "more than 100 times its size"),
        ("zstd", BODY, 400, "not what its Content-Encoding zstd says"),
        ("zstd", zstd.compress(BODY)[:-9], 400, "breaks off"),
        ("zstd", b"", 400, "breaks off"),
        ("zstd", zstd.compress(b"\0" * (80 << 20)), 413, "more than 100 times its size"),
    ],
)
async def test_what_cannot_be_unpacked_is_the_clients_mistake(
    bridge: Bridge, backend: FakeOllama, *, encoding: str, body: bytes, status: int, says: str
) -> None:
    answer = await bridge.send("/api/chat", body, headers={"Content-Encoding": encoding})
    assert answer.status == status
    assert says in answer.json["error"]
    assert backend.received == []


@pytest.mark.parametrize("pack", [lambda body: packed(31, body), zstd.compress], ids=["gzip", "zstd"])
async def test_a_body_that_unpacks_to_more_than_the_limit_is_too_large(
    start: Start, backend: FakeOllama, pack: Callable[[bytes], bytes]
) -> None:
    bridge = await start(limits={"body": 100_000})
    body = pack(random.Random(1).randbytes(60_000).hex().encode())  # noqa: S311 # noise, not a secret
    encoding = "gzip" if body[0] == 0x1F else "zstd"
    answer = await bridge.send("/api/chat", body, headers={"Content-Encoding": encoding})
    assert answer.status == 413
    assert "larger than 100000 bytes" in answer.json["error"]
    assert backend.received == []


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_stops_is_not_waited_for_without_end(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("toolbridge.server.bodies._PATIENCE", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{{".encode())
    got = await reader.readuntil(b"}")
    writer.close()
    await writer.wait_closed()
    assert got.startswith(b"HTTP/1.1 408 ")
    assert got.endswith(b'{"error":"the body stopped: nothing more of it came for 0.05 s"}')


class Broken(StreamReader):
    """A body that aiohttp finds broken."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(BaseProtocol(loop), 1024, loop=loop)
        self.set_exception(web.RequestPayloadError())


async def test_a_body_that_breaks_off_is_the_clients_mistake() -> None:
    with pytest.raises(RequestError, match="broke off"):
        await received_body(make_mocked_request("POST", "/api/chat", payload=Broken()), Limits())
