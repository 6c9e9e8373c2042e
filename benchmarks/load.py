"""A backend that streams and a client that counts, both bare protocols, so that what is between them is what costs."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import orjson

VOCABULARY = (
    "rain",
    "wind",
    "snow",
    "calm",
    "over",
    "from",
    "east",
    "west",
    "till",
    "noon",
    "fog,",
    "1 < ",
    "2 & ",
    "so: ",
)
ACKNOWLEDGED = "and~"
"""The word that ends a burst: the backend waits until the client has seen its last character."""
SHOW = orjson.dumps({"details": {"family": "llama", "parameter_size": "8.0B"}, "capabilities": ["completion"]})
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Look.", "parameters": PARAMETERS}}
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"


def http(head: str, body: bytes) -> bytes:
    return f"{head}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def chat(number: int) -> bytes:
    """A chat of some 400 bytes with one tool; its number tells the backend whose it is."""
    messages = [{"role": "user", "content": f"stream {number}: {'how is it? ' * 36}"}]
    body = {"model": "bench:8b", "messages": messages, "tools": [TOOL], "stream": True}
    return http("POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1", orjson.dumps(body))


def frame(line: object) -> bytes:
    """One chunk with one line of NDJSON; Go's encoder escapes what HTML would read."""
    data = orjson.dumps(line).replace(b"<", b"\\u003c").replace(b"&", b"\\u0026") + b"\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Script:
    """What the backend says: words of four characters as Ollama frames them.

    With `pace` one each so many seconds; with `burst` so many in one write, the next when the client has them; else
    one a write, as fast as it goes.
    """

    words: list[str] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    pace: float = 0.0
    burst: int = 0
    seen: dict[int, asyncio.Semaphore] = field(default_factory=dict)

    def set(self, tokens: int, pace: float, burst: int) -> None:
        rng = random.Random(tokens)  # noqa: S311 - the same words in every run, not a secret
        self.pace, self.burst = pace, burst
        self.words = [rng.choice(VOCABULARY) for _ in range(tokens)]
        if burst:
            self.words[burst - 1 :: burst] = [ACKNOWLEDGED] * (tokens // burst)
        stamp = {"model": "bench:8b", "created_at": "2026-01-01T00:00:00.000000Z"}
        self.frames = [
            frame(stamp | {"message": {"role": "assistant", "content": word}, "done": False}) for word in self.words
        ]
        last = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
        self.frames.append(frame(stamp | last) + b"0\r\n\r\n")

    def frames_of(self, number: int) -> list[bytes]:  # noqa: ARG002 - here all streams say the same
        return self.frames


class Backend(asyncio.Protocol):
    """One connection to a server that looks enough like Ollama: it keeps connections and streams one frame a write."""

    def __init__(self, script: Script) -> None:
        self.script, self.buffer, self.gate = script, b"", asyncio.Event()
        self.gate.set()
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            _, found, length = head.partition(b"content-length:")
            size = int(length.split(b"\r\n", 1)[0]) if found else 0
            if len(self.buffer) < end + 4 + size:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + size], self.buffer[end + 4 + size :]
            if head.startswith(b"post /api/chat"):
                number = int(body.partition(b"stream ")[2].partition(b":")[0])
                self.task = asyncio.get_running_loop().create_task(self.stream(number))
            else:
                self.transport.write(http("HTTP/1.1 200 OK", SHOW))

    async def stream(self, number: int) -> None:
        seen, frames = self.script.seen[number], self.script.frames_of(number)
        pace, size = self.script.pace, self.script.burst or 1
        begun = time.monotonic() + random.random() * pace  # noqa: S311 - streams that do not tick together
        self.transport.write(STREAM_HEAD)
        for start in range(0, len(frames), size):
            if pace:
                await asyncio.sleep(max(0.0, begun + start * pace - time.monotonic()))
            elif self.script.burst and start:
                await seen.acquire()
            else:
                await asyncio.sleep(0)
            await self.gate.wait()
            self.transport.write(b"".join(frames[start : start + size]))

    def pause_writing(self) -> None:
        self.gate.clear()

    def resume_writing(self) -> None:
        self.gate.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if self.task:
            self.task.cancel()


class Stream(asyncio.Protocol):
    """One client with one streamed chat. `first` is when the first byte came, in seconds of the monotonic clock."""

    def __init__(self, request: bytes, seen: asyncio.Semaphore) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.request, self.seen = request, seen
        self.data: list[bytes] = []
        self.first, self.tail = 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if not self.first:
            self.first = time.monotonic()
            if not data.startswith(b"HTTP/1.1 200"):
                self.done.set_exception(ConnectionError(f"answered {data[:300]!r}"))
        self.data.append(data)
        for _ in range(data.count(b"~")):
            self.seen.release()
        self.tail = (self.tail + data[-5:])[-5:]
        if self.tail == b"0\r\n\r\n" and not self.done.done():
            self.transport.close()
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError(f"cut off after {b''.join(self.data)[-300:]!r}"))

    def body(self) -> bytes:
        """The body of the whole answer."""
        head, _, rest = b"".join(self.data).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), (head, rest[:300])
        body = b""
        while size := int((line := rest.split(b"\r\n", 1))[0], 16):
            body, rest = body + line[1][:size], line[1][size + 2 :]
        return body

    def text(self) -> str:
        """The content of the whole answer, to be compared with what the backend said."""
        return "".join(orjson.loads(each)["message"]["content"] for each in self.body().splitlines())


async def open_streams(script: Script, port: int, count: int) -> list[Stream]:
    """Run so many chats at once, to their ends. Raises `TimeoutError` after a minute."""
    loop = asyncio.get_running_loop()
    script.seen = {number: asyncio.Semaphore(0) for number in range(count)}
    starts = [partial(Stream, chat(number), seen) for number, seen in script.seen.items()]
    async with asyncio.timeout(60):
        pairs = await asyncio.gather(*(loop.create_connection(start, "127.0.0.1", port) for start in starts))
        streams = [stream for _, stream in pairs]
        await asyncio.gather(*(stream.done for stream in streams))
    return streams
