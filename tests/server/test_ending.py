"""Replies that go on unread: the log still tells how they ended, and with how many tokens."""

import asyncio
import gzip
import json
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_ollama import FakeOllama, last, line, stream
from tests.faulty_backend import GATE, RESET, SILENCE, SPEECHES, FaultyBackend, Speech, head_of, known
from tests.server.conftest import OLLAMA, OPENAI, Bridge, Start
from tests.streams import DONE, USAGE, chunk, ollama, openai
from toolbridge.events import Error, Finish, Usage
from toolbridge.limits import Limits
from toolbridge.server.ending import _STREAM, _WHOLE, Ending

PATIENCE = 30.0
PATHS = {"ollama": OLLAMA, "openai": OPENAI}


def end_of(name: str, *pieces: bytes, streamed: bool = True) -> Finish | Error | None:
    ending = Ending(name, stream=streamed, limits=Limits())
    for piece in pieces:
        ending.see(piece)
    return ending.read()


@pytest.mark.parametrize("words", [1, 10_000])
@pytest.mark.parametrize(
    ("name", "reply", "usage"),
    [("ollama", ollama, Usage(None, 7)), ("openai", openai, Usage(1, 2))],
)
def test_the_end_of_a_stream_of_any_length_is_read(name: str, reply: Any, usage: Usage, words: int) -> None:
    end = end_of(name, *reply(*["rain, "] * words, reason="length"))
    assert isinstance(end, Finish)
    assert (end.reason, end.usage) == ("length", usage)


@given(st.integers(1, 50))
def test_however_it_is_cut(size: int) -> None:
    for name, reply in (("ollama", ollama), ("openai", openai)):
        data = b"".join(reply(*["rain, "] * 300))
        end = end_of(name, *(data[at : at + size] for at in range(0, len(data), size)))
        assert isinstance(end, Finish)


def test_no_more_is_kept_than_the_end() -> None:
    ending = Ending("ollama", stream=True, limits=Limits())
    for piece in ollama(*["rain, "] * 10_000):
        ending.see(piece)
        assert len(ending._kept) <= 2 * _STREAM


@pytest.mark.parametrize("words", [1, 10_000])
@pytest.mark.parametrize(
    ("name", "end"), [("ollama", b'{"error":"out of memory"}\n'), ("openai", b'data: {"error":{"message":"x"}}\n\n')]
)
def test_an_error_at_the_end_is_one(name: str, words: int, end: bytes) -> None:
    pieces = {"ollama": ollama, "openai": openai}[name](*["rain, "] * words)
    assert isinstance(end_of(name, *pieces[:words], end), Error)


def test_a_stream_that_does_not_end_is_an_error_where_all_of_it_was_seen() -> None:
    assert isinstance(end_of("ollama", *ollama("rain")[:1]), Error)
    assert isinstance(end_of("openai", *openai("rain")[:2]), Error)
    assert isinstance(end_of("openai", *openai("rain")[:2], DONE), Error)


def test_what_the_last_bytes_do_not_tell_is_not_guessed() -> None:
    long = "y" * (3 * _STREAM)
    assert end_of("ollama", *ollama("rain", long)[:2]) is None
    assert end_of("openai", chunk({"content": "rain"}), chunk({}, "stop"), chunk({}, x=long), USAGE, DONE) is None
    assert end_of("ollama", ollama("z" * (3 * _WHOLE))[0], streamed=False) is None


def test_a_reply_in_one_piece_is_read() -> None:
    end = end_of("ollama", last()[:20], last()[20:], streamed=False)
    assert isinstance(end, Finish)
    assert end.usage == Usage(11, 7)


# In the log of a bridge.


@pytest.mark.parametrize("streamed", [True, False])
async def test_tokens_are_told_of_a_chat_that_is_passed_on(bridge: Bridge, backend: FakeOllama, streamed: bool) -> None:
    backend.says("It ", "rains.")
    answer = await bridge.ask(stream=streamed)
    assert answer.headers["X-Toolbridge-Mode"].startswith("passthrough")
    logged = bridge.log[-1]
    assert (logged["outcome"], logged["finish"], logged["prompt_tokens"], logged["completion_tokens"]) == (
        "ok",
        "stop",
        11,
        7,
    )


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: str(speech.wire))
@pytest.mark.parametrize("streamed", [True, False])
async def test_the_end_is_told_on_every_wire(start: Start, speech: Speech, streamed: bool) -> None:
    async with FaultyBackend().running() as faulty:
        bridge = await start(backend=faulty.url, backends=known(speech))
        faulty.plays(speech.head(streamed=streamed), speech.body("It rains.", streamed=streamed))
        await bridge.ask(PATHS[speech.wire], stream=streamed)
        assert (bridge.log[-1]["outcome"], bridge.log[-1]["finish"]) == ("ok", "stop")


async def test_an_error_of_the_backends_own_is_no_success_in_the_log(bridge: Bridge, backend: FakeOllama) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [line("It "), b'{"error":"out of memory"}\n'])

    backend.chat = chat
    answer = await bridge.ask(stream=True)
    assert answer.lines[-1] == {"error": "out of memory"}
    assert (bridge.log[-1]["outcome"], bridge.log[-1]["error_status"]) == ("api_error", 502)


async def test_a_packed_answer_is_not_looked_into(bridge: Bridge, backend: FakeOllama) -> None:
    packed = gzip.compress(last())
    backend.chat = backend.answering(200, packed, **{"Content-Encoding": "gzip"})
    assert (await bridge.ask()).body == packed
    assert bridge.log[-1]["outcome"] == "ok"
    assert "finish" not in bridge.log[-1]


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: str(speech.wire))
async def test_an_error_that_we_write_ourselves_is_a_failure_in_the_log(start: Start, speech: Speech) -> None:
    async with FaultyBackend().running() as faulty:
        bridge = await start(backend=faulty.url, backends=known(speech), timeouts={"idle": 0.2})
        faulty.plays(speech.head(streamed=True), speech.piece("It "), SILENCE)
        answer = await bridge.ask(PATHS[speech.wire], stream=True)
        assert "timeouts.idle" in json.dumps(answer.lines[-1]["error"])
        assert bridge.log[-1]["outcome"] == "backend_timeout"
        assert "timeouts.idle" in bridge.log[-1]["error"]


# Bodies without a length that end with a reset: no client may take them for whole.


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: str(speech.wire))
async def test_a_stream_that_is_reset_says_so_in_its_own_wire(start: Start, speech: Speech) -> None:
    async with FaultyBackend().running() as faulty:
        bridge = await start(backend=faulty.url, backends=known(speech))
        faulty.plays(speech.head(streamed=True), speech.piece("It "), GATE, RESET)
        got = await bridge.read_while(PATHS[speech.wire], faulty.client_read.set, stream=True)
        assert got.startswith(speech.piece("It "))
        assert b"broke off its answer: the connection was reset" in got.removeprefix(speech.piece("It "))
        assert bridge.log[-1]["outcome"] == "backend_error"


@pytest.mark.parametrize("resets", [True, False])
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
async def test_anything_else_that_is_reset_breaks_off(start: Start, version: bytes, resets: bool) -> None:
    """A client of HTTP/1.0, such as nginx, sees the end of a body only by the end of its connection."""
    async with FaultyBackend().running() as faulty, asyncio.timeout(PATIENCE):
        bridge = await start(backend=faulty.url)
        faulty.plays(head_of(kind="text/plain"), b"some of it", GATE, *([RESET] if resets else []))
        reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
        writer.write(b"GET /api/x HTTP/%b\r\nHost: localhost\r\nConnection: close\r\n\r\n" % version)
        await reader.readuntil(b"some of it")
        faulty.client_read.set()
        if resets and version == b"1.0":
            with pytest.raises(ConnectionResetError):
                await reader.read()
        else:
            assert (await reader.read()).endswith(b"0\r\n\r\n") == (version == b"1.1" and not resets)
        writer.transport.abort()
        assert bridge.log[-1]["outcome"] == ("cut" if resets else "ok")
