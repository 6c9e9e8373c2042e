"""What servers of Anthropic's wire send."""

import json
from typing import Any

import pytest

from tests.wire.exchanges import events_of, reader
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    ReasoningDelta,
    ReasoningEnd,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
)
from toolbridge.limits import Limits


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}\n\n".encode()


START = event("message_start", message={"id": "msg_1", "model": "m", "content": []})
STOP = event("message_stop")


def block(*deltas: dict[str, Any], index: int = 0, **start: Any) -> bytes:
    out = event("content_block_start", index=index, content_block=start)
    out += b"".join(event("content_block_delta", index=index, delta=delta) for delta in deltas)
    return out + event("content_block_stop", index=index)


def partial(text: str) -> dict[str, str]:
    return {"type": "input_json_delta", "partial_json": text}


def end(reason: str | None = "end_turn", usage: Any = None, **more: Any) -> bytes:
    return event("message_delta", delta={"stop_reason": reason} | more, usage=usage or {}) + STOP


def read(*parts: bytes, **options: Any) -> list[Event]:
    return events_of("anthropic", parts, **options)


def failed(events: list[Event]) -> str:
    error = events[-1]
    assert isinstance(error, Error)
    return error.message


def test_pings_blocks_of_other_kinds_and_empty_texts_say_nothing() -> None:
    other = block({"type": "x_delta"}, type="web_search_tool_result", index=1)
    text = block({"type": "text_delta", "text": ""}, {"type": "text_delta", "text": "Hi"}, type="text", text="")
    events = read(START, event("ping"), other, text, event("later"), end())
    assert events[1:-1] == [ContentDelta("Hi")]


def test_usage_is_that_of_the_start_with_what_the_end_says() -> None:
    start = event("message_start", message={"usage": {"input_tokens": 5, "cache_read_input_tokens": 20}})
    finish = read(start, end(usage={"output_tokens": 7, "input_tokens": None}))[-1]
    assert isinstance(finish, Finish)
    assert finish.usage == Usage(25, 7)
    assert finish.extra["usage"] == {"input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 7}
    assert isinstance(read(START, end())[-1], Finish)
    assert collect(read(START, end())).usage is None


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("tool_use", "stop"),
        ("new_word", "stop"),
    ],
)
def test_reasons(word: str, reason: str) -> None:
    assert collect(read(START, end(word))).finish_reason == reason


def test_a_call_is_read_piece_by_piece() -> None:
    call = block(partial('{"a"'), partial(":1}"), type="tool_use", id="t1", name="f", input={})
    assert read(START, call, end("tool_use"))[1:-1] == [
        ToolCallStart(0, "t1", "f"),
        ToolCallArgsDelta(0, '{"a":1}'),
        ToolCallEnd(0),
    ]
    one = reader("anthropic")
    pieces = [found for part in (START + call).split(b"\n\n") for found in one.feed(part + b"\n\n")]
    assert [found.json for found in pieces if isinstance(found, ToolCallArgsDelta)] == ['{"a"', ":1}"]


def test_arguments_may_stand_in_the_start_of_a_call() -> None:
    reply = collect(read(START, block(type="tool_use", id="t1", name="f", input={"b": 2**70, "a": 1}), end("tool_use")))
    assert reply.tool_calls[0].arguments_json == '{"b":1180591620717411303424,"a":1}'
    assert collect(read(START, block(type="tool_use", name="f"), end("end_turn"))).finish_reason == "tool_calls"


@pytest.mark.parametrize(("word", "outcome"), [("max_tokens", "truncated"), ("tool_use", "broken")])
def test_a_call_that_is_not_whole_is_what_the_reason_says(word: str, outcome: str) -> None:
    events = read(START, block(partial('{"a'), type="tool_use", id="t1", name="f"), end(word))
    assert events[-2] == ToolCallEnd(0, outcome)  # type: ignore[arg-type] # of the three words
    assert collect(events).finish_reason == ("length" if word == "max_tokens" else "stop")


def test_thinking_has_a_signature_or_not() -> None:
    thought = {"type": "thinking_delta", "thinking": "Hm."}
    sealed = block(thought, {"type": "signature_delta", "signature": "s"}, type="thinking", thinking="", signature="")
    assert read(START, sealed, end())[1:-1] == [ReasoningDelta("Hm."), ReasoningEnd("s")]
    assert read(START, block(thought, type="thinking"), end())[1:-1] == [ReasoningDelta("Hm.")]


def test_an_error_keeps_its_kind_and_has_the_status_of_it() -> None:
    error = event("error", error={"type": "overloaded_error", "message": "busy"})
    assert read(START, error)[-1] == Error("busy", "overloaded_error", 529)
    assert read(b'data: {"error": "out of memory"}\n\n')[-1] == Error("out of memory")
    body = b'{"type":"error","error":{"type":"not_found_error","message":"no such model"}}'
    assert read(body, stream=False) == [Error("no such model", "not_found_error", 404)]


def test_a_stream_without_its_last_event_is_whole_once_it_has_a_reason() -> None:
    assert collect(read(START, end().removesuffix(STOP))).finish_reason == "stop"
    assert failed(read(START, block(type="text", text="Hi"))).endswith("it ended without a stop reason")
    assert failed(read(STOP)) == "the backend ended its reply before it began"


def test_the_end_of_a_stream_can_be_read_alone() -> None:
    delta = event("content_block_delta", index=4, delta=partial("1}"))
    finish = read(
        delta, event("content_block_stop", index=4), end("tool_use", {"input_tokens": 3, "output_tokens": 4})
    )[-1]
    assert isinstance(finish, Finish)
    assert finish.usage == Usage(3, 4)


def test_a_call_that_breaks_off_ends_before_the_error() -> None:
    started = block(partial('{"a'), type="tool_use", id="t1", name="f").partition(b"event: content_block_stop")[0]
    assert read(START, started)[-2:] == [
        ToolCallEnd(0, "truncated"),
        Error("the backend's reply broke off: it ended without a stop reason"),
    ]


def test_a_message_is_read_whole_and_its_arguments_with_all_digits() -> None:
    message = {
        "type": "message",
        "id": "msg_1",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "text", "text": "Yes."},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"n": 2**70}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    for stream in (True, False):
        events = read(json.dumps(message).encode(), stream=stream)
        assert isinstance(events[0], ReplyStart)
        assert events[1:-1] == [
            ReasoningDelta("Hm."),
            ReasoningEnd("s"),
            ContentDelta("Yes."),
            ToolCallStart(0, "t1", "f"),
            ToolCallArgsDelta(0, '{"n":1180591620717411303424}'),
            ToolCallEnd(0),
        ]
        assert collect(events).finish_reason == "tool_calls"


def test_a_message_without_content_is_an_empty_reply() -> None:
    assert collect(read(b'{"type":"message","content":null,"stop_reason":"end_turn"}', stream=False)).content == ""


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (event("message_start", message=5), "a message that is no object"),
        (event("content_block_start", index=0, content_block=5), "a content block that is no object"),
        (event("content_block_delta", index=0, delta=5), "a delta that is no object"),
        (event("content_block_delta", index=0, delta={"type": "text_delta", "text": 5}), "content that is no text"),
        (event("content_block_delta", index=0, delta=partial(5)), "arguments that are no text"),  # type: ignore[arg-type] # wrong on purpose
        (b'data: {"type":"message","content":5}\n\n', "content that is no list of blocks"),
    ],
)
def test_what_is_of_a_wrong_type_is_an_error(part: bytes, says: str) -> None:
    assert failed(read(START, part)) == f"the backend sent {says}"


def test_a_call_over_the_limit_is_an_error() -> None:
    events = read(START, block(partial("x" * 99), type="tool_use", name="f"), limits=Limits(call=50))
    assert "limits.call" in failed(events)
