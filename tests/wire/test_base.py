"""The value that a wire is: what follows from its fields, and what a reply is written with."""

import math
from collections.abc import Iterable

import pytest

from toolbridge.events import ContentDelta, Event, Finish, ReplyStart
from toolbridge.frames import NdjsonFrames, SseFrames
from toolbridge.messages import ChatRequest
from toolbridge.wire import ReplyContext, Wire, Writer

NOW = 1787335200.5


def context(*, stream: bool = True) -> ReplyContext:
    return ReplyContext(ChatRequest("m", stream=stream), clock=lambda: NOW, ids=lambda: "call_new1")


class Spoken:
    """A writer that says how many events it got."""

    def __init__(self, context: ReplyContext) -> None:
        self.context = context

    def feed(self, events: Iterable[Event]) -> bytes:
        return b"%d." % len(list(events))

    def finish(self) -> bytes:
        return b"end"


def composed(events: list[Event], context: ReplyContext) -> bytes:
    return f"{len(events)} events for {context.request.model}, notes: {context.notes}".encode()


def a_wire(frames: type[NdjsonFrames] | type[SseFrames] = SseFrames) -> Wire:
    return Wire(
        name="made.up",
        title="x",
        path="/made/up",
        frames=frames,
        whole_type="application/json",
        read_request=lambda body, budget=None: ChatRequest("m"),
        stream_writer=Spoken,
        compose=composed,
        word=str.upper,
        write_error=lambda error: error.message.encode(),
    )


def a_writer(*, stream: bool, notes: bool = False) -> Writer:
    return a_wire().writer(
        request=ChatRequest("m", stream=stream), clock=lambda: NOW, ids=lambda: "call_new1", notes=notes
    )


def test_a_streamed_reply_is_written_as_it_comes() -> None:
    writer = a_writer(stream=True, notes=True)
    assert isinstance(writer, Spoken)
    assert writer.context.notes
    assert writer.feed([ContentDelta("a"), ContentDelta("b")]) == b"2."
    assert writer.finish() == b"end"


def test_a_reply_in_one_piece_is_written_at_its_end() -> None:
    writer = a_writer(stream=False, notes=True)
    assert writer.feed([ReplyStart(), ContentDelta("a")]) == b""
    assert writer.feed([Finish()]) == b""
    assert writer.finish() == b"3 events for m, notes: True"


def test_the_content_type_of_a_stream_is_that_of_its_frames() -> None:
    assert a_wire(SseFrames).stream_type == "text/event-stream"
    assert a_wire(NdjsonFrames).stream_type == "application/x-ndjson"


@pytest.mark.parametrize(
    ("named", "created"),
    [
        (1.9, 1),
        (0, 0),
        (-5.0, -5),
        (2**53 - 1, 2**53 - 1),
        (None, int(NOW)),
        (2**53, int(NOW)),
        (-(2**53), int(NOW)),
        (math.inf, int(NOW)),
        (math.nan, int(NOW)),
    ],
)
def test_a_reply_began_when_its_backend_says_so_if_that_can_be_a_time(named: float | None, created: int) -> None:
    assert context().created(ReplyStart(created=named)) == created


def test_a_new_id_has_the_prefix_of_its_kind_alone() -> None:
    assert context().new_id("resp_") == "resp_new1"
    assert ReplyContext(ChatRequest("m"), lambda: NOW, lambda: "other7").new_id("msg_") == "msg_other7"
