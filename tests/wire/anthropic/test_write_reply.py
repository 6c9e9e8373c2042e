"""The events and messages that Anthropic's clients get."""

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import events_of, exchange, objects, reader, writer, written
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    ReasoningDelta,
    ReasoningEnd,
    ReplyStart,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
)
from toolbridge.messages import ChatRequest, Message
from toolbridge.wire import wire

CALL = ToolCallStart(0, "call_1", "f"), ToolCallArgsDelta(0, '{"a":'), ToolCallArgsDelta(0, "1}"), ToolCallEnd(0)
CUT = ToolCallStart(0, "call_1", "f"), ToolCallArgsDelta(0, '{"a":'), ToolCallEnd(0, "truncated")
BLOCK = {"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}}


def stream(*events: Event) -> list[Any]:
    return objects(written("anthropic", events))


def whole(*events: Event) -> Any:
    return json.loads(written("anthropic", events, stream=False))


def blocks(out: list[Any]) -> list[tuple[str, str]]:
    """The blocks of a stream, which must come one after the other: type, and text or arguments."""
    found: list[tuple[str, str]] = []
    is_open = False
    for body in out:
        match body["type"]:
            case "content_block_start":
                assert not is_open
                assert body["index"] == len(found)
                found.append((body["content_block"]["type"], ""))
                is_open = True
            case "content_block_delta" if body["delta"]["type"] != "signature_delta":
                assert is_open
                assert body["index"] == len(found) - 1
                delta = body["delta"]
                text = delta.get("text") or delta.get("thinking") or delta.get("partial_json")
                found[-1] = found[-1][0], found[-1][1] + text
            case "content_block_stop":
                assert is_open
                is_open = False
    assert not is_open
    return found


@pytest.mark.parametrize("name", ["anthropic_stream_text", "anthropic_stream_tool_use"])
def test_a_recorded_stream_is_written_byte_for_byte(name: str) -> None:
    one = exchange(name)
    source, out = reader("anthropic"), writer("anthropic", model="qwen3:8b")
    data = b"".join(out.feed(source.feed(frame + b"\n\n")) for frame in one.reply.split(b"\n\n"))
    assert data == one.reply


def test_a_recorded_message_is_written_as_it_was() -> None:
    one = exchange("anthropic_nonstream_tool_use")
    out = written("anthropic", events_of("anthropic", [one.reply], stream=False), stream=False, model="qwen3:8b")
    assert json.loads(out) == json.loads(one.reply)


def test_every_event_has_its_type_for_a_name() -> None:
    out = written("anthropic", [ContentDelta("a\n\nb"), *CALL, Finish("tool_calls")])
    for one in out.removesuffix(b"\n\n").split(b"\n\n"):
        name, data = one.split(b"\n")
        assert name == b"event: " + json.loads(data.removeprefix(b"data: "))["type"].encode()


def test_an_id_of_another_wire_is_not_passed_on_and_tokens_are_estimated_at_the_start() -> None:
    request = ChatRequest("m", (Message("user", "x" * 36),), stream=True, source="anthropic")
    one = wire("anthropic").writer(request=request, clock=lambda: 0.0, ids=lambda: "call_k7")
    message = objects(one.feed([ReplyStart("chatcmpl-1", "backend's", 5.0)]))[0]["message"]
    assert (message["id"], message["model"]) == ("msg_k7", "m")
    assert message["usage"] == {"input_tokens": 13, "output_tokens": 0}
    assert objects(one.feed([Finish("stop", Usage(26, 12))]))[0]["usage"] == {"input_tokens": 26, "output_tokens": 12}


def test_nobody_counted_is_the_estimate_too() -> None:
    request = ChatRequest("m", (Message("user", "x" * 36),), source="anthropic")
    one = wire("anthropic").writer(request=request, clock=lambda: 0.0, ids=lambda: "x")
    one.feed([ReplyStart(), Finish("stop")])
    assert json.loads(one.finish())["usage"] == {"input_tokens": 13, "output_tokens": 0}


def test_arguments_come_in_pieces_as_they_are_written() -> None:
    one = writer("anthropic")
    one.feed([ReplyStart()])
    pieces = [objects(one.feed([event])) for event in CALL]
    assert pieces[0][0]["content_block"] == BLOCK | {"input": {}}
    assert [body["delta"] for body in (*pieces[1], *pieces[2])] == [
        {"type": "input_json_delta", "partial_json": '{"a":'},
        {"type": "input_json_delta", "partial_json": "1}"},
    ]


def test_a_call_without_arguments_says_that_they_are_none() -> None:
    assert blocks(stream(CALL[0], CALL[3], Finish("tool_calls"))) == [("tool_use", "{}")]


def test_thinking_ends_with_its_signature() -> None:
    for end, signature in (((), ""), ((ReasoningEnd("seal"),), "seal"), ((ReasoningEnd(),), "")):
        out = stream(ReasoningDelta("Hm."), *end, ContentDelta("Yes."), Finish("stop"))
        assert blocks(out) == [("thinking", "Hm."), ("text", "Yes.")]
        seals = [body["delta"]["signature"] for body in out if "signature" in body.get("delta", {})]
        assert seals == [signature]
        message = whole(ReasoningDelta("Hm."), *end, ContentDelta("Yes."), Finish("stop"))
        assert message["content"][0] == {"type": "thinking", "thinking": "Hm.", "signature": signature}


def test_calls_that_come_mixed_are_written_one_after_the_other() -> None:
    events: list[Event] = [
        ToolCallStart(0, "a", "f"),
        ToolCallArgsDelta(0, '{"x"'),
        ToolCallStart(1, "b", "g"),
        ToolCallArgsDelta(1, '{"y"'),
        ContentDelta("So "),
        ToolCallArgsDelta(0, ":1}"),
        ContentDelta("be it."),
        ToolCallArgsDelta(1, ":2}"),
        ToolCallEnd(1),
        ToolCallStart(2, "c", "h"),
        ToolCallEnd(0),
        ToolCallArgsDelta(2, "{}"),
        ToolCallEnd(2),
        Finish("tool_calls"),
    ]
    out = stream(*events)
    texts = [("tool_use", '{"x":1}'), ("tool_use", '{"y":2}'), ("text", "So be it."), ("tool_use", "{}")]
    assert blocks(out) == texts
    assert out[-2]["delta"]["stop_reason"] == "tool_use"
    assert [block["type"] for block in whole(*events)["content"]] == [kind for kind, _ in texts]


def test_very_many_calls_at_once_are_no_trouble() -> None:
    number = 5000
    events: list[Event] = [ToolCallStart(index, f"c{index}", "f") for index in range(number)]
    events += [ToolCallArgsDelta(index, "{}") for index in range(number)]
    events += [ToolCallEnd(index) for index in range(number)]
    assert len(blocks(stream(*events, Finish("tool_calls")))) == number


@given(st.lists(st.sampled_from(["start", "args", "end", "text", "thought"]), max_size=40), st.randoms())
def test_whatever_the_order_every_call_is_whole_and_no_text_is_lost(steps: list[str], chance: Any) -> None:
    numbers, texts = count(), count()
    begun: list[int] = []
    events: list[Event] = []
    for step in steps:
        match step:
            case "start":
                begun.append(next(numbers))
                events.append(ToolCallStart(begun[-1], f"call_{begun[-1]}", "f"))
            case "args" if begun:
                events.append(ToolCallArgsDelta(chance.choice(begun), " "))
            case "end" if begun:
                index = begun.pop(chance.randrange(len(begun)))
                events += [ToolCallArgsDelta(index, f'{{"n":{index}}}'), ToolCallEnd(index)]
            case "text":
                events.append(ContentDelta(f"t{next(texts)} "))
            case "thought":
                events.append(ReasoningDelta(f"r{next(texts)} "))
    for index in begun:
        events += [ToolCallArgsDelta(index, f'{{"n":{index}}}'), ToolCallEnd(index)]
    calls = next(numbers)
    events.append(Finish("tool_calls"))
    blocks(stream(*events))
    for streamed in (True, False):
        reply = collect(events_of("anthropic", [written("anthropic", events, stream=streamed)], stream=streamed))
        assert [(call.id, call.arguments["n"]) for call in reply.tool_calls] == [
            (f"call_{index}", index) for index in range(calls)
        ]
        assert reply.content == "".join(event.text for event in events if isinstance(event, ContentDelta))
        assert reply.reasoning == "".join(event.text for event in events if isinstance(event, ReasoningDelta))


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((Finish("stop"),), "end_turn"),
        ((Finish("length"),), "max_tokens"),
        ((Finish("content_filter"),), "refusal"),
        ((Finish("load"),), "end_turn"),
        ((*CALL, Finish("tool_calls")), "tool_use"),
        ((*CALL, Finish("length")), "max_tokens"),
        ((*CUT, Finish("stop")), "end_turn"),
        ((*CUT, Finish("length")), "max_tokens"),
        ((Finish("stop", None, {"stop_reason": "stop_sequence", "stop_sequence": "END"}),), "stop_sequence"),
        ((Finish("stop", None, {"stop_reason": "tool_use"}),), "end_turn"),
        ((Finish("stop", None, {"stop_reason": 5}),), "end_turn"),
    ],
)
def test_stop_reasons(events: tuple[Event, ...], reason: str) -> None:
    delta = stream(*events)[-2]["delta"]
    message = whole(*events)
    assert delta["stop_reason"] == message["stop_reason"] == reason
    assert delta["stop_sequence"] == message["stop_sequence"] == ("END" if reason == "stop_sequence" else None)


def test_a_call_that_is_not_whole_is_closed_in_a_stream_and_left_out_of_a_message() -> None:
    assert blocks(stream(*CUT, Finish("length"))) == [("tool_use", '{"a":')]
    assert whole(*CUT, Finish("length"))["content"] == []


def test_a_whole_call_holds_its_arguments_as_the_model_wrote_them() -> None:
    out = written(
        "anthropic", [CALL[0], ToolCallArgsDelta(0, '{"n": 1e400}'), CALL[3], Finish("tool_calls")], stream=False
    )
    assert b'"input":{"n": 1e400}' in out


def test_an_error_ends_the_stream_behind_all_that_waited() -> None:
    waiting = ToolCallStart(1, "call_2", "g"), ToolCallArgsDelta(1, "{}"), ToolCallEnd(1), ContentDelta("Half")
    out = stream(*CALL[:2], *waiting, Error("no more"))
    assert [body["type"] for body in out][-1] == "error"
    assert "message_stop" not in [body["type"] for body in out]
    starts = [body["content_block"]["type"] for body in out if body["type"] == "content_block_start"]
    assert starts == ["tool_use", "tool_use", "text"]
    assert out[-1] == {"type": "error", "error": {"type": "api_error", "message": "no more"}}


def test_an_error_before_everything_is_alone() -> None:
    assert [body["type"] for body in stream(Error("no more"))] == ["error"]


@pytest.mark.parametrize(
    "events",
    [
        [ToolCallStart(0, "x", ""), ToolCallEnd(0, "broken"), Finish("stop")],
        [*CALL, ToolCallStart(1, "x", ""), ToolCallArgsDelta(1, "{"), ToolCallEnd(1, "broken"), Finish("stop")],
    ],
)
def test_a_call_without_a_name_is_not_shown_and_never_to_be_run(events: list[Event]) -> None:
    assert all(block.get("name") for block in whole(*events)["content"])
    assert len(blocks(stream(*events))) == len(whole(*events)["content"])
    assert stream(*events)[-2]["delta"]["stop_reason"] == whole(*events)["stop_reason"] == "end_turn"


def test_calls_reach_the_clients_as_they_are_in_our_own_words() -> None:
    reply = collect(events_of("anthropic", [written("anthropic", [*CALL, Finish("tool_calls", Usage(1, 2))])]))
    assert reply.tool_calls == (ToolCall("f", '{"a":1}', "call_1"),)
    assert reply.usage == Usage(1, 2)
