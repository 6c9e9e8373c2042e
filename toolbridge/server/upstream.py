"""The one border to an HTTP client: a request goes to the backend, an answer comes back as bytes, as they come.

    async with upstream.ask("POST", "/api/chat", headers=…, body=…) as answer:
        answer.status, answer.headers
        while data := await answer.read(): …

Whatever goes wrong is a `BackendError` that names the backend and says what to look at. No redirect is followed, no
cookie kept, no proxy taken from the environment. An answer that is left before its end takes its connection with it:
that is how a backend learns to stop.

Deadlines are timers of the loop that look at the clock only when they are due, so that a read costs nothing for them.
Time in which nobody reads, as the client is slow, is not the backend's idleness.
"""

import asyncio
import io
import math
import os
from asyncio import TimerHandle
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from toolbridge.errors import BackendError, BackendTimeout, BackendUnreachable
from toolbridge.models import Backend
from toolbridge.server.settings import TimeoutSettings

Body = bytes | AsyncIterator[bytes] | None

_PAUSE = 0.1
"""Seconds before the one new try, where there was no connection."""
HEADER = 64 * 1024
"""Bytes of one header line, of an answer or of a request."""
_LARGE = 256 * 1024
"""Bytes of a body that go out at once."""
_REST = 64 * 1024
"""Bytes, and below seconds, that are read behind a whole reply so that its connection can serve again."""
_REST_SECONDS = 1.0
_BROKEN = (aiohttp.ClientError, aiohttp.http.HttpProcessingError, OSError)
_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add where a request has none."""


class Answer:
    """What the backend answers: status and headers, and the body as it comes."""

    def __init__(self, response: aiohttp.ClientResponse, backend: str, timeouts: TimeoutSettings, total: float) -> None:
        self.status = response.status
        self.reason = response.reason or ""
        self.headers = response.headers
        self._response = response
        self._content = response.content
        self._backend = backend
        self._idle = timeouts.idle
        self._loop = asyncio.get_running_loop()
        self._waiting_since = math.inf
        self._timers: dict[str, TimerHandle] = {}
        self._closed = _closing(response)
        if self._closed is not None:
            self._closed.add_done_callback(self._lose)
        if timeouts.idle:
            self._timers["idle"] = self._loop.call_later(timeouts.idle, self._look)
        if total:
            self._timers["total"] = self._loop.call_at(total, self._expire, timeouts.total, "total")

    async def read(self) -> bytes:
        """All that has come since the last read, at least one byte of it; the empty string at the end."""
        self._waiting_since = self._loop.time()
        try:
            data = await self._content.readany()
        except _BROKEN as problem:
            raise BackendError(f"{self._backend} broke off its answer: {_reason(problem)}") from problem
        self._waiting_since = math.inf
        return data

    async def read_all(self, limit: int) -> bytes:
        """The whole body. Raises `BackendError` where it is longer than `limit` bytes."""
        body = await self.beginning(limit + 1)
        if len(body) > limit:
            raise BackendError(f"{self._backend} sent an answer of more than {limit} bytes")
        return body

    async def beginning(self, limit: int) -> bytes:
        """The body, or the first `limit` bytes of it."""
        body = bytearray()
        while len(body) < limit and (data := await self.read()):
            body += data
        return bytes(body[:limit])

    async def rest(self) -> None:
        """Read what stands behind a whole reply, if it is little and comes at once."""
        left = _REST
        try:
            async with asyncio.timeout(_REST_SECONDS):
                while left > 0 and (data := await self.read()):
                    left -= len(data)
        except (TimeoutError, BackendError):
            return

    def fail(self, error: BackendError) -> None:
        """Let the next read, or the one that waits, raise this."""
        self._content.set_exception(error)

    def close(self) -> None:
        """Let the connection serve again if the body was read to its end, else close it."""
        for timer in self._timers.values():
            timer.cancel()
        if self._closed is not None:
            self._closed.remove_done_callback(self._lose)
        self._response.close()

    def _lose(self, _closed: asyncio.Future[None]) -> None:
        """The connection is gone. aiohttp tells no reader who waits that the framing of a body was not valid."""
        if not self._content.is_eof() and self._content.exception() is None:
            self.fail(BackendError(f"{self._backend} broke off its answer, or its Transfer-Encoding is not valid"))

    def _look(self) -> None:
        left = self._idle if self._waiting_since == math.inf else self._waiting_since + self._idle - self._loop.time()
        if left <= 0:
            self._expire(self._idle, "idle")
        else:
            self._timers["idle"] = self._loop.call_later(left, self._look)

    def _expire(self, seconds: float, name: str) -> None:
        silent = "sent nothing for" if name == "idle" else "had not answered in full after"
        self.fail(BackendTimeout(f"{self._backend} {silent} {seconds:g} s (timeouts.{name})"))


class _Request(NamedTuple):
    """What is asked."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: Body
    decode: bool


class Upstream:
    """The backend. `backend.url` is asked and nothing else; connections are kept for the next request."""

    def __init__(self, backend: Backend, timeouts: TimeoutSettings) -> None:
        self._url = backend.url
        self._timeouts = timeouts
        named = backend.name != urlsplit(backend.url).netloc
        self.name = f"the backend {backend.name!r} at {backend.url}" if named else f"the backend at {backend.url}"
        self._session: aiohttp.ClientSession | None = None
        self._answers: set[Answer] = set()
        self._waits: set[asyncio.Timeout] = set()
        self._ending: BackendError | None = None

    async def __aenter__(self) -> Self:
        connect = self._timeouts.connect or None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_OURS,
            trust_env=False,
            max_line_size=HEADER,
            max_field_size=HEADER,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def ask(
        self, method: str, target: str, *, headers: Mapping[str, str], body: Body = None, decode: bool = False
    ) -> AsyncIterator[Answer]:
        """Ask for `target`, a path with its query as it goes onto the wire. `decode` undoes gzip and deflate.

        Raises `BackendUnreachable`, `BackendTimeout` or `BackendError`, as do the reads of the answer.
        """
        total = self._timeouts.total and asyncio.get_running_loop().time() + self._timeouts.total
        url = URL(self._url + target, encoded=True)
        response = await self._send(_Request(method, url, headers, body, decode), total or math.inf)
        answer = Answer(response, self.name, self._timeouts, total)
        self._answers.add(answer)
        try:
            yield answer
        finally:
            self._answers.discard(answer)
            answer.close()

    def end(self, why: str) -> None:
        """End everything under way with an error that says why."""
        self._ending = BackendError(why)
        for answer in self._answers:
            answer.fail(self._ending)
        for wait in self._waits:
            wait.reschedule(0)

    async def _send(self, request: _Request, total: float) -> aiohttp.ClientResponse:
        """Send, and once more where there was no connection; a body that comes in pieces is not sent twice."""
        own, loop, body = self._timeouts, asyncio.get_running_loop(), request.body

        def deadline() -> float | None:
            when = min(loop.time() + (own.headers or math.inf), total)
            return None if when == math.inf else when

        async def watched(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            """A body that takes long to come is not the backend's delay: its time begins with the last piece."""
            async for data in pieces:
                yield data
                wait.reschedule(deadline())

        try:
            async with asyncio.timeout_at(deadline()) as wait:
                self._waits.add(wait)
                try:
                    if body is not None and not isinstance(body, bytes):
                        return await self._try(request, watched(body))
                    try:
                        return await self._try(request, body)
                    except BackendUnreachable:
                        await asyncio.sleep(_PAUSE)
                        return await self._try(request, body)
                finally:
                    self._waits.discard(wait)
        except TimeoutError:
            if self._ending is not None:
                raise self._ending from None
            name, seconds = ("total", own.total) if loop.time() >= total else ("headers", own.headers)
            raise BackendTimeout(
                f"{self.name} took the request and did not begin to answer within {seconds:g} s (timeouts.{name}); "
                "is it still loading the model?"
            ) from None

    async def _try(self, request: _Request, body: Body) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the upstream is used outside of its `async with`")
        # What is large goes out piece by piece, so that other answers move on meanwhile.
        data = io.BytesIO(body) if isinstance(body, bytes) and len(body) > _LARGE else body
        try:
            return await self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=data,
                allow_redirects=False,
                auto_decompress=request.decode,
            )
        except aiohttp.ConnectionTimeoutError:
            raise BackendUnreachable(
                f"no connection to {self.name} within {self._timeouts.connect:g} s (timeouts.connect). {_LOOK}"
            ) from None
        except aiohttp.ClientConnectorError as problem:
            raise BackendUnreachable(f"no connection to {self.name}: {_reason(problem)}. {_LOOK}") from problem
        except aiohttp.ServerDisconnectedError as problem:
            raise BackendError(f"{self.name} closed the connection without an answer") from problem
        except _BROKEN as problem:
            raise BackendError(f"{self.name} did not answer properly: {_reason(problem)}") from problem


def _closing(response: aiohttp.ClientResponse) -> asyncio.Future[None] | None:
    """What tells that the connection of an answer was closed; None where it is not needed any more."""
    connection = response.connection
    closed = connection.protocol.closed if connection is not None and connection.protocol is not None else None
    if closed is not None:
        # A kept connection may break later, which is nobody's concern.
        closed.remove_done_callback(_ignore)
        closed.add_done_callback(_ignore)
    return closed


def _ignore(closed: asyncio.Future[None]) -> None:
    if not closed.cancelled():
        closed.exception()


_LOOK = "Check that it is running and that backends.url (--backend) is its address"


def _reason(problem: BaseException) -> str:
    """What an operator needs of an exception."""
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not trusted ({problem.certificate_error})"
    if isinstance(problem, aiohttp.ClientConnectorError):
        inner = problem.os_error
        return os.strerror(inner.errno) if isinstance(inner.errno, int) and inner.errno > 0 else str(inner)
    if isinstance(problem, aiohttp.ClientResponseError):
        return " ".join(problem.message.split())
    return str(problem) or type(problem).__name__
