"""Replies of `/v1/responses`, read: by the library, and as the judge of what is written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import EXCHANGES, Exchange, events_of, pieces, written
from tests.wire.responses.test_exchanges import golden
from tests.wire.responses.test_write_reply import CALL, START
from tests.wire.responses.test_write_reply import whole as whole_of
from tests.wire.responses.test_write_reply import written as stream_of
from tests.wire.test_exchanges import replies
from tests.wires import NAMES
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Reply,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
    merged,
)
from toolbridge.limits import Limits
from toolbridge.translate import translate_reply

WEATHER = ToolCall("get_weather", '{"city":"Oslo"}', "call_a1b2c3d4")
CALLED = Reply(reasoning="Use the tool.", tool_calls=(WEATHER,), finish_reason="tool_calls", usage=Usage(26, 12))
SAID = {
    "stream_function": CALLED,
    "stream_recommended": CALLED,
    "stream_text": Reply("Hi", finish_reason="stop", usage=Usage(26, 12)),
}


def on_the_wire(events: list[dict[str, Any]]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def read(data: bytes, *, stream: bool = True, size: int = 1 << 20) -> list[Event]:
    return events_of("responses", pieces(data, size), stream=stream)


@pytest.mark.parametrize("size", [1, 7, 11, 1 << 20])
@pytest.mark.parametrize("name", SAID)
def test_a_golden_stream_is_read_in_pieces_of_any_size(name: str, size: int) -> None:
    data = on_the_wire(golden(name)[1])
    assert collect(read(data, size=size)) == SAID[name]
    assert read(data, size=size) == read(data)


@pytest.mark.parametrize("name", SAID)
def test_the_response_at_the_end_of_a_golden_stream_reads_the_same(name: str) -> None:
    response = json.dumps(golden(name)[1][-1]["response"]).encode()
    assert collect(read(response, stream=False, size=7)) == SAID[name]
    # A server may answer in one piece where a stream was asked for.
    assert collect(read(response, size=7)) == SAID[name]


@pytest.mark.parametrize("one", EXCHANGES, ids=lambda one: one.name)
def test_a_golden_reply_of_another_wire_comes_back(one: Exchange) -> None:
    events = events_of(one.wire, [one.reply], stream=one.stream)
    reply = collect(events)
    again = collect(read(written("responses", events)))
    assert (again.content, again.reasoning, again.tool_calls) == (reply.content, reply.reasoning, reply.tool_calls)
    assert (again.error is None) == (reply.error is None)
    if not reply.error:
        assert again == collect(read(written("responses", events, stream=False), stream=False))


@given(st.data(), st.integers(1, 60))
def test_what_is_written_is_read_back(data: st.DataObject, size: int) -> None:
    events = data.draw(replies("openai"))
    assert collect(read(stream_of(*events), size=size)) == collect(events)
    assert collect(read(json.dumps(whole_of(*events)).encode(), stream=False)) == collect(events)


def test_calls_side_by_side_keep_their_pieces() -> None:
    second: list[Event] = [ToolCallStart(1, "call_2", "g"), ToolCallArgsDelta(1, "{}"), ToolCallEnd(1)]
    first, *rest = second
    events = read(stream_of(START, CALL[0], first, *CALL[1:], *rest, Finish("tool_calls")))
    assert collect(events).tool_calls == (ToolCall("f", '{"a":1}', "call_1"), ToolCall("g", "{}", "call_2"))


@pytest.mark.parametrize(("reason", "outcome"), [("length", "truncated"), ("stop", "broken")])
def test_a_call_that_is_not_whole_ends_as_the_response_does(reason: str, outcome: str) -> None:
    events = read(stream_of(START, *CALL[:2], ToolCallEnd(0, "broken"), Finish(reason)))
    assert [event.outcome for event in events if isinstance(event, ToolCallEnd)] == [outcome]
    assert events[-1] == Finish(reason, Usage(0, 0))


def test_a_stream_without_its_last_event_is_an_error() -> None:
    data = stream_of(START, ContentDelta("Par"), Finish())
    cut = data[: data.index(b"event: response.completed")]
    assert collect(read(cut)) == Reply(
        "Par", error=Error("the backend's reply broke off: it ended before its response did")
    )


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"type": "error", "message": "gone", "code": None}, "gone"),
        ({"type": "error", "error": {"message": "gone"}}, "gone"),
        ({"type": "response.failed", "response": {"status": "failed", "error": {"message": "gone"}}}, "gone"),
        ({"error": {"message": "gone"}}, "gone"),
        ([1], "JSON that is no object"),
        ({"type": "response.output_text.delta", "delta": 5}, "no text"),
    ],
)
def test_what_went_wrong_is_an_error(event: Any, message: str) -> None:
    (error,) = [one for one in read(b"data: " + json.dumps(event).encode() + b"\n\n") if isinstance(one, Error)]
    assert message in error.message


def test_a_call_over_the_limit_is_an_error() -> None:
    data = stream_of(START, *CALL, Finish("tool_calls"))
    assert "limits.call" in str(collect(events_of("responses", [data], limits=Limits(call=5))).error)


@pytest.mark.parametrize("target", NAMES)
def test_the_library_translates_a_response(target: str) -> None:
    out = translate_reply(
        whole_of(START, ContentDelta("Hi"), *CALL, Finish("length", Usage(3, 4))), "responses", target
    )
    reply = collect(events_of(target, [json.dumps(out).encode()], stream=False))
    assert (reply.content, reply.finish_reason, reply.usage) == ("Hi", "length", Usage(3, 4))
    assert [call.arguments for call in reply.tool_calls] == [{"a": 1}]


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=2)
)
KINDS = [
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.function_call_arguments.delta",
    "response.completed",
    "response.failed",
    "error",
]
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["function_call", "custom_tool_call", "message", "reasoning"]) | VALUES,
        "content": VALUES,
        "summary": VALUES,
        "arguments": VALUES,
        "name": VALUES,
        "call_id": VALUES,
        "status": VALUES,
    },
)
RESPONSE = st.fixed_dictionaries(
    {},
    optional={
        "object": st.just("response") | VALUES,
        "output": st.lists(ITEM | VALUES, max_size=3) | VALUES,
        "usage": VALUES,
        "error": VALUES,
        "incomplete_details": VALUES,
        "status": VALUES,
    },
)
EVENT = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(KINDS) | VALUES,
        "output_index": st.integers(0, 2) | VALUES,
        "item": ITEM | VALUES,
        "delta": VALUES,
        "response": RESPONSE | VALUES,
    },
)


@given(st.lists(EVENT | RESPONSE, max_size=6), st.booleans())
def test_any_events_come_to_an_end(bodies: list[Any], stream: bool) -> None:
    data = b"".join(b"data: " + json.dumps(body).encode() + b"\n\n" for body in bodies)
    events = read(data if stream else json.dumps(bodies[0] if bodies else {}).encode(), stream=stream)
    assert isinstance(events[-1], Finish | Error)
    assert events == merged(events)
    collect(events)
