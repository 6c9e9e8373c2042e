"""Connections to the backend, and two facts that aiohttp does not tell: which were kept, and which ended by a reset.

    connector = Connections(keeps=True)
    line = Line(); line.watch()          the next request of this task goes over this line
    line.kept, line.was_reset            known once the request was sent

A body without a length ends with its connection, and aiohttp takes a reset for an end like any other. aiohttp also
sends GET, PUT, DELETE and their like a second time whenever their connection fails, even a connection that was made for
the request. A session with the middleware `once` leaves this decision to `upstream`.
"""

import asyncio
import ssl
from contextvars import ContextVar
from weakref import WeakSet

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

_KEPT_SECONDS = 4.0
"""How long a connection waits for the next request. uvicorn (vLLM, transformers), llama.cpp's server and Node close
theirs after five seconds, and a request that is on its way at that moment is lost."""


class Line:
    """The connection of one request."""

    __slots__ = ("closed", "kept")

    def __init__(self) -> None:
        self.kept = False
        """Whether the connection has served an earlier request."""
        self.closed: asyncio.Future[None] | None = None
        """Done once the connection is closed, with an exception if it did not end properly."""

    def watch(self) -> None:
        """The next request of this task goes over this line."""
        _LINE.set(self)

    @property
    def was_reset(self) -> bool:
        """Whether the connection was closed without its proper end."""
        return self.closed is not None and self.closed.done() and self.closed.exception() is not None


_LINE: ContextVar[Line] = ContextVar("line")


class Connections(aiohttp.TCPConnector):
    """As many connections as there are requests. With `keeps`, a connection that served well may serve again.

    `trusted` knows the authorities whose certificates are accepted; None for those of the system.
    """

    def __init__(self, *, keeps: bool, trusted: ssl.SSLContext | None = None) -> None:
        accepts: ssl.SSLContext | bool = True if trusted is None else trusted
        if keeps:
            super().__init__(limit=0, keepalive_timeout=_KEPT_SECONDS, ssl=accepts)
        else:
            super().__init__(limit=0, force_close=True, ssl=accepts)
        self._served = WeakSet[ResponseHandler]()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 # the signature is aiohttp's
    ) -> Connection:
        """A connection for a request, whose `Line` learns about it."""
        connection = await super().connect(req, traces, timeout)
        line, protocol = _LINE.get(None), connection.protocol
        if line is not None and protocol is not None:
            line.kept = protocol in self._served
            line.closed = protocol.closed
            if not line.kept:
                self._served.add(protocol)
                if line.closed is not None:
                    # A connection may break when no request waits for it any more, and asyncio would complain.
                    line.closed.add_done_callback(_look)
        return connection


class Gone(aiohttp.ClientConnectionError):
    """The connection failed before the head of an answer was here. `silent`: no byte of the answer had come either."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(str(problem))
        # If a head breaks off, aiohttp's error holds the part of it that was read.
        self.silent = not isinstance(getattr(problem, "message", ""), aiohttp.http.RawResponseMessage)


async def once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request one time. Raises `Gone` where aiohttp would have sent it again."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ClientConnectionResetError, aiohttp.ServerDisconnectedError) as problem:
        raise Gone(problem) from problem


def _look(closed: asyncio.Future[None]) -> None:
    if not closed.cancelled():
        closed.exception()
