"""A chat's body: read whole, bounded, unpacked."""

import zlib

import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge

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
        ("zstd", BODY, 415, "Content-Encoding 'zstd' is not read here; send the body plain, or as gzip or deflate"),
        ("gzip, gzip", BODY, 415, "'gzip, gzip'"),
        ("gzip", BODY, 400, "not what its Content-Encoding gzip says"),
        ("gzip", packed(31)[:-9], 400, "breaks off"),
        ("gzip", packed(31, b"\0" * (80 << 20)), 413, "larger than 67108864 bytes"),
    ],
)
async def test_what_cannot_be_unpacked_is_the_clients_mistake(
    bridge: Bridge, backend: FakeOllama, encoding: str, body: bytes, status: int, says: str
) -> None:
    answer = await bridge.send("/api/chat", body, headers={"Content-Encoding": encoding})
    assert answer.status == status
    assert says in answer.json["error"]
    assert backend.received == []
