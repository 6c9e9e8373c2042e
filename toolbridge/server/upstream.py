"""The one border to an HTTP client: a request goes to the backend, an answer comes back as bytes, as they come.

    async with upstream.ask("POST", "/api/chat", headers=…, body=…) as answer:
        answer.status, answer.headers
        while data := await answer.read(): …

Every failure is a `BackendError` that names the backend and says where to look. No redirect is followed, no
cookie is kept, no proxy is taken from the environment. An answer that is left before its end takes its connection with
it: this is how a backend learns to stop.

Only `headers.framed` writes the headers that tell one message from the next; if a caller gives such headers, they are
dropped. A body in pieces has exactly the length that is given with it, or it breaks off and its connection is closed:
the difference would be read as part of the next request, which belongs to another client.

A request is sent once more in two cases, and then never again. Either there was no connection. Or the connection was
kept from an earlier request and failed at once, without a byte of an answer. Then the backend had most likely closed it
as idle, at the moment when the request was on its way, and had not seen the request. Nothing on our side of the
connection can prove this: when it was reset, aiohttp does not even tell whether half a head had come. A fault on a
connection that was made for the request, or a fault after some time, may be the request's own doing. Sent again, it
would let a model answer twice, or bring the server down a second time. A body that comes in pieces is never sent again,
as its pieces are gone.

Deadlines are timers of the loop that look at the clock only when they are due, so that a read costs nothing for them.
While nobody reads, because the client is slow, the backend does not count as idle.
"""

import asyncio
import math
import ssl
from asyncio import TimerHandle
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from toolbridge.errors import BackendError, BackendTimeout, BackendUnreachable, RequestError
from toolbridge.models import Backend
from toolbridge.server.connections import Connections, Gone, Line, once
from toolbridge.server.headers import framed
from toolbridge.server.no_connection import no_connection, too_slow
from toolbridge.server.reasons import reason
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.veil import Veil

Body = bytes | AsyncIterator[bytes] | None

_PAUSE = 0.1
"""Seconds before the one new try, where there was no connection."""
_AT_ONCE = 1.0
"""Seconds in which a kept connection turns out to be closed. If it fails later, the backend was at work."""
HEADER = 64 * 1024
"""Bytes of one header line, of an answer or of a request."""
_READ = 64 * 1024
"""Bytes of an answer that wait to be read. At twice as many, and one read of the system, nothing more is taken from the
backend. With aiohttp's own figure, a stream whose client does not read holds 2 MB."""
_LARGE = 256 * 1024
"""Bytes of the largest body that goes out in one piece."""
_REST = 64 * 1024
"""Bytes that are read behind a whole reply, for so many seconds, so that its connection can serve again."""
_REST_SECONDS = 1.0
_BROKEN = (aiohttp.ClientError, aiohttp.http.HttpProcessingError, OSError)
_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add to a request without them."""


class Answer:
    """An answer of the backend: status and headers, and the body as it comes."""

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        line: Line,
        backend: str,
        timeouts: TimeoutSettings,
        *,
        total: float,
        key: str | None,
    ) -> None:
        self._veil = Veil(key) if key else None
        self.status = response.status
        self.reason = _veiled(self._veil, response.reason or "")
        self.headers = response.headers
        if self._veil is not None:
            values = ((name, _veiled(self._veil, value)) for name, value in response.headers.items())
            self.headers = CIMultiDictProxy(CIMultiDict(values))
        self._response = response
        self._content = response.content
        self._backend = backend
        self._idle = timeouts.idle
        self._loop = asyncio.get_running_loop()
        self._waiting_since = math.inf
        self._timers: dict[str, TimerHandle] = {}
        self._line = line
        self._ends_with_line = _ends_with_line(response)
        self._closed = line.closed if response.connection is not None else None
        if self._closed is not None:
            self._closed.add_done_callback(self._lose)
        if timeouts.idle:
            self._timers["idle"] = self._loop.call_later(timeouts.idle, self._look)
        if total:
            self._timers["total"] = self._loop.call_at(total, self._expire, timeouts.total, "total")

    async def read(self) -> bytes:
        """All bytes that have come since the last read, and at least one; no byte at the end."""
        if self._veil is None:
            return await self._read()
        while data := await self._read():
            if shown := self._veil.feed(data):
                return shown
        return self._veil.rest()

    async def _read(self) -> bytes:
        self._waiting_since = self._loop.time()
        try:
            data = await self._content.readany()
        except _BROKEN as problem:
            raise BackendError(f"{self._backend} broke off its answer: {reason(problem)}") from problem
        self._waiting_since = math.inf
        if not data and self._ends_with_line and self._line.was_reset:
            raise BackendError(f"{self._backend} broke off its answer: the connection was reset")
        return data

    async def read_all(self, limit: int) -> bytes:
        """The whole body. Raises `BackendError` if it is longer than `limit` bytes."""
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
        """Read the bytes behind a whole reply, if they are few and come at once."""
        left = _REST
        try:
            async with asyncio.timeout(_REST_SECONDS):
                while left > 0 and (data := await self.read()):
                    left -= len(data)
        except (TimeoutError, BackendError):
            return

    def fail(self, error: BackendError) -> None:
        """Let the read that waits, or else the next one, raise this error."""
        self._content.set_exception(error)

    def close(self) -> None:
        """Let the connection serve again if the body was read to its end; else close the connection."""
        for timer in self._timers.values():
            timer.cancel()
        if self._closed is not None:
            self._closed.remove_done_callback(self._lose)
        self._response.close()

    def _lose(self, _closed: asyncio.Future[None]) -> None:
        """Fail, as the connection is gone: aiohttp tells no waiting reader that a body's framing is not valid."""
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
    """The request that goes out."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: Body
    decode: bool


class _Exactly:
    """A body in pieces, held to the length that was announced; `error` is set if the two differ."""

    def __init__(self, pieces: AsyncIterator[bytes], length: int) -> None:
        self.error: RequestError | None = None
        self._pieces = pieces
        self._length = length

    async def pieces(self) -> AsyncIterator[bytes]:
        left = self._length
        async for data in self._pieces:
            left -= len(data)
            if left < 0:
                break
            yield data
        if left:
            self.error = RequestError(f"the body is not as long as its Content-Length {self._length} says")
            raise self.error


class Upstream:
    """The way to the backend. Requests go to `backend.url` alone; connections are kept for the next request."""

    def __init__(self, backend: Backend, timeouts: TimeoutSettings) -> None:
        self._url = backend.url
        self._key = backend.api_key
        self._ca = backend.ca
        self._timeouts = timeouts
        named = backend.name != urlsplit(backend.url).netloc
        self.name = f"the backend {backend.name!r} at {backend.url}" if named else f"the backend at {backend.url}"
        self._session: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None
        """The session for requests that are sent again: each has a connection of its own."""
        self._answers: set[Answer] = set()
        self._waits: set[asyncio.Timeout] = set()
        self._ending: BackendError | None = None

    async def __aenter__(self) -> Self:
        trusted = _trusted(self._ca)
        self._session, self._fresh = (self._open(Connections(keeps=keeps, trusted=trusted)) for keeps in (True, False))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (self._session, self._fresh):
            if session is not None:
                await session.close()

    def _open(self, connections: Connections) -> aiohttp.ClientSession:
        connect = self._timeouts.connect or None
        return aiohttp.ClientSession(
            connector=connections,
            timeout=aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_OURS,
            trust_env=False,
            max_line_size=HEADER,
            max_field_size=HEADER,
            read_bufsize=_READ,
            middlewares=(once,),
        )

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: Body = None,
        length: int | None = None,
        decode: bool = False,
    ) -> AsyncIterator[Answer]:
        """Ask for `target`, a path with its query as it goes onto the wire. `decode` undoes gzip and deflate.

        `length` is the length of a body in pieces, if it is known. Raises `BackendUnreachable`, `BackendTimeout` or
        `BackendError`, as do the reads of the answer, and `RequestError` for a body of another length.
        """
        total = self._timeouts.total and asyncio.get_running_loop().time() + self._timeouts.total
        url = URL(self._url + target, encoded=True)
        exact = None
        if body is None or isinstance(body, bytes):
            length = None
        elif length is not None:
            exact = _Exactly(body, length)
            body = exact.pieces()
        sent = framed(headers, body=body is not None, length=length)
        if self._key:
            sent["Accept-Encoding"] = "identity"  # a packed answer could hold our key
        try:
            response, line = await self._send(_Request(method, url, sent, body, decode), total or math.inf)
        except BackendError:
            if exact is not None and exact.error is not None:
                raise exact.error from None
            raise
        answer = Answer(response, line, self.name, self._timeouts, total=total, key=self._key)
        self._answers.add(answer)
        try:
            yield answer
        finally:
            self._answers.discard(answer)
            answer.close()

    def end(self, why: str) -> None:
        """End every request under way with an error that says why."""
        self._ending = BackendError(why)
        for answer in self._answers:
            answer.fail(self._ending)
        for wait in self._waits:
            wait.reschedule(0)

    async def _send(self, request: _Request, total: float) -> tuple[aiohttp.ClientResponse, Line]:
        """Send the request and wait for the head of its answer, for as long as `timeouts` allow."""
        own, loop, body = self._timeouts, asyncio.get_running_loop(), request.body

        def deadline() -> float | None:
            when = min(loop.time() + (own.headers or math.inf), total)
            return None if when == math.inf else when

        async def watched(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            """The pieces. The backend's time to answer begins with the last of them, however long the client takes."""
            async for data in pieces:
                yield data
                wait.reschedule(deadline())

        try:
            async with asyncio.timeout_at(deadline()) as wait:
                self._waits.add(wait)
                try:
                    if body is None or isinstance(body, bytes):
                        return await self._try_twice(request, body)
                    line = Line()
                    return await self._try(self._session, request, watched(body), line), line
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

    async def _try_twice(self, request: _Request, body: bytes | None) -> tuple[aiohttp.ClientResponse, Line]:
        """Send the request, and once more where this cannot do harm (see above)."""
        line, loop, session = Line(), asyncio.get_running_loop(), self._session
        begun = loop.time()
        try:
            return await self._try(session, request, body, line), line
        except BackendUnreachable:
            await asyncio.sleep(_PAUSE)
        except BackendError as problem:
            lost = isinstance(problem.__cause__, Gone) and problem.__cause__.silent
            if not (lost and line.kept and loop.time() - begun < _AT_ONCE):
                raise
            session = self._fresh
        line = Line()
        return await self._try(session, request, body, line), line

    async def _try(
        self, session: aiohttp.ClientSession | None, request: _Request, body: Body, line: Line
    ) -> aiohttp.ClientResponse:
        if session is None:
            raise RuntimeError("the upstream is used outside of its `async with`")
        headers, data = request.headers, body
        if isinstance(body, bytes) and len(body) > _LARGE:
            # A large body goes out piece by piece, so that other answers move on meanwhile.
            headers, data = CIMultiDict(headers), _in_pieces(body)
            headers["Content-Length"] = str(len(body))
        line.watch()
        try:
            return await session.request(
                request.method,
                request.url,
                headers=headers,
                data=data,
                allow_redirects=False,
                auto_decompress=request.decode,
            )
        except aiohttp.ConnectionTimeoutError:
            raise BackendUnreachable(f"no connection to {self.name}: {too_slow(self._timeouts.connect)}") from None
        except aiohttp.ClientConnectorError as problem:
            raise BackendUnreachable(f"no connection to {self.name}: {no_connection(problem, self._url)}") from problem
        except Gone as gone:
            if isinstance(gone.__cause__, aiohttp.ServerDisconnectedError):
                raise BackendError(f"{self.name} closed the connection without an answer") from gone
            raise BackendError(f"{self.name} did not answer properly: {reason(gone)}") from gone
        except _BROKEN as problem:
            raise BackendError(f"{self.name} did not answer properly: {reason(problem)}") from problem


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body in pieces. aiohttp copies a `BytesIO` as a whole before its first piece leaves."""
    for at in range(0, len(body), _LARGE):
        yield body[at : at + _LARGE]


def _trusted(ca: str | None) -> ssl.SSLContext | None:
    """The authorities that are trusted: those of the system and those in the file `ca`; None for the system's alone."""
    if ca is None:
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(ca)
    return context


def _veiled(veil: Veil | None, value: str) -> str:
    return value if veil is None else veil.text(value)


_NO_BODY = frozenset({204, 304})


def _ends_with_line(response: aiohttp.ClientResponse) -> bool:
    """Whether only the end of the connection tells that the body is whole (RFC 9112, 6.3)."""
    framed = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
    return not framed and response.method != "HEAD" and response.status not in _NO_BODY
