"""The common part of all readers: cuts bytes into frames, joins text, ends a reply, makes an `Error` of bad bytes.

A wire's reader adds `_take` (read a frame of a stream, or a whole body) and `_close` (the bytes ended before the reply
did). Text gathers in lists and becomes an event when something else comes or the feed is over, so a reply of plain text
costs an event per read, not an event per token.

A backend may answer in one piece although a stream was asked for, or stream although no stream was. Both are read.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import orjson

from toolbridge.errors import FrameError
from toolbridge.events import ContentDelta, Error, Event, Finish, Logprobs, Outcome, ReasoningDelta
from toolbridge.frames import Frame, Framer, NdjsonFrames, SseFrames, WholeFrame
from toolbridge.limits import Limits
from toolbridge.wire.codec import mended, standard

_BODIES: Mapping[type, re.Pattern[bytes]] = {
    NdjsonFrames: re.compile(rb"\s*\{[ \t\r]*\n"),
    SseFrames: re.compile(rb"\s*[{\[]"),
}
"""The beginning of a body that came in one piece, in place of a stream. An indented body begins with a line of a brace
alone, as no line of NDJSON does; no field of SSE begins with a bracket."""
_HEAD = 64
"""The most bytes that are held to tell a stream from a body."""


class _OpenCalls(Protocol):
    """The calls of a reply that comes in pieces."""

    def finish(self, incomplete: Outcome) -> Iterable[Event]:
        """End the open calls; a call whose arguments are not whole gets the outcome `incomplete`."""
        ...


class ReplyReader(ABC):
    """Reads one reply. `ended` is set with `Finish` or `Error`; nothing is read after it.

    `closing` is set once the reason is read of a reply whose `Finish` is still to come. The reason is the backend's own
    in our words, whether it is true or not: `ReplyStage` knows how the calls ended.
    """

    def __init__(
        self,
        frames: type[NdjsonFrames] | type[SseFrames],
        *,
        stream: bool,
        limits: Limits,
        open_calls: _OpenCalls | None = None,
    ) -> None:
        self.ended = False
        self.closing = False
        self.as_asked = True
        """Whether the reply comes in the form that was asked for: as a stream, or in one piece."""
        self.body: dict[str, Any] | None = None
        """The object in the frame that was read last; None if the frame held no object."""
        self._open_calls = open_calls
        self._limit = limits.frame
        self._stream = frames
        self._framer: Framer = frames(self._limit) if stream else WholeFrame(self._limit)
        self._head: bytes | None = b"" if stream else None
        """The first bytes, until they tell a stream from a body; then None."""
        self._events: list[Event] = []
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._odd = False
        """Whether text may hold lone surrogates: orjson has refused a frame."""

    @abstractmethod
    def _take(self, frame: Frame) -> None:
        """Read one frame. Raises `FrameError`."""

    @abstractmethod
    def _close(self) -> None:
        """End the reply, whose bytes have ended."""

    def frames(self, data: bytes) -> list[Frame]:
        """Cut bytes into frames without reading them."""
        if self._head is not None:
            data = self._head + data
            if _BODIES[self._stream].match(data):
                self._framer = WholeFrame(self._limit)
                self.as_asked = False
            elif len(data) < _HEAD and data.strip() in (b"", b"{"):
                self._head = data
                return []
            self._head = None
        return self._framer.feed(data)

    def rest(self) -> list[Frame]:
        """The frames that the end of the bytes completes."""
        head, self._head = self._head, None
        return [*(self._framer.feed(head) if head else ()), *self._framer.finish()]

    def read(self, frame: Frame) -> list[Event]:
        """Read one frame."""
        self.body = None
        self._read(frame)
        return self._flush()

    def feed(self, data: bytes) -> list[Event]:
        """Read the frames that these bytes complete. Neighbouring deltas of one kind are joined."""
        if self.ended:
            return []
        for frame in self.frames(data):
            if self.ended:
                break
            try:
                self._take(frame)
            except FrameError as error:
                self._refuse(frame, error)
        return self._flush()

    def finish(self) -> list[Event]:
        """The last events, after the last byte: an `Error` among them unless the reply had ended before."""
        for frame in self.rest():
            self._read(frame)
        if not self.ended:
            self._close()
            self.ended = True
        return self._flush()

    def _read(self, frame: Frame) -> None:
        if self.ended:
            return
        try:
            self._take(frame)
        except FrameError as error:
            self._refuse(frame, error)

    def _refuse(self, frame: Frame, error: FrameError) -> None:
        # A body that is not JSON may be a stream that was not asked for.
        inner = self._cut(frame) if isinstance(self._framer, WholeFrame) else []
        if not inner:
            self._end(Error(error.message, error.kind, error.status))
            return
        self._framer = self._stream(self._limit)
        self.as_asked = False
        for part in inner:
            self._read(part)
        self.body = None

    def _cut(self, body: Frame) -> list[Frame]:
        framer = self._stream(self._limit)
        frames = [*framer.feed(body.data), *framer.finish()]
        return [] if len(frames) == 1 and frames[0].data == body.data else frames

    def _object(self, frame: Frame) -> dict[str, Any]:
        """The object that a frame holds. Raises `FrameError`."""
        try:
            body = orjson.loads(frame.data)
        except orjson.JSONDecodeError:
            body = standard(frame.data)
            self._odd = True
        if type(body) is not dict:
            raise FrameError("the backend sent JSON that is no object")
        self.body = body
        return body

    def _take_tokens(self, tokens: Any) -> bool:
        """Take a list of tokens with their log probabilities; false if the value is no such list."""
        if not isinstance(tokens, list) or not all(isinstance(item, Mapping) and "token" in item for item in tokens):
            return False
        if tokens:
            self._emit(Logprobs(tuple(tokens)))
        return True

    def _emit(self, event: Event) -> None:
        self._join(ended=True)
        self._events.append(event)

    def _emit_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._emit(event)

    def _end(self, end: Finish | Error) -> None:
        """End the reply, and first its open calls: the limit of length or an error cut them, other ends broke them."""
        is_cut = isinstance(end, Error) or end.reason == "length"
        if self._open_calls is not None:
            self._emit_all(self._open_calls.finish("truncated" if is_cut else "broken"))
        self._emit(end)
        self.ended = True

    def _join(self, *, ended: bool) -> None:
        for parts, kind in ((self._content, ContentDelta), (self._reasoning, ReasoningDelta)):
            if not parts:
                continue
            text = "".join(parts)
            parts.clear()
            if self._odd:
                text, held = mended(text, ended=ended)
                if held:
                    parts.append(held)
            if text:
                self._events.append(kind(text))

    def _flush(self) -> list[Event]:
        content = self._content
        if content and not (self._events or self._reasoning or self._odd):
            # Nearly every read is text and nothing else.
            text = content[0] if len(content) == 1 else "".join(content)
            content.clear()
            return [ContentDelta(text)]
        self._join(ended=self.ended)
        events, self._events = self._events, []
        return events

    def _add_content(self, text: Any) -> None:
        if type(text) is not str:
            raise FrameError("the backend sent content that is no text")
        if self._reasoning:
            self._join(ended=True)
        self._content.append(text)

    def _add_reasoning(self, text: Any) -> None:
        if type(text) is not str:
            raise FrameError("the backend sent reasoning that is no text")
        if self._content:
            self._join(ended=True)
        self._reasoning.append(text)
