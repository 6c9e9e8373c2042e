"""Bytes into frames: NDJSON lines and SSE events, cut anywhere.

Every framer has `feed(bytes) -> list[Frame]` and `finish() -> list[Frame]`, which gives the frame whose end is missing.
Bytes are split once per feed. The bytes of an unfinished frame are kept and are not searched or copied again with each
piece of a long line. Bytes that are not a frame (blank lines, comments) go out in the `raw` of the next frame: the
`raw` of all frames join to the input.

A frame without data stands for a frame over the limit. It is the last frame, and `wire.codec.loads` raises
`FrameError` for it. So all whole frames before it arrive, wherever the bytes were cut.
"""

import re
from typing import NamedTuple, Protocol

_BOM = b"\xef\xbb\xbf"
_LF = 10
_LINE_END = re.compile(rb"\r\n|\n|\r")
_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?=[^\n]))")
"""Two line ends. A CR at the end of the bytes may be half of a CRLF and does not count as a line end."""


class Frame(NamedTuple):
    """A line of NDJSON or an SSE event: `data` is its payload, `raw` all its bytes with the line ends."""

    data: bytes
    raw: bytes
    event: str = ""


OVERLONG = Frame(b"", b"")
"""This frame stands for a frame over the limit; no frame follows it."""


class Framer(Protocol):
    """Takes bytes and gives frames."""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        ...

    def finish(self) -> list[Frame]:
        """The frame that the end of the bytes completes, if any."""
        ...


class NdjsonFrames:
    """Lines of JSON; `data` has no blanks around it. `limit` counts the bytes of a line."""

    TYPE = "application/x-ndjson"
    """Content-Type of such a stream."""
    END = re.compile(rb"\n")
    """The end of a frame, as servers write it."""
    BREAK = b"\n"
    """The last bytes of a frame."""
    __slots__ = ("_full", "_held", "_limit", "_skipped")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._skipped = bytearray()
        self._full = False

    def feed(self, data: bytes) -> list[Frame]:
        """The lines that these bytes complete."""
        if self._full:
            return []
        lines = data.split(b"\n")
        rest = lines.pop()
        frames: list[Frame] = []
        if lines:
            if self._held:
                self._held += lines[0]
                lines[0] = bytes(self._held)
                self._held.clear()
            for line in lines:
                if not self._add(frames, line, line + b"\n"):
                    return frames
        if rest:
            self._held += rest
            if len(self._held) > self._limit:
                self._stop(frames)
        return frames

    def finish(self) -> list[Frame]:
        """The last line, if its end was missing."""
        frames: list[Frame] = []
        if self._held and not self._full:
            line = bytes(self._held)
            self._held.clear()
            self._add(frames, line, line)
        return frames

    def _add(self, frames: list[Frame], line: bytes, raw: bytes) -> bool:
        if len(line) > self._limit:
            return self._stop(frames)
        data = line.strip()
        if not data:
            self._skipped += raw
            return len(self._skipped) <= self._limit or self._stop(frames)
        if self._skipped:
            raw = bytes(self._skipped) + raw
            self._skipped.clear()
        frames.append(Frame(data, raw))
        return True

    def _stop(self, frames: list[Frame]) -> bool:
        frames.append(OVERLONG)
        self._full = True
        self._held.clear()
        self._skipped.clear()
        return False


class SseFrames:
    """Server-sent events, read as the HTML standard says. `limit` counts the bytes of an event.

    `id` and `retry` have no meaning here. A field `error` counts as data of an event of that name (old llama.cpp).
    `[DONE]` is data like any other.
    """

    TYPE = "text/event-stream"
    """Content-Type of such a stream."""
    END = re.compile(rb"(?:\r?\n){2}|\r\r")
    """The end of a frame, as servers write it."""
    BREAK = b"\n\n"
    """The last bytes of a frame, as nearly all servers write it."""

    __slots__ = ("_carriage", "_full", "_held", "_limit", "_pending", "_skipped")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._pending = b""
        """Line ends behind the held bytes; they may be the beginning of an event's end."""
        self._skipped = bytearray()
        self._carriage = False
        self._full = False

    def feed(self, data: bytes) -> list[Frame]:
        """The events that these bytes complete."""
        if self._full:
            return []
        if self._pending:
            data = self._pending + data
        if not self._carriage and b"\r" in data:
            self._carriage = True
        frames: list[Frame] = []
        if self._carriage:
            blocks, ends = [], []
            start = 0
            for found in _EVENT_END.finditer(data):
                blocks.append(data[start : found.start()])
                ends.append(found.group())
                start = found.end()
            rest = data[start:]
        else:
            blocks = data.split(b"\n\n")
            rest = blocks.pop()
            ends = [b"\n\n"] * len(blocks)
        if blocks and self._held:
            self._held += blocks[0]
            blocks[0] = bytes(self._held)
            self._held.clear()
        plain = not self._carriage and not self._skipped
        for block, end in zip(blocks, ends, strict=True):
            if plain and block[:6] == b"data: " and _LF not in block and 6 < len(block) <= self._limit:
                frames.append(Frame(block[6:], block + end))
            elif self._add(frames, block, block + end):
                plain = not self._carriage and not self._skipped
            else:
                return frames
        kept = rest.rstrip(b"\r\n")
        self._pending = rest[len(kept) :]
        if kept:
            self._held += kept
            if len(self._held) > self._limit:
                self._stop(frames)
        return frames

    def finish(self) -> list[Frame]:
        """The last event, if its end was missing."""
        frames: list[Frame] = []
        if self._held and not self._full:
            block = bytes(self._held)
            self._held.clear()
            self._add(frames, block, block + self._pending)
            self._pending = b""
        return frames

    def _add(self, frames: list[Frame], block: bytes, raw: bytes) -> bool:
        if len(block) > self._limit:
            return self._stop(frames)
        data, event = _fields(block)
        if not data:
            self._skipped += raw
            return len(self._skipped) <= self._limit or self._stop(frames)
        if self._skipped:
            raw = bytes(self._skipped) + raw
            self._skipped.clear()
        frames.append(Frame(data, raw, event))
        return True

    def _stop(self, frames: list[Frame]) -> bool:
        frames.append(OVERLONG)
        self._full = True
        self._held.clear()
        self._skipped.clear()
        self._pending = b""
        return False


class WholeFrame:
    """A body that is a single frame, which comes at the end. `limit` counts the bytes of the body."""

    __slots__ = ("_full", "_held", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._full = False

    def feed(self, data: bytes) -> list[Frame]:
        """No frame, unless the body is over the limit."""
        if self._full:
            return []
        self._held += data
        if len(self._held) <= self._limit:
            return []
        self._full = True
        self._held.clear()
        return [OVERLONG]

    def finish(self) -> list[Frame]:
        """The body, unless it is blank."""
        raw = bytes(self._held)
        self._held.clear()
        data = raw.strip()
        return [Frame(data, raw)] if data else []


def _fields(block: bytes) -> tuple[bytes, str]:
    """The data and the name of an event, whose lines may be any fields with any line ends."""
    lines: list[bytes] = []
    event = ""
    for line in _LINE_END.split(block.removeprefix(_BOM)):
        name, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        match name:
            case b"data":
                lines.append(value)
            case b"event":
                event = value.decode("utf-8", "replace")
            case b"error":
                lines.append(value)
                event = "error"
    return b"\n".join(lines), event
