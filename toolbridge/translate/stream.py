"""One reply from a backend's wire to a client's, as it comes or in one piece."""

import time

from toolbridge.events import Error, Event, Finish
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.reply_parser import ReplyParser, new_call_id
from toolbridge.translate.frame_keeper import FrameKeeper
from toolbridge.translate.outcome import Outcome
from toolbridge.translate.stage import ReplyStage
from toolbridge.wire import Clock, Ids, Reader, Writer, backend_wire, wire


class StreamTranslator:
    """One reply from a backend's wire to a client's, as it comes or in one piece.

    `request` is the client's own, as `read_request` gave it: whether it asked for a stream and for usage decides what
    is written. Without a request, the reply is written as a stream for `model`. `stream` says whether the backend
    streams. With a `parser`, content is read for calls. Where both wires are the same, frames that it leaves alone go
    out as the bytes they came in, and of the others only text and calls are rewritten; `keeps_frames` false writes
    them all anew, those of one read as one, which costs less. `notes`: an error in mid-stream is said as
    `wire.ReplyContext` tells.
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
        spoken = backend_wire(source)
        reader = spoken.reader(stream=stream, limits=limits or Limits(), ids=ids)
        writer = wire(target).writer(request=asked, clock=clock, ids=ids, notes=notes)
        stage = ReplyStage(parser, parallel=asked.parallel)
        self._outcome = outcome = Outcome()
        may_keep = keeps_frames and source == target and parser is not None and asked.stream == stream
        self._way: FrameKeeper | _Anew
        if may_keep and spoken.rewrite is not None:
            self._way = FrameKeeper(
                spoken, spoken.rewrite, reader=reader, stage=stage, writer=writer, outcome=outcome, streams=stream
            )
        else:
            self._way = _Anew(reader, stage, writer, outcome)

    @property
    def begun(self) -> bool:
        """Whether the backend's first complete frame has been read: before it, nothing may be promised to a client."""
        return self._outcome.begun

    @property
    def ended(self) -> bool:
        """Whether the reply is over; what else comes is not part of it."""
        return self._outcome.ended

    @property
    def cut(self) -> bool:
        """Whether it was ended here, ahead of the backend, which may as well stop."""
        return self._outcome.cut

    @property
    def end(self) -> Finish | Error | None:
        """How it ended."""
        return self._outcome.end

    def feed(self, data: bytes) -> bytes:
        """Translate what these bytes of the backend complete."""
        return self._way.feed(data)

    def finish(self) -> bytes:
        """The backend's bytes ended. Where the reply had not, that is an error in the client's wire."""
        return self._way.finish()

    def fail(self, error: Error) -> bytes:
        """The backend's connection failed: what was held is released, and the error ends the reply."""
        return b"" if self._outcome.ended else self._way.fail(error)


class _Anew:
    """Bytes in, bytes out: every reply is read and written anew."""

    def __init__(self, reader: Reader, stage: ReplyStage, writer: Writer, outcome: Outcome) -> None:
        self._reader = reader
        self._stage = stage
        self._writer = writer
        self._outcome = outcome

    def feed(self, data: bytes) -> bytes:
        """Translate what these bytes complete."""
        if self._outcome.ended:
            return b""
        events = self._reader.feed(data)
        self._outcome.begun = self._outcome.begun or bool(events)
        return self._write(events)

    def finish(self) -> bytes:
        """The backend's bytes ended."""
        out = b"" if self._outcome.ended else self._write(self._reader.finish())
        return out + self._writer.finish()

    def fail(self, error: Error) -> bytes:
        """The backend's connection failed."""
        return self._write([error])

    def _write(self, events: list[Event]) -> bytes:
        out = self._stage.feed(events)
        self._outcome.note(events, out)
        return self._writer.feed(out)
