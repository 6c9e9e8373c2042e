"""Translates a reply from a backend's wire to a client's, as the reply comes or in one piece."""

import time
from collections.abc import Mapping

from toolbridge.checks.tool_checks import ToolChecks
from toolbridge.events import Error, Event, Finish
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.reply_parser import ReplyParser, new_call_id
from toolbridge.translate.durations import Durations
from toolbridge.translate.frame_keeper import FrameKeeper
from toolbridge.translate.outcome import Outcome
from toolbridge.translate.stage import ReplyStage
from toolbridge.translate.watch import Watch
from toolbridge.wire import Clock, Ids, Reader, Writer, backend_wire, wire


class StreamTranslator:
    """Translates one reply from a backend's wire to a client's, as the reply comes or in one piece.

    `request` is the client's own, as `read_request` gave it. The reply is a stream if the client asked for a stream,
    and has usage if the client asked for usage. Without a request, the reply is written as a stream for `model`.
    `stream` is true if the backend streams. With a `parser`, content is read for calls. With `checks`, calls are held
    to the schemas of their tools. `notes` is explained by `wire.ReplyContext`. With `measures`, a reply to a wire that
    tells durations gets those that its backend does not tell, measured from now on by the clock. A `watch` sees the
    events that go to the client.

    Where both wires are the same, frames that the parser does not change go out as the bytes that came, and only text
    and calls of other frames are rewritten. If `keeps_frames` is false, all frames are written anew, and those that
    came in the same read become a single frame, which costs less.
    """

    def __init__(
        self,
        source: str,
        target: str,
        *,
        parser: ReplyParser | None = None,
        checks: ToolChecks | None = None,
        model: str | None = None,
        request: ChatRequest | None = None,
        stream: bool = True,
        keeps_frames: bool = True,
        notes: bool = False,
        measures: bool = False,
        watch: Watch | None = None,
        limits: Limits | None = None,
        clock: Clock = time.time,
        ids: Ids = new_call_id,
    ) -> None:
        request = request or ChatRequest(model or "", stream=stream, include_usage=True, source=target)
        backends = backend_wire(source)
        reader = backends.reader(stream=stream, limits=limits or Limits(), ids=ids)
        self._reader = reader
        writer = wire(target).writer(request=request, clock=clock, ids=ids, notes=notes)
        self._stage = stage = ReplyStage(parser, parallel=request.parallel, checks=checks)
        self._outcome = outcome = Outcome(watch=watch)
        reads = parser is not None or checks is not None
        may_keep = keeps_frames and source == target and reads and request.stream == stream
        self._way: FrameKeeper | _NewFrames
        if may_keep and backends.rewrite is not None:
            self._way = FrameKeeper(
                backends, backends.rewrite, reader=reader, stage=stage, writer=writer, outcome=outcome, streams=stream
            )
        else:
            untold = wire(target).tells_durations and not backends.tells_durations
            durations = Durations(clock, stream=stream) if measures and untold else None
            self._way = _NewFrames(reader, stage, writer, outcome, durations)

    @property
    def as_asked(self) -> bool:
        """Whether the backend's reply comes in the form that was asked for: as a stream, or in one piece."""
        return self._reader.as_asked

    @property
    def begun(self) -> bool:
        """Whether the backend's first complete frame has been read. Before that, the reply may still be an error."""
        return self._outcome.begun

    @property
    def spoke(self) -> bool:
        """Whether more has been read than a frame that only begins the reply, as llama.cpp sends ahead of an error."""
        return self._outcome.spoke

    @property
    def ended(self) -> bool:
        """Whether the reply is over; further bytes are not a part of it."""
        return self._outcome.ended

    @property
    def cut(self) -> bool:
        """Whether the reply was ended here before the backend ended it, which may then be stopped."""
        return self._outcome.cut

    @property
    def changes(self) -> Mapping[str, int]:
        """What was changed in calls so far, and how many of them are `invalid`, by words (see `checks`)."""
        return self._stage.changes

    @property
    def end(self) -> Finish | Error | None:
        """The event that ended the reply."""
        return self._outcome.end

    def feed(self, data: bytes) -> bytes:
        """Translate the frames that these bytes of the backend complete."""
        return self._way.feed(data)

    def finish(self) -> bytes:
        """The last bytes, once the backend's have ended: an error in the client's wire if the reply had not ended."""
        return self._way.finish()

    def fail(self, error: Error) -> bytes:
        """The last bytes, if the backend's connection failed: the text that was held, and then the error."""
        return b"" if self._outcome.ended else self._way.fail(error)


class _NewFrames:
    """Takes the bytes of a backend and gives those for the client: all frames are written anew."""

    def __init__(
        self, reader: Reader, stage: ReplyStage, writer: Writer, outcome: Outcome, durations: Durations | None = None
    ) -> None:
        self._reader = reader
        self._stage = stage
        self._writer = writer
        self._outcome = outcome
        self._durations = durations

    def feed(self, data: bytes) -> bytes:
        """Translate the frames that these bytes complete."""
        if self._outcome.ended:
            return b""
        events = self._reader.feed(data)
        self._outcome.begun = self._outcome.begun or bool(events)
        return self._write(events)

    def finish(self) -> bytes:
        """The last bytes, once the backend's have ended."""
        out = b"" if self._outcome.ended else self._write(self._reader.finish())
        return out + self._writer.finish()

    def fail(self, error: Error) -> bytes:
        """The last bytes, if the backend's connection failed."""
        return self._write([error])

    def _write(self, events: list[Event]) -> bytes:
        out = self._stage.feed(events)
        self._outcome.note(events, out)
        return self._writer.feed(out if self._durations is None else self._durations.timed(out))
