"""A reply between two ends of the same wire: frames that the stage does not change go out as the bytes that came.

    PASSING ──► CLOSING ──► ENDED_THERE or ENDED_HERE
       └──────────────────► ENDED_THERE or ENDED_HERE

    PASSING        frames go out as they came, or with their text and calls replaced
    CLOSING        the reason is read, but the end is still to come: frames are held, as their reason may change
    ENDED_THERE    the end stands in a frame of the backend's, with the reason that the stage decided
    ENDED_HERE     the writer writes the end: no frame of the backend's holds it, or that frame cannot be changed

On OpenAI's wire the reason and the usage stand in chunks ahead of the `[DONE]` that ends the reply. Only at `[DONE]`
the stage decides the reason, and the parser releases the text that it held. So the frames of `CLOSING` wait until then.
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
"""The most frames that are held."""
_NEEDED_BY_WRITER = frozenset({ReplyStart, ToolCallStart, ToolCallArgsDelta, ToolCallEnd})
"""Events of frames that went out unchanged, without which the writer could not write the rest of the reply."""


class State(Enum):
    """How far the frames have come (see the head of the file)."""

    PASSING = auto()
    CLOSING = auto()
    ENDED_THERE = auto()
    ENDED_HERE = auto()


@dataclass(frozen=True, slots=True)
class _Held:
    """A frame, the object in it, the events that were read of it, and the events that are to go out."""

    frame: Frame
    body: dict[str, Any] | None
    events: Sequence[Event]
    out: Sequence[Event]


class FrameKeeper:
    """Takes the bytes of a backend and gives those for the client, by `feed`, `finish` and `fail`.

    `rewrite` is the function of the wire. `streams` is true if the reply is a stream on both sides.
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
        """The last bytes, once the backend's have ended."""
        out = b"".join(map(self._frame, self._reader.rest()))
        if not self._outcome.ended:
            end = self._end(self._reader.finish())
            # A reply in one piece that breaks off becomes an error, without the text before it.
            out = out + end if self._streams else b""
        return out + self._writer.finish() if self._state is State.ENDED_HERE else out

    def fail(self, error: Error) -> bytes:
        """The last bytes, if the backend's connection failed: the held frames, and then the error."""
        return self._end([error])

    def _frame(self, frame: Frame) -> bytes:
        """The bytes that go out for one frame."""
        outcome = self._outcome
        if outcome.ended:
            return b""
        events = self._reader.read(frame)
        out = self._stage.feed(events)
        out = self._with_backends_reason(events, out if self._calls is None else self._calls.feed(out))
        outcome.begun = True
        outcome.note(events, out)
        if not self._reader.as_asked:
            # A client that waits for one object cannot read lines, and a client of a stream cannot read one object.
            return self._written(out)
        if outcome.end is None:
            self._inform_writer(out)
            if out == events and not self._reader.closing:
                return frame.raw
        held = _Held(frame, self._reader.body, events, out)
        if outcome.end is None:
            return self._hold(held) if self._reader.closing else self._changed_or_raw(held)
        if type(outcome.end) is Finish and not outcome.cut:
            if self._state is State.CLOSING:
                if closed := self._closed(events, out):
                    return closed + frame.raw
            elif (changed := self._changed(held)) is not None:
                self._state = State.ENDED_THERE
                return changed
        # The frame has no place for the end, or its bytes are broken.
        return self._written(out)

    def _end(self, events: list[Event]) -> bytes:
        """The bytes that go out for the last events, which were not read of a frame."""
        out = self._stage.feed(events)
        self._outcome.note(events, out)
        if self._state is State.CLOSING and type(self._outcome.end) is Finish and (closed := self._closed(events, out)):
            return closed + self._wire.stream_end
        return self._written(out)

    def _written(self, out: Iterable[Event]) -> bytes:
        """The held frames, and behind them the end as the writer writes it."""
        released = self._released()
        self._state = State.ENDED_HERE
        return released + self._writer.feed(out)

    def _hold(self, held: _Held) -> bytes:
        """Hold a frame until the end is known, and give the bytes of older frames that need not wait any longer."""
        self._state = State.CLOSING
        # A frame with text or calls behind the reason: the frames before it are not the last ones.
        released = self._released() if held.events else b""
        self._held.append(held)
        return released + (self._changed_or_raw(self._held.pop(0)) if len(self._held) > _HELD else b"")

    def _closed(self, events: Sequence[Event], out: Sequence[Event]) -> bytes:
        """The held frames, the first with the events of the end in it; empty if that frame has no place for them."""
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
        """The held frames, without the events of the end."""
        held, self._held = self._held, []
        return b"".join(map(self._changed_or_raw, held))

    def _changed_or_raw(self, held: _Held) -> bytes:
        """A frame with its change; as it came, if it has no place for the change."""
        changed = self._changed(held)
        return held.frame.raw if changed is None else changed

    def _changed(self, held: _Held) -> bytes | None:
        """A frame with its change; as it came, if nothing changed; None if it has no place for the change."""
        return held.frame.raw if held.out == held.events else self._rewrite(held.frame, held.body, held.out)

    def _with_backends_reason(self, events: Sequence[Event], out: list[Event]) -> list[Event]:
        """The events, with the backend's reason if this wire has the same word for our reason: Ollama has few words."""
        reported, decided = (each[-1] if each else None for each in (events, out))
        if isinstance(reported, Finish) and isinstance(decided, Finish) and reported.reason != decided.reason:
            alike = self._wire.word(reported.reason) == self._wire.word(decided.reason)
            return [*out[:-1], reported] if alike else out
        return out

    def _inform_writer(self, out: Sequence[Event]) -> None:
        """Give the writer events that go out without it: it may have to write the rest of the reply."""
        if not self._streams:
            self._writer.feed(out)
        elif any(map(_NEEDED_BY_WRITER.__contains__, map(type, out))):
            self._writer.feed([event for event in out if type(event) in _NEEDED_BY_WRITER])
