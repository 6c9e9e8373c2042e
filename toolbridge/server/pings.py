"""Pings: what a client of a stream gets while its backend is silent.

    async with Pings(request, wire, 15) as pings:
        response = await pings.begin(200, "OK", headers)     the answer's head, unless a ping has sent one before
        await response.write(…); pings.wrote()
        response = await pings.stop()                        None if no head has left: the answer may still be an error

Many clients give a silent stream up, and a backend that reads a long prompt sends nothing for minutes. After some
seconds of silence the head of the answer leaves with a ping behind it, and a ping follows each time as many seconds
pass. What fails after that is told in the stream. A ping never stands inside a frame, and costs no task while there is
no silence: one timer looks at the time of the last write.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from aiohttp import web

from toolbridge.wire import Wire


class Pings:
    """The pings of one answer to a client of `wire`, after so many seconds of silence each; 0 means no pings."""

    def __init__(self, request: web.Request, wire: Wire, seconds: float) -> None:
        self.replied = False
        """Whether bytes of the reply have left, beside pings."""
        self.early = False
        """Whether a ping sent the head of the answer, before the backend's was known."""
        self._request = request
        self._wire = wire
        self._seconds = seconds if wire.ping else 0
        self._loop = asyncio.get_running_loop()
        self._response: web.StreamResponse | None = None
        self._last = self._loop.time()
        self._between = True
        self._beginning = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._pinging: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._seconds:
            self._timer = self._loop.call_later(self._seconds, self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._pinging is not None:
            self._pinging.cancel()

    async def begin(self, status: int, reason: str | None, headers: Mapping[str, str]) -> web.StreamResponse:
        """The answer, whose head leaves now unless it has left with a ping."""
        async with self._beginning:
            if self._response is not None:
                return self._response
            return await self._begun(web.StreamResponse(status=status, reason=reason, headers=headers))

    def wrote(self, *, between: bool = True) -> None:
        """Note that bytes of the reply left just now; `between` is false if they end inside a frame."""
        self.replied = True
        self._between = between
        self._last = self._loop.time()

    async def stop(self) -> web.StreamResponse | None:
        """Send no more pings. The answer, if its head has left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._seconds = 0
        if self._pinging is not None:
            await asyncio.wait([self._pinging])
        return self._response

    async def _begun(self, response: web.StreamResponse) -> web.StreamResponse:
        await response.prepare(self._request)
        self._response = response
        return response

    def _look(self) -> None:
        left = self._last + self._seconds - self._loop.time()
        if left <= 0:
            if self._between and (self._pinging is None or self._pinging.done()):
                self._pinging = self._loop.create_task(self._ping())
            self._last = self._loop.time()
            left = self._seconds
        self._timer = self._loop.call_later(left, self._look)

    async def _ping(self) -> None:
        with suppress(ConnectionError):  # the client went away, which ends the request by itself
            async with self._beginning:
                if self._response is None:
                    self.early = True
                    await self._begun(web.StreamResponse(headers={"Content-Type": self._wire.stream_type}))
            if self._response is not None and self._seconds and self._between:
                await self._response.write(self._wire.ping)
