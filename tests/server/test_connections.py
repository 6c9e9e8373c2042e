"""Kept connections that turn out to be closed, and bodies that end with a reset: real sockets, closed by the test.

A socket is closed and the next request sent in one turn of the loop, so that the bridge cannot know of it yet.
"""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.server.conftest import OLLAMA, QUESTION, Start
from toolbridge.errors import BackendError
from toolbridge.models import Backend
from toolbridge.server.connections import Gone, Line
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Upstream

FOUR = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour"
HANGS_UP = b""
"""The request is read, and the connection closed without a word."""
_LINGER = struct.pack("ii", 1, 0)
PATIENCE = 10.0


class Keeper:
    """A server of bare sockets. `answers` holds, for each connection, the answers to its first request, its second, ….

    After the last answer the connection is kept, and nothing is read from it, until the test closes it.
    """

    def __init__(self, *answers: list[bytes]) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""
        self._open: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def close(self, *, reset: bool = False) -> None:
        """Close the connections that are kept, all at once."""
        for one in self._open:
            if reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            one.close()
        self._open.clear()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Keeper"]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            accepting = asyncio.create_task(self._accept(listening))
            try:
                async with asyncio.timeout(PATIENCE):
                    yield self
            finally:
                tasks = [accepting, *self._tasks]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self.close()

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            connection, _ = await self._loop.sock_accept(listening)
            self.connections += 1
            self._open.append(connection)
            self._tasks.add(asyncio.create_task(self._serve(connection, self.answers.pop(0))))

    async def _serve(self, connection: socket.socket, answers: list[bytes]) -> None:
        for answer in answers:
            request = await self._loop.sock_recv(connection, 1 << 16)
            self.requests.append(request)
            if not answer.startswith(b"HTTP/1.1 200"):
                connection.sendall(answer)
                connection.close()
                return
            await self._loop.sock_sendall(connection, answer)


@asynccontextmanager
async def kept(*answers: list[bytes]) -> AsyncIterator[tuple[Keeper, Upstream]]:
    async with (
        Keeper(*answers).serving() as keeper,
        Upstream(Backend(keeper.url, "sleepy"), TimeoutSettings()) as upstream,
    ):
        yield keeper, upstream


async def ask(upstream: Upstream, method: str = "POST", body: Any = b"{}") -> bytes:
    async with upstream.ask(method, "/", headers={}, body=body) as answer:
        return await answer.read_all(100)


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("reset", [False, True])
async def test_a_request_over_a_kept_connection_that_was_just_closed_is_sent_once_more(
    method: str, reset: bool
) -> None:
    async with kept([FOUR], [FOUR]) as (keeper, upstream):
        assert await ask(upstream, method) == b"four"
        keeper.close(reset=reset)
        assert await ask(upstream, method) == b"four"
        assert (len(keeper.requests), keeper.connections) == (2, 2)


async def test_what_is_sent_again_goes_over_a_connection_of_its_own() -> None:
    """When a backend was started again, the other kept connections are closed, too."""
    async with kept([FOUR, HANGS_UP], [FOUR, HANGS_UP], [FOUR]) as (keeper, upstream):
        assert set(await asyncio.gather(ask(upstream), ask(upstream))) == {b"four"}
        assert await ask(upstream) == b"four"
        assert (len(keeper.requests), keeper.connections) == (4, 3)


async def test_the_new_try_is_the_last() -> None:
    async with kept([FOUR], [HANGS_UP]) as (keeper, upstream):
        await ask(upstream)
        keeper.close()
        with pytest.raises(BackendError, match="closed the connection without an answer"):
            await ask(upstream)
        assert (len(keeper.requests), keeper.connections) == (2, 2)


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
async def test_a_connection_made_for_the_request_that_is_closed_is_an_error(method: str) -> None:
    """For all but the first of these methods, aiohttp would send the request again by itself."""
    async with kept([HANGS_UP], [FOUR]) as (keeper, upstream):
        with pytest.raises(BackendError, match="closed the connection without an answer"):
            await ask(upstream, method)
        assert (len(keeper.requests), keeper.connections) == (1, 1)


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 5", b"HTTP/1.1 500 Oops\r\nX-", b"HTTP/1.1 500 Oops\r\nX: y\r\n"])
async def test_an_answer_that_had_begun_is_not_asked_for_again(begun: bytes) -> None:
    async with kept([FOUR, begun], [FOUR]) as (keeper, upstream):
        await ask(upstream)
        with pytest.raises(BackendError):
            await ask(upstream)
        assert (len(keeper.requests), keeper.connections) == (2, 1)


async def test_what_was_being_worked_at_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt that brings a server down would bring it down twice."""
    monkeypatch.setattr("toolbridge.server.upstream._AT_ONCE", 0.0)
    async with kept([FOUR, HANGS_UP], [FOUR]) as (keeper, upstream):
        await ask(upstream)
        with pytest.raises(BackendError, match="closed the connection without an answer"):
            await ask(upstream)
        assert (len(keeper.requests), keeper.connections) == (2, 1)


async def test_a_body_in_pieces_is_not_there_to_be_sent_again() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"

    async with kept([FOUR], [FOUR]) as (keeper, upstream):
        await ask(upstream)
        keeper.close()
        with pytest.raises(BackendError):
            await ask(upstream, body=pieces())
        assert keeper.connections == 1


async def test_a_client_does_not_notice_that_an_idle_connection_was_closed(start: Start) -> None:
    body = json.dumps({"model": "m", "message": {"role": "assistant", "content": "four"}, "done": True}).encode()
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n%b" % (len(body), body)
    async with Keeper([whole], [whole]).serving() as keeper:
        bridge = await start(backend=keeper.url)
        for _ in range(2):
            answer = await bridge.ask(OLLAMA, model="m", messages=QUESTION)
            assert (answer.status, answer.body) == (200, body)
            keeper.close()
        assert len(keeper.requests) == 2
        assert [one["outcome"] for one in bridge.log] == ["ok", "ok"]


# Bodies that end with their connection.

OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nfour"


@pytest.mark.parametrize("reset", [False, True])
async def test_a_body_without_a_length_is_whole_only_if_its_connection_ends_in_peace(reset: bool) -> None:
    async with kept([OPEN]) as (keeper, upstream), upstream.ask("POST", "/", headers={}) as answer:
        assert await answer.read() == b"four"
        keeper.close(reset=reset)
        if reset:
            with pytest.raises(BackendError, match=r"'sleepy' .* broke off its answer: the connection was reset"):
                await answer.read()
        else:
            assert await answer.read() == b""


async def test_a_reset_behind_a_body_that_is_whole_is_nobodys_concern() -> None:
    async with kept([FOUR], [OPEN.removesuffix(b"four")]) as (keeper, upstream):
        async with upstream.ask("POST", "/", headers={}) as answer:
            assert await answer.read() == b"four"
            keeper.close(reset=True)
            assert await answer.read() == b""
        async with upstream.ask("HEAD", "/", headers={}) as answer:
            keeper.close(reset=True)
            assert await answer.read() == b""


# What is known of a connection.


@pytest.mark.parametrize(("end", "reset"), [(None, False), (ConnectionResetError(), True)])
async def test_a_line_was_reset_if_its_connection_ended_with_an_error(end: Exception | None, reset: bool) -> None:
    line = Line()
    assert not line.was_reset
    line.closed = asyncio.get_running_loop().create_future()
    assert not line.was_reset
    if end is None:
        line.closed.set_result(None)
    else:
        line.closed.set_exception(end)
    assert line.was_reset is reset


def test_a_connection_that_failed_without_a_byte_was_silent() -> None:
    assert Gone(ConnectionResetError("reset")).silent
