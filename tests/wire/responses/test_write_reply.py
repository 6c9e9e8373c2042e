"""The events and responses that clients of `/v1/responses` get."""

import json
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import NOW
from tests.wire.responses.heard import events_of, heard
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Opaque,
    Outcome,
    ReasoningDelta,
    ReasoningEnd,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
)
from toolbridge.messages import ChatRequest
from toolbridge.wire import Writer, wire
from toolbridge.wire.responses.read_request import read_request

START = ReplyStart("chatcmpl-1", "backend's", 1787335200.0)
CALL = ToolCallStart(0, "call_1", "f"), ToolCallArgsDelta(0, '{"a":'), ToolCallArgsDelta(0, "1}"), ToolCallEnd(0)


def asked(**body: Any) -> ChatRequest:
    return read_request({"model": "m", "input": "hi", "stream": True} | body)


def writer(request: ChatRequest) -> Writer:
    numbers = count()
    return wire("responses").writer(request=request, clock=lambda: NOW, ids=lambda: f"call_new{next(numbers)}")


def written(*events: Event, **body: Any) -> bytes:
    one = writer(asked(**body))
    return one.feed(events) + one.finish()


def whole(*events: Event, **body: Any) -> Any:
    return json.loads(written(*events, stream=False, **body))


def test_text_in_its_order() -> None:
    out = heard(written(START, ContentDelta("H"), ContentDelta("i"), Finish("stop", Usage(1, 2))))
    assert out.kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert (out.status, out.text) == ("completed", "Hi")


def test_each_piece_of_text_leaves_at_once() -> None:
    one = writer(asked())
    one.feed([START, ContentDelta("H")])
    (event,) = events_of(one.feed([ContentDelta("i")]))
    assert event == {
        "type": "response.output_text.delta",
        "sequence_number": 5,
        "item_id": "msg_new0_0",
        "output_index": 0,
        "content_index": 0,
        "delta": "i",
        "logprobs": [],
    }


def test_arguments_leave_while_the_model_writes_them() -> None:
    one = writer(asked())
    one.feed([START, *CALL[:1]])
    (event,) = events_of(one.feed(CALL[1:2]))
    assert (event["type"], event["delta"]) == ("response.function_call_arguments.delta", '{"a":')


def test_reasoning_is_a_summary_of_one_part() -> None:
    out = heard(written(START, ReasoningDelta("h"), ReasoningDelta("m"), ReasoningEnd(), *CALL, Finish("tool_calls")))
    assert out.kinds[2:8] == [
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
    ]
    assert out.reasoning == "hm"
    assert "encrypted_content" not in out.output[0]


def test_reasoning_comes_sealed_to_those_who_ask() -> None:
    out = heard(written(ReasoningDelta("hm"), Finish(), include=["reasoning.encrypted_content"]))
    assert out.output[0]["encrypted_content"] == "hm"


def test_text_and_calls_are_items_in_the_order_they_were_written() -> None:
    out = heard(written(START, ContentDelta("a"), *CALL, ContentDelta("b"), Finish("tool_calls")))
    assert [item["type"] for item in out.output] == ["message", "function_call", "message"]
    assert out.calls == [("call_1", "f", '{"a":1}')]
    assert [item["id"] for item in out.output] == ["msg_new0_0", "fc_new0_1", "msg_new0_2"]


def test_calls_may_be_written_side_by_side() -> None:
    second = ToolCallStart(1, "call_2", "g"), ToolCallArgsDelta(1, "{}"), ToolCallEnd(1)
    out = heard(written(START, CALL[0], second[0], *CALL[1:], *second[1:], Finish("tool_calls")))
    assert out.calls == [("call_1", "f", '{"a":1}'), ("call_2", "g", "{}")]


def test_a_call_without_arguments_gets_empty_ones() -> None:
    out = heard(written(START, CALL[0], ToolCallEnd(0), Finish("tool_calls")))
    assert out.calls == [("call_1", "f", "{}")]


@pytest.mark.parametrize("outcome", ["truncated", "broken"])
@pytest.mark.parametrize("reason", ["stop", "tool_calls", "length"])
def test_a_call_that_is_not_whole_is_never_a_completed_one(outcome: Outcome, reason: str) -> None:
    events = START, *CALL[:2], ToolCallEnd(0, outcome), Finish(reason)
    out = heard(written(*events))
    assert (out.status, out.calls) == ("incomplete", [])
    assert out.output[0]["status"] == "incomplete"
    assert "response.function_call_arguments.done" not in out.kinds
    one = whole(*events)
    assert (one["status"], one["output"]) == ("incomplete", [])


def test_a_call_without_a_name_is_not_said_and_the_response_is_incomplete() -> None:
    nameless = ToolCallStart(0, "call_0", ""), ToolCallArgsDelta(0, "{"), ToolCallEnd(0, "broken")
    out = heard(written(START, *nameless, Finish("stop")))
    assert (out.status, out.output) == ("incomplete", [])


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        ("stop", "completed", None),
        ("load", "completed", None),
        ("length", "incomplete", {"reason": "max_output_tokens"}),
        ("content_filter", "incomplete", {"reason": "content_filter"}),
    ],
)
def test_the_reason_of_the_end(reason: str, status: str, details: Any) -> None:
    for response in (
        heard(written(ContentDelta("a"), Finish(reason))).response,
        whole(ContentDelta("a"), Finish(reason)),
    ):
        assert (response["status"], response["incomplete_details"]) == (status, details)
        assert response["output"][0]["status"] == status
        assert response["completed_at"] == (int(NOW) if status == "completed" else None)


def test_an_error_is_told_to_those_who_raise_and_to_those_who_look_at_events() -> None:
    message = "the request exceeds the available context size"
    out = heard(written(START, ContentDelta("Par"), *CALL[:2], Error(message, "api_error", 400)))
    assert out.error
    assert out.error["error"] == {
        "message": message,
        "type": "invalid_request_error",
        "param": None,
        "code": "context_length_exceeded",
    }
    assert (out.error["message"], out.error["code"]) == (message, "context_length_exceeded")
    assert out.response["error"] == {"code": "context_length_exceeded", "message": message}
    # What the error cut has no end.
    assert [item["type"] for item in out.output] == ["message"]


def test_an_error_ends_a_reply_in_one_piece_as_nothing_else() -> None:
    assert whole(START, ContentDelta("Par"), Error("gone")) == {
        "error": {"message": "gone", "type": "api_error", "param": None, "code": None}
    }
    assert whole(START, ContentDelta("Par"))["error"]["message"] == "the reply ended before it was whole"
    assert whole()["error"]


def test_nothing_is_written_behind_the_end() -> None:
    one = writer(asked())
    assert one.feed([Finish("stop")])
    assert one.feed([ContentDelta("more"), Finish("stop"), Error("x")]) == b""
    assert one.finish() == b""


def test_pieces_of_other_wires_say_nothing_here() -> None:
    out = heard(written(Opaque("openai", '{"logprobs":{}}'), ContentDelta("a"), Finish()))
    assert out.text == "a"


def test_the_times_and_ids_of_the_response() -> None:
    first = events_of(written(ReplyStart("resp_77", "x", 5.9), ContentDelta("a"), Finish()))
    assert (first[0]["response"]["id"], first[0]["response"]["created_at"]) == ("resp_77", 5)
    assert first[2]["item"]["id"] == "msg_77_0"
    for odd in (1e300, float("nan")):
        assert heard(written(ReplyStart("\ud83d", "\ud83d", odd), Finish())).response["created_at"] == int(NOW)


def test_a_writer_without_a_request_of_its_own_has_defaults() -> None:
    request = ChatRequest("m", stream=True, include_usage=True, source="responses")
    one = writer(request)
    assert heard(one.feed([ContentDelta("a"), Finish()])).response["tool_choice"] == "auto"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.just("\n\ndata: x\r\n\u2028")


@st.composite
def replies(draw: st.DrawFn) -> list[Event]:
    """Any steps: calls that overlap and end in any way, or not at all where the reply breaks off; any end or none."""
    events: list[Event] = [START] if draw(st.booleans()) else []
    running: list[int] = []
    made = 0
    for kind in draw(st.lists(st.sampled_from(["content", "reasoning", "seal", "start", "piece", "end"]), max_size=14)):
        if kind == "content":
            events.append(ContentDelta(draw(TEXT)))
        elif kind == "reasoning":
            events.append(ReasoningDelta(draw(TEXT)))
        elif kind == "seal":
            events.append(ReasoningEnd("s"))
        elif kind == "start":
            events.append(ToolCallStart(made, f"call_{made}", draw(st.just("") | TEXT)))
            running.append(made)
            made += 1
        elif running:
            index = draw(st.sampled_from(running))
            if kind == "piece":
                events.append(ToolCallArgsDelta(index, draw(TEXT)))
            else:
                running.remove(index)
                events.append(ToolCallEnd(index, draw(st.sampled_from(["complete", "truncated", "broken"]))))
    end = draw(
        st.none()
        | st.builds(Finish, st.sampled_from(["stop", "tool_calls", "length", "content_filter"]))
        | st.builds(Error, TEXT, st.just("api_error"), st.sampled_from([400, 429, 502]))
    )
    if isinstance(end, Finish):
        events += [ToolCallEnd(index, "truncated") for index in running]
    return events if end is None else [*events, end]


@given(replies(), st.lists(st.integers(0, 20), max_size=4))
def test_whatever_is_replied_is_a_well_formed_sequence(events: list[Event], cuts: list[int]) -> None:
    one = writer(asked())
    places = sorted({0, len(events), *(min(cut, len(events)) for cut in cuts)})
    parts = [one.feed(events[start:end]) for start, end in zip(places, [*places[1:], len(events)], strict=True)]
    data = b"".join(parts) + one.finish()
    assert data == written(*events)
    out, reply = heard(data), collect(events)
    if not isinstance(events[-1] if events else None, Finish):
        assert (out.status, out.error is not None) == ("failed", True)
        return
    assert (out.text, out.reasoning) == (reply.content, reply.reasoning)
    assert sorted(call_id for call_id, _, _ in out.calls) == sorted(str(one.id) for one in reply.tool_calls if one.name)
    whole = all(event.complete for event in events if isinstance(event, ToolCallEnd))
    assert (out.status == "completed") == (whole and reply.finish_reason in ("stop", "tool_calls"))


# Freeform tools.

PATCH_TOOL = {"type": "custom", "name": "apply_patch", "description": "Patches.", "format": {"type": "text"}}
PATCH = '*** Begin Patch\n+say("a\\n")\r\n+😀\n*** End Patch'
PATCHES = json.dumps({"input": PATCH})


def patching(*cuts: int, outcome: Outcome = "complete") -> list[Event]:
    at = [0, *cuts, len(PATCHES)]
    pieces = [ToolCallArgsDelta(0, PATCHES[a:b]) for a, b in pairwise(at)]
    return [START, ToolCallStart(0, "call_1", "apply_patch"), *pieces, ToolCallEnd(0, outcome)]


def test_a_call_of_a_freeform_tool_is_its_text() -> None:
    for cut in range(1, len(PATCHES)):
        (item,) = heard(written(*patching(cut), Finish("tool_calls"), tools=[PATCH_TOOL])).output
        assert (item["type"], item["name"], item["call_id"]) == ("custom_tool_call", "apply_patch", "call_1")
        assert (item["input"], item["status"]) == (PATCH, "completed")


def test_its_text_leaves_while_it_comes() -> None:
    one = writer(asked(tools=[PATCH_TOOL]))
    one.feed(patching()[:2])
    out = [one.feed([ToolCallArgsDelta(0, piece)]) for piece in ('{"input"', ':"a', "\\", 'nb"', "}")]
    found = [[event["delta"] for event in events_of(piece)] for piece in out]
    assert found == [[], ["a"], [], ["\nb"], []]


def test_text_that_stands_elsewhere_is_found_at_the_end() -> None:
    call = ToolCallStart(0, "call_1", "apply_patch"), ToolCallArgsDelta(0, '{"patch": "x"}'), ToolCallEnd(0)
    (item,) = heard(written(START, *call, Finish("tool_calls"), tools=[PATCH_TOOL])).output
    assert item["input"] == "x"


def test_a_freeform_call_that_was_cut_is_incomplete() -> None:
    response = heard(written(*patching(outcome="truncated"), Finish("length"), tools=[PATCH_TOOL]))
    assert [item["status"] for item in response.output] == ["incomplete"]
    assert "response.custom_tool_call_input.done" not in response.kinds


def test_a_freeform_tool_is_repeated_in_its_own_shape() -> None:
    grammar = PATCH_TOOL | {"name": "p", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}}
    assert heard(written(START, Finish(), tools=[PATCH_TOOL, grammar])).response["tools"] == [PATCH_TOOL, grammar]
