"""The two ends around the bridge, as bare as they can be: connections that are kept, and a backend that says one thing.

Where a million bodies go through, what is around the bridge must cost less than the bridge.
"""

import asyncio
import json
from collections import deque
from typing import cast

from tests.fake_ollama import last
from tests.fake_openai import MODEL, USAGE

_WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "It rains."}, "finish_reason": "stop"}],
    "usage": USAGE,
}
_SHOW = {"details": {"family": "llama"}, "model_info": {}, "capabilities": ["completion"]}


def _answer(body: bytes, kind: str) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind.encode(), len(body), body)


_ANSWERS = {
    b"/api/chat": _answer(last(message={"content": "It rains."}), "application/x-ndjson"),
    b"/api/generate": _answer(last(response="It rains."), "application/x-ndjson"),
    b"/api/show": _answer(json.dumps(_SHOW).encode(), "application/json"),
    b"/v1/models": _answer(json.dumps({"object": "list", "data": [{"id": MODEL}]}).encode(), "application/json"),
    b"/v1/chat/completions": _answer(json.dumps(_WHOLE).encode(), "application/json"),
    b"/v1/completions": _answer(
        json.dumps(_WHOLE | {"choices": [{"index": 0, "text": "It rains.", "finish_reason": "stop"}]}).encode(),
        "application/json",
    ),
}
_OTHER = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Talk(asyncio.Protocol):
    """One connection of a backend to which every chat is welcome."""

    def __init__(self) -> None:
        self._held = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._held[:end])
            low = head.lower()
            if b"transfer-encoding: chunked" in low:
                until = self._held.find(b"0\r\n\r\n", end + 4)
                if until < 0:
                    return
                size = until + 5 - end - 4
            else:
                _, found, length = low.partition(b"content-length:")
                size = int(length.split(b"\r\n", 1)[0]) if found else 0
                if len(self._held) < end + 4 + size:
                    return
            del self._held[: end + 4 + size]
            target = head.split(b" ", 2)[1].partition(b"?")[0]
            self._transport.write(_ANSWERS.get(target, _OTHER))


class Line(asyncio.Protocol):
    """One kept connection of a client: a request at a time."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._waiting: deque[asyncio.Future[tuple[int, bytes]]] = deque()
        self.closed = False

    @classmethod
    async def to(cls, port: int) -> "Line":
        """A new one."""
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._complete(over=True)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(ConnectionError("the bridge closed the connection without an answer"))

    def ask(self, route: str, headers: str, body: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; its status and its answer."""
        head = f"POST {route} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        return answer

    def data_received(self, data: bytes) -> None:
        self._held += data
        self._complete(over=False)

    def close(self) -> None:
        self._transport.abort()

    def _complete(self, *, over: bool) -> None:
        while self._waiting and (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._held[:end]).lower()
            if b"transfer-encoding: chunked" in head:
                until = self._held.find(b"0\r\n\r\n", end)
                size = until + 5 - end - 4 if until >= 0 else -1
            else:
                _, found, length = head.partition(b"content-length:")
                size = int(length.split(b"\r\n", 1)[0]) if found else len(self._held) - end - 4 if over else -1
            if size < 0 or len(self._held) < end + 4 + size:
                return
            body = bytes(self._held[end + 4 : end + 4 + size])
            del self._held[: end + 4 + size]
            if b"\r\nconnection: close" in head:
                self.closed = True  # the end of the connection itself may come after the next request has gone
            self._waiting.popleft().set_result((int(head[9:12]), body))
