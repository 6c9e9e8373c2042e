"""Clients that do not read what they asked for: after `timeouts.write` seconds their connection is reset.

An answer that nobody takes holds its connection to the backend, and with it a place in the model's queue; and what was
written to a closed connection holds memory for as long as its client keeps the window shut. A write costs nothing here:
one timer looks at all connections now and then, and only at those with something waiting for a second time. A client
that takes its answer slowly is left alone as long as it takes some.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aiohttp import web

from toolbridge.limits import KIB
from toolbridge.server.exchange import EXCHANGE

_LOOKS = 4
"""How often it is looked in the time that a client has."""
_LEAST = 16 * KIB
"""Bytes that a client has to take in that time, or else all that waits. The system takes more off our hands at once."""
_RESET = struct.pack("ii", 1, 0)
"""What makes a socket that is closed say so with RST."""


@dataclass(slots=True)
class _Reader:
    """The client of one connection: the request that it sent last, and how much of the answer it had taken when."""

    request: web.BaseRequest
    since: float = 0.0
    taken: int = 0


class Readers:
    """Those who are being answered; `seconds` is how long they may take nothing, 0 for ever."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._readers: WeakKeyDictionary[asyncio.Transport, _Reader] = WeakKeyDictionary()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, request: web.BaseRequest) -> None:
        """An answer to this request will be written."""
        transport = request.transport
        if transport is None or not self._seconds:
            return
        loop = asyncio.get_running_loop()
        self._readers[transport] = _Reader(request, loop.time())
        if self._timer is None:
            self._timer = loop.call_later(self._seconds / _LOOKS, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for transport, reader in list(self._readers.items()):
            waiting = transport.get_write_buffer_size()
            taken = reader.request.writer.output_size - waiting
            if not waiting or taken >= reader.taken + _LEAST:
                reader.since, reader.taken = now, taken
                if transport.is_closing() and not waiting:
                    del self._readers[transport]
            elif now - reader.since >= self._seconds:
                del self._readers[transport]
                reader.request[EXCHANGE].note(error=f"the client took nothing for {self._seconds:g} s (timeouts.write)")
                reset(transport)
        self._timer = loop.call_later(self._seconds / _LOOKS, self._look) if self._readers else None


def reset(transport: asyncio.Transport) -> None:
    """Close a connection so that nobody can take it for its proper end, and nothing waits to be sent."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
