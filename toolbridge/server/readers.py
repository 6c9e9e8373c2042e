"""Clients that do not read their answer: after `timeouts.write` seconds their connection is reset.

An answer that its client does not take holds a connection to the backend, and so a place in the model's queue. Bytes
that were written to a closed connection hold memory for as long as the client's window stays shut. Writing costs
nothing more for it: one timer looks at all connections now and then. A client that takes its answer slowly is left
alone, as long as it takes some of it.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aiohttp import web
from aiohttp.http import HttpVersion11

from toolbridge.limits import KIB
from toolbridge.server.exchange import EXCHANGE

_LOOKS = 4
"""How many times the timer looks within the time that a client has."""
_LEAST = 16 * KIB
"""Bytes that a client has to take in that time, unless it takes everything that waits. The system's own buffers take
more at once."""
_RESET = struct.pack("ii", 1, 0)
"""The socket option that makes closing a socket send RST."""


@dataclass(slots=True)
class _Reader:
    """The client of one connection: the request that it sent last, and how much of the answer it had taken when."""

    request: web.BaseRequest
    since: float = 0.0
    taken: int = 0


class Readers:
    """The clients that are being answered; `seconds` is how long a client may take nothing, and 0 means for ever."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._readers: WeakKeyDictionary[asyncio.Transport, _Reader] = WeakKeyDictionary()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, request: web.BaseRequest) -> None:
        """Watch the client of this request, as an answer will be written to it."""
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
    """Close a connection so that its client cannot take this for the proper end; drop what still waits to be sent."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


def break_off(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Close a client's connection so that the client cannot take a part of the answer for the whole.

    A client that knows a length, or reads chunks, sees that a part is missing. Over HTTP/1.0, which nginx speaks with
    the servers behind it, an answer without a length ends with its connection: there the connection is reset.
    """
    transport = request.transport
    if transport is None:
        return
    if request.version < HttpVersion11 and response.content_length is None:
        reset(transport)
    else:
        transport.close()
