"""A reply between two ends of the same wire: frames that the stage leaves alone go out as the bytes they came in.

                    the frames go out as they came, or with their text and calls replaced
                    │
    PASSING ────────┤ the reason is read; the end is still to come
       │            ▼
       │         CLOSING ─────────► ENDED_THERE    a frame of the backend's tells the end, mended where it is not true
       │            │
       └────────────┴─────────────► ENDED_HERE     the writer writes the end: no frame tells it, or none could be mended

On OpenAI's wire the reason and the usage stand in chunks ahead of the `[DONE]` that ends the reply. Only there the true
reason is known, and the text that the parser held. So the frames of `CLOSING` wait, and are mended once it is known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from toolbridge.events import (
    Error,
    Event,
    Finish,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
)
from toolbridge.frames import Frame
from toolbridge.translate.outcome import Outcome
from toolbridge.translate.stage import ReplyStage
from toolbridge.translate.whole_calls import WholeCalls
from toolbridge.wire import BackendWire, Reader, Rewrite, Writer

_HELD = 4
"""Frames of the end that are held at most."""
_TOLD = frozenset({ReplyStart, ToolCallStart, ToolCallArgsDelta, ToolCallEnd})
"""Events that a writer has to know of, to go on behind frames that went out without it."""


class State(Enum):
    """How far the frames have come (see the head of the file)."""

    PASSING = auto()
    CLOSING = auto()
    ENDED_THERE = auto()
    ENDED_HERE = auto()


@dataclass(frozen=True, slots=True)
class _Held:
    """A frame, the object in it, the events that it told, and the events that are to go out."""

    frame: Frame
    body: dict[str, Any] | None
    events: Sequence[Event]
    out: Sequence[Event]


class FrameKeeper:
    """Bytes in, bytes out, by `feed`, `finish` and `fail`.

    `rewrite` is that of the wire. `streams` says whether the reply is a stream on both sides.
    """

    def __init__(
        self,
        wire: BackendWire,
        rewrite: Rewrite,
        *,
        reader: Reader,
        stage: ReplyStage,
        writer: Writer,
        outcome: Outcome,
        streams: bool,
    ) -> None:
        self._wire = wire
        self._rewrite = rewrite
        self._reader = reader
        self._stage = stage
        self._writer = writer
        self._outcome = outcome
        self._streams = streams
        self._calls = WholeCalls() if wire.whole_calls else None
        self._state = State.PASSING
        self._held: list[_Held] = []
        """The frames of `CLOSING`, the oldest first."""

    def feed(self, data: bytes) -> bytes:
        """Translate the frames that these bytes complete."""
        return b"".join(map(self._frame, self._reader.frames(data)))

    def finish(self) -> bytes:
        """The backend's bytes ended."""
        out = b"".join(map(self._frame, self._reader.rest()))
        if not self._outcome.ended:
            end = self._end(self._reader.finish())
            # A reply in one piece that breaks off is an error and nothing else.
            out = out + end if self._streams else b""
        return out + self._writer.finish() if self._state is State.ENDED_HERE else out

    def fail(self, error: Error) -> bytes:
        """The backend's connection failed: the frames that were held go out, and the error ends the reply."""
        return self._end([error])

    def _frame(self, frame: Frame) -> bytes:
        """The bytes that go out for one frame."""
        outcome = self._outcome
        if outcome.ended:
            return b""
        events = self._reader.read(frame)
        out = self._stage.feed(events)
        out = self._in_own_words(events, out if self._calls is None else self._calls.feed(out))
        outcome.begun = True
        outcome.note(events, out)
        if outcome.end is None:
            self._tell(out)
            if out == events and not self._reader.closing:
                return frame.raw
        held = _Held(frame, self._reader.body, events, out)
        if outcome.end is None:
            return self._hold(held) if self._reader.closing else self._mended(held)
        if type(outcome.end) is Finish and not outcome.cut:
            if self._state is State.CLOSING:
                if closed := self._closed(events, out):
                    return closed + frame.raw
            elif (changed := self._changed(held)) is not None:
                self._state = State.ENDED_THERE
                return changed
        # The frame holds no end, or it is bytes that are no frame at all.
        return self._written(out)

    def _end(self, events: list[Event]) -> bytes:
        """The bytes that go out for the last events, which no frame holds."""
        out = self._stage.feed(events)
        self._outcome.note(events, out)
        if self._state is State.CLOSING and type(self._outcome.end) is Finish and (closed := self._closed(events, out)):
            return closed + self._wire.stream_end
        return self._written(out)

    def _written(self, out: Iterable[Event]) -> bytes:
        """The frames that were held, and the end as the writer writes it."""
        released = self._released()
        self._state = State.ENDED_HERE
        return released + self._writer.feed(out)

    def _hold(self, held: _Held) -> bytes:
        """Keep a frame until the end is known; the frames that go out in its place."""
        self._state = State.CLOSING
        # What the reply says behind its reason pushes out the frames before it.
        released = self._released() if held.events else b""
        self._held.append(held)
        return released + (self._mended(self._held.pop(0)) if len(self._held) > _HELD else b"")

    def _closed(self, events: Sequence[Event], out: Sequence[Event]) -> bytes:
        """The held frames, with what the end says besides; the empty string if no frame of them has a place for it."""
        if out != events:
            if not self._held:
                return b""
            first, *rest = self._held
            opening = self._rewrite(first.frame, first.body, [*first.out, *out])
            if opening is None:
                return b""
            self._held = rest
        else:
            opening = b""
        self._state = State.ENDED_THERE
        return opening + self._released()

    def _released(self) -> bytes:
        """The held frames, without what the end would have said; none is held any more."""
        held, self._held = self._held, []
        return b"".join(map(self._mended, held))

    def _mended(self, held: _Held) -> bytes:
        """A frame with its change, or as it came: it said nothing that could change."""
        changed = self._changed(held)
        return held.frame.raw if changed is None else changed

    def _changed(self, held: _Held) -> bytes | None:
        """A frame with its change, as it came if nothing changed; None where it has no place for the change."""
        return held.frame.raw if held.out == held.events else self._rewrite(held.frame, held.body, held.out)

    def _in_own_words(self, events: Sequence[Event], out: list[Event]) -> list[Event]:
        """The events, with the backend's own reason where it is the same word on this wire: Ollama's has few."""
        given, decided = (each[-1] if each else None for each in (events, out))
        if isinstance(given, Finish) and isinstance(decided, Finish) and given.reason != decided.reason:
            alike = self._wire.word(given.reason) == self._wire.word(decided.reason)
            return [*out[:-1], given] if alike else out
        return out

    def _tell(self, out: Sequence[Event]) -> None:
        """Let the writer know of what has gone out without it: it may have to go on from there."""
        if not self._streams:
            self._writer.feed(out)
        elif any(map(_TOLD.__contains__, map(type, out))):
            self._writer.feed([event for event in out if type(event) in _TOLD])
