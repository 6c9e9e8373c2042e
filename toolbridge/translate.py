"""The whole translation, with no network: requests, replies and streams from one wire to another.

    backend bytes ─ frames ─► reader ─► events ─ ReplyStage ─► events ─ writer ─► client bytes

The server drives `StreamTranslator` and has no assembly of its own, so what a library user gets is what a client gets.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolbridge.budget import Budget
from toolbridge.events import (
    Cause,
    ContentDelta,
    Error,
    Event,
    Finish,
    ReasoningDelta,
    ReplyStart,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    merged,
)
from toolbridge.frames import Frame
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.reply_parser import ReplyParser, new_call_id
from toolbridge.tool_prompt import choosable, example_calls
from toolbridge.tool_prompt import inject as inject_tools
from toolbridge.wire import Clock, Ids, rewrites, wire

__all__ = [
    "ReplyStage",
    "StreamTranslator",
    "copied_examples",
    "inject_tools",
    "read_request",
    "translate_reply",
    "translate_request",
    "write_request",
]

_HELD = 4
"""Frames of the end that are held at most."""
_WHOLE_CALLS = frozenset({"ollama"})
"""Wires that have no way to say a part of a call."""
_TOLD = frozenset({ReplyStart, ToolCallStart, ToolCallArgsDelta, ToolCallEnd})
_CAUSES: Mapping[str, Cause] = {"stop": "stop", "tool_calls": "stop", "length": "length"}


class ReplyStage:
    """Events in, events out: content is read for calls, all else passes, and the reason at the end is made true.

    Calls that the backend made and calls that were read out of the text are numbered together, from 0. Without
    `parallel` there is one of them. Without a parser the text passes, too. This is the one place that decides why a
    reply ended: readers report what the backend said, which is often not so, and writers put our words into theirs.
    """

    def __init__(self, parser: ReplyParser | None = None, *, parallel: bool = True) -> None:
        self.ended = False
        """Whether `Finish` or `Error` has gone out; nothing follows."""
        self._parser = parser
        self._parallel = parallel
        self._indexes: dict[tuple[str, int], int] = {}
        self._nameless: set[int] = set()
        self._complete = 0
        self._incomplete = 0

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """Pass these events on. Once the parser says that the rest is made up, the reply ends."""
        out: list[Event] = []
        parser = self._parser
        for event in events:
            if self.ended:
                break
            if type(event) is ContentDelta:
                out += self._numbered("read", parser.feed(event.text)) if parser else (event,)
                continue
            match event:
                case ReasoningDelta():
                    if parser:
                        parser.reasoning_is_apart(event.text)
                    out.append(event)
                case ToolCallStart() | ToolCallArgsDelta() | ToolCallEnd():
                    if parser:
                        parser.calls_are_apart()
                    out += self._numbered("made", (event,))
                case Finish():
                    out += self._end(event)
                case Error():
                    out += self._rest("cut")
                    out.append(event)
                    self.ended = True
                case _:
                    out.append(event)
        if parser and parser.ended and not self.ended:
            out += self._end(Finish("stop"))
        return merged(out) if len(out) > 1 else out

    def finish(self) -> list[Event]:
        """No more events will come. A reply without an end of its own is an error of its reader's."""
        if self.ended:
            return []
        self.ended = True
        return list(self._rest("cut"))

    def _rest(self, cause: Cause) -> Sequence[Event]:
        """What the parser held."""
        return self._numbered("read", self._parser.finish(cause)) if self._parser else ()

    def _end(self, finish: Finish) -> list[Event]:
        out = self._rest(_CAUSES.get(finish.reason, "cut"))
        self.ended = True
        reason = finish.reason
        if reason in ("stop", "tool_calls"):
            # Ollama and LM Studio say stop after calls, others tool_calls without one. And a call that was cut or
            # broken may have left already: whoever reads the reason must not run it.
            reason = "tool_calls" if self._complete and not self._incomplete else "stop"
        return [*out, finish if reason == finish.reason else Finish(reason, finish.usage, finish.extra)]

    def _exceeds(self, source: str, event: ToolCallStart | ToolCallArgsDelta | ToolCallEnd) -> bool:
        """Whether it is of a call too many: Ollama, for one, makes several where the client wants one at a time."""
        return not self._parallel and bool(self._indexes) and (source, event.index) not in self._indexes

    def _numbered(self, source: str, events: Sequence[Event]) -> Sequence[Event]:
        if len(events) == 1 and type(events[0]) is ContentDelta:
            return events
        out: list[Event] = []
        for event in events:
            match event:
                case ToolCallStart() | ToolCallArgsDelta() | ToolCallEnd() if self._exceeds(source, event):
                    pass
                case ToolCallStart(index, call_id, name):
                    number = self._indexes[source, index] = len(self._indexes)
                    if not name:
                        self._nameless.add(number)
                    out.append(ToolCallStart(number, call_id, name))
                case ToolCallArgsDelta(index, piece):
                    out.append(ToolCallArgsDelta(self._indexes[source, index], piece))
                case ToolCallEnd(index=index):
                    number = self._indexes[source, index]
                    # Nobody can execute a call without a name.
                    outcome = "broken" if number in self._nameless else event.outcome
                    self._complete += outcome == "complete"
                    self._incomplete += outcome != "complete"
                    out.append(ToolCallEnd(number, outcome, event.tolerances))
                case _:
                    out.append(event)
        return out


@dataclass(frozen=True, slots=True)
class _Held:
    """A frame, what it said, and what goes out of that."""

    frame: Frame
    events: Sequence[Event]
    out: Sequence[Event]


class StreamTranslator:
    """One reply from a backend's wire to a client's, as it comes or in one piece.

    `request` is the client's own, as `read_request` gave it: whether it asked for a stream and for usage decides what
    is written. Without one, the reply is written as a stream for `model`. `stream` says whether the backend streams.
    With a `parser`, content is read for calls. Where both wires are the same, frames that it leaves alone go out as the
    bytes they came in, and of the others only text and calls are rewritten; `keeps_frames` false writes them all anew,
    those of one read as one, which costs less. `notes`: an error in mid-stream is said as `Wire.writer` tells.
    """

    def __init__(
        self,
        source: str,
        target: str,
        *,
        parser: ReplyParser | None = None,
        model: str | None = None,
        request: ChatRequest | None = None,
        stream: bool = True,
        keeps_frames: bool = True,
        notes: bool = False,
        limits: Limits | None = None,
        clock: Clock = time.time,
        ids: Ids = new_call_id,
    ) -> None:
        asked = request or ChatRequest(model or "", stream=stream, include_usage=True, source=target)
        self.begun = False
        """Whether the backend's first complete frame has been read: before it, nothing may be promised to a client."""
        self.ended = False
        """Whether the reply is over; what else comes is not part of it."""
        self.cut = False
        """Whether it was ended here, ahead of the backend, which may as well stop."""
        self.end: Finish | Error | None = None
        """How it ended."""
        self._target = wire(target)
        self._reader = wire(source, "reader").reader(stream=stream, limits=limits or Limits(), clock=clock, ids=ids)
        self._writer = self._target.writer(request=asked, clock=clock, ids=ids, notes=notes)
        self._stage = ReplyStage(parser, parallel=asked.parallel)
        self._last: list[_Held] = []
        """The last frames, held until the end is known (see `_frame`)."""
        self._streams = asked.stream
        self._whole_calls = target in _WHOLE_CALLS
        self._pieces: dict[int, list[Event]] = {}
        """The pieces of calls that have not ended, by index."""
        self._keeps_frames = (
            keeps_frames
            and source == target
            and rewrites(self._target)
            and parser is not None
            and asked.stream == stream
        )
        self._writes = asked.stream != stream or not self._keeps_frames

    def feed(self, data: bytes) -> bytes:
        """Translate what these bytes of the backend complete."""
        if self._keeps_frames:
            return b"".join(map(self._frame, self._reader.frames(data)))
        if self.ended:
            return b""
        events = self._reader.feed(data)
        self.begun = self.begun or bool(events)
        return self._write(events)

    def finish(self) -> bytes:
        """The backend's bytes ended. Where the reply had not, that is an error in the client's wire."""
        out = b""
        if self._keeps_frames:
            out += b"".join(map(self._frame, self._reader.rest()))
        if not self.ended:
            end = self._write(self._reader.finish())
            # A reply in one piece that breaks off is an error and nothing else.
            out = out + end if self._streams else b""
        return out + (self._writer.finish() if self._writes else b"")

    def fail(self, error: Error) -> bytes:
        """The backend's connection failed: what was held is released, and the error ends the reply."""
        return b"" if self.ended else self._write([error])

    def _write(self, events: list[Event]) -> bytes:
        """What the writer makes of these events of the backend."""
        out = self._stage.feed(events)
        self._note(events, out)
        if self._last and type(self.end) is Finish and (said := self._closed(events, out)):
            return said + self._target.STREAM_END
        self._writes = True
        return self._released() + self._writer.feed(out)

    def _frame(self, frame: Frame) -> bytes:
        """A frame as it came, or with its text and calls replaced.

        OpenAI's reason and usage stand in chunks ahead of the `[DONE]` that ends the reply, and only there the true
        reason is known, and the text that was held. So the frames from the reason on wait, to be mended in that.
        """
        if self.ended:
            return b""
        events = self._reader.read(frame)
        out = self._as_said(events, self._gathered(self._stage.feed(events)))
        self.begun = True
        self._note(events, out)
        if self.end is None:
            self._tell(out)
            if not self._reader.closing:
                return frame.raw if out == events else self._mended(_Held(frame, events, out))
            said = self._released() if events else b""
            self._last.append(_Held(frame, events, out))
            return said + (self._mended(self._last.pop(0)) if len(self._last) > _HELD else b"")
        if type(self.end) is Finish and not self.cut:
            if self._last:
                if said := self._closed(events, out):
                    return said + frame.raw
            elif (changed := self._changed(_Held(frame, events, out))) is not None:
                return changed
        # The end is ours to write: the frame holds none, or bytes that are no frame at all.
        self._writes = True
        return self._released() + self._writer.feed(out)

    def _mended(self, held: "_Held") -> bytes:
        """A frame with what was changed, or as it came: it said nothing that could change."""
        changed = self._changed(held)
        return held.frame.raw if changed is None else changed

    def _changed(self, held: "_Held") -> bytes | None:
        """A frame with what was changed, as it came if nothing was; None where it has no place for the change."""
        return held.frame.raw if held.out == held.events else self._target.rewrite(held.frame, held.out)

    def _as_said(self, events: Sequence[Event], out: list[Event]) -> list[Event]:
        """The events, with the backend's own reason where it is the same word on this wire: Ollama's has few."""
        said, end = (one[-1] if one else None for one in (events, out))
        if isinstance(said, Finish) and isinstance(end, Finish) and said.reason != end.reason:
            wire = self._target
            return [*out[:-1], said] if wire.word(said.reason) == wire.word(end.reason) else out
        return out

    def _released(self) -> bytes:
        """The frames that were held, without what the end would have said."""
        return b"".join(map(self._mended, self._drained()))

    def _closed(self, events: Sequence[Event], out: Sequence[Event]) -> bytes:
        """The frames that were held, with what the end says besides; the empty string if none of them can hold it."""
        if out == events:
            return self._released()
        first, *rest = self._drained()
        said = self._target.rewrite(first.frame, [*first.out, *out])
        return b"" if said is None else b"".join([said, *map(self._mended, rest)])

    def _drained(self) -> "list[_Held]":
        held, self._last = self._last, []
        return held

    def _gathered(self, out: list[Event]) -> list[Event]:
        """The events, with the pieces of a call held until it ends on a wire whose frames hold whole calls only."""
        if not self._whole_calls or not (self._pieces or any(type(event) is ToolCallStart for event in out)):
            return out
        gathered: list[Event] = []
        for event in out:
            if isinstance(event, ToolCallStart | ToolCallArgsDelta | ToolCallEnd):
                pieces = self._pieces.setdefault(event.index, [])
                pieces.append(event)
                if isinstance(event, ToolCallEnd):
                    gathered += self._pieces.pop(event.index)
            else:
                gathered.append(event)
        return merged(gathered)

    def _tell(self, out: Sequence[Event]) -> None:
        """Let the writer know what has gone out without it: it may have to go on from there."""
        if not self._streams:
            self._writer.feed(out)
        elif any(map(_TOLD.__contains__, map(type, out))):
            self._writer.feed([event for event in out if type(event) in _TOLD])

    def _note(self, events: Sequence[Event], out: Sequence[Event]) -> None:
        end = out[-1] if out else None
        if type(end) is Finish or type(end) is Error:
            self.ended = True
            self.cut = not isinstance(events[-1], Finish | Error)
            self.end = end


def read_request(body: Mapping[str, Any], source: str, *, budget: Budget | None = None) -> ChatRequest:
    """A chat body of this wire. Raises `RequestError`, with a message that says what to mend.

    What is done for one request draws from one budget (`toolbridge.budget`); without one, each step has its own.
    """
    return wire(source).read_request(body, budget)


def write_request(request: ChatRequest, target: str) -> dict[str, Any]:
    """The chat body that a backend of this wire takes."""
    return wire(target, "write_request").write_request(request)


def translate_request(body: Mapping[str, Any], source: str, target: str) -> dict[str, Any]:
    """A chat body of one wire as one of another."""
    return write_request(read_request(body, source), target)


def translate_reply(body: Mapping[str, Any], source: str, target: str) -> dict[str, Any]:
    """A reply in one piece of one wire as one of another; an error body where it is none that can be read."""
    translator = StreamTranslator(source, target, request=ChatRequest(_model(body), source=target), stream=False)
    out = translator.feed(json.dumps(body).encode()) + translator.finish()
    translated: dict[str, Any] = json.loads(out)
    return translated


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    return model if isinstance(model, str) else ""


def copied_examples(request: ChatRequest, *, budget: Budget | None = None) -> tuple[ToolCall, ...]:
    """The example's calls whose values the conversation does not hold: a reply that makes them has copied them."""
    told = "\n".join(message.content for message in request.messages)
    chosen = choosable(request.tools, request.tool_choice)
    return tuple(
        call
        for call in example_calls(chosen, parallel=request.parallel, budget=budget)
        if call.arguments and not any(str(value) in told for value in call.arguments.values())
    )
