"""`/api/generate` replies: those of a chat with the text as `response`."""

from typing import Any

import pytest

from toolbridge.events import ContentDelta, Error, Finish, ReasoningDelta, ReplyStart, Usage
from toolbridge.messages import ChatRequest
from toolbridge.wire import wire
from toolbridge.wire.generate.read_request import NAME

START = ReplyStart(created=0.0)


def write(*events: Any, stream: bool) -> bytes:
    writer = wire(NAME).writer(request=ChatRequest("m", stream=stream), clock=lambda: 0.0, ids=str)
    return writer.feed(events) + writer.finish()


def test_a_stream_has_its_text_as_response() -> None:
    written = write(START, ReasoningDelta("Hm."), ContentDelta("a\u2028b"), Finish("stop", Usage(1, 2)), stream=True)
    head = '{"model":"m","created_at":"1970-01-01T00:00:00Z"'
    assert written.decode().split("\n") == [
        f'{head},"response":"","thinking":"Hm.","done":false}}',
        f'{head},"response":"a\u2028b","done":false}}',
        f'{head},"response":"","done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}}',
        "",
    ]


def test_a_reply_in_one_piece_has_it_too() -> None:
    assert write(START, ContentDelta("a"), Finish("load"), stream=False) == (
        b'{"model":"m","created_at":"1970-01-01T00:00:00Z","response":"a","done":true,"done_reason":"load"}'
    )


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_is_written_as_every_other_of_ollamas(stream: bool) -> None:
    assert write(START, Error("no"), stream=stream).strip() == b'{"error":"no"}'
