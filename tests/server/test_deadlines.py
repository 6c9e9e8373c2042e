"""The four deadlines, each by its setting, as clients see them; and the few requests that are tried a second time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress

import pytest
from aiohttp import ClientPayloadError

from tests.server.conftest import SHAPES, WEATHER, Answer, Start
from toolbridge.server.settings import load_settings

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
LINE = (
    b'{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"One"},"done":false}\n'
)
ONE = b"%x\r\n%b\r\n" % (len(LINE), LINE)
CHATS = (b"POST /api/chat", b"POST /v1/chat")


class Stuck:
    """A backend that sends this beginning of an answer to a chat, and no more; it tells nothing of its models."""

    def __init__(self, begun: bytes) -> None:
        self.begun = begun
        self.chats = 0
        self.url = ""
        self.left = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Stuck"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(CHATS):
            self.chats += 1
            writer.write(self.begun)
            with suppress(ConnectionError):  # bytes that nobody read any more reset the connection
                while await reader.read(65536):
                    pass
            self.left.set()
        else:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()


@contextmanager
def full() -> Iterator[str]:
    """The URL of a port whose queue is full: a new connection waits for ever."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def message(answer: Answer) -> str:
    """The text of the error that ends an answer."""
    error = answer.lines[-1]["error"]
    return str(error if isinstance(error, str) else error["message"])


@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_no_connection_in_time(start: Start, path: str, streamed: bool) -> None:
    with full() as url:
        bridge = await start(backend=url, timeouts={"connect": 0.05})
        answer = await bridge.ask(path, tools=[WEATHER], stream=streamed)
    assert answer.status == 502
    assert "within 0.05 s (timeouts.connect)" in message(answer)
    assert bridge.log[-1]["outcome"] == "backend_unreachable"


@pytest.mark.parametrize("setting", ["headers", "total"])
@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_no_answer_in_time(start: Start, path: str, streamed: bool, setting: str) -> None:
    async with Stuck(b"").serving() as backend:
        bridge = await start(backend=backend.url, timeouts={setting: 0.05})
        answer = await bridge.ask(path, tools=[WEATHER], stream=streamed)
        assert answer.status == 504
        assert f"within 0.05 s (timeouts.{setting})" in message(answer)
        assert bridge.log[-1]["outcome"] == "backend_timeout"
        assert backend.chats == 1
        await backend.left.wait()


@pytest.mark.parametrize("setting", ["idle", "total"])
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_no_more_of_an_answer_in_time(
    start: Start, path: str, streamed: bool, tools: list[object], setting: str
) -> None:
    """The text before the error stays; if the status has not gone out, it tells the error."""
    async with Stuck(HEAD + ONE).serving() as backend:
        bridge = await start(backend=backend.url, timeouts={setting: 0.1})
        answer = await bridge.ask(path, tools=tools, stream=streamed or not tools)
        assert f"(timeouts.{setting})" in message(answer)
        assert answer.status == (200 if b"One" in answer.body else 504)
        assert b'"done":true' not in answer.body
        assert b"[DONE]" not in answer.body
        if backend.chats:  # on a busy machine the time is over before the chat is sent
            await backend.left.wait()


@pytest.mark.parametrize("setting", ["connect", "headers", "idle", "total"])
async def test_each_is_a_variable(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(f"TOOLBRIDGE_TIMEOUTS_{setting.upper()}", "0.25")
    assert getattr(load_settings().timeouts, setting) == 0.25


@pytest.mark.parametrize("begun", [b"", HEAD[:20], HEAD, HEAD + ONE[:9], HEAD + ONE])
async def test_a_chat_that_arrived_is_never_sent_twice(start: Start, begun: bytes) -> None:
    """A model would answer twice, and differently the second time."""
    backend = Stuck(begun)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        backend.chats += (await reader.readuntil(b"\r\n\r\n")).startswith(CHATS)
        writer.write(begun)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    bridge = await start(backend=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with suppress(ClientPayloadError):  # half a line can only break off
        await bridge.ask(stream=True)
    assert backend.chats == 1
    server.close()
