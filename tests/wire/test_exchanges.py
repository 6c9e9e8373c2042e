"""The golden exchanges of every wire: however a reply is cut, and there and back."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import (
    EXCHANGES,
    NOW,
    Exchange,
    events_of,
    exchange,
    objects,
    pieces,
    reader,
    writer,
    written,
)
from tests.wires import NAMES
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    ReasoningDelta,
    Reply,
    ReplyStart,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
    merged,
)
from toolbridge.wire.codec import json_text
from toolbridge.wire.whole import all_tokens

SMALL = Usage(26, 12)
OSLO = '{"city":"Oslo"}'
ROME = '{"city":"Rome","days":[1,2]}'
PARSED = (ToolCall("get_weather", OSLO, "call_a1b2c3d4"), ToolCall("get_weather", ROME, "call_e5f6g7h8"))

REPLIES = {
    "ollama_chat_stream_plain": Reply("Hi there!", finish_reason="stop", usage=SMALL),
    "ollama_chat_stream_tools_native": Reply(
        reasoning="Need the tool.",
        tool_calls=(ToolCall("get_weather", '{"city":"Oslo","unit":"c"}', "k3Zq0bY8wVtR1mNa7cXe5uLs9dHf2gJp"),),
        finish_reason="tool_calls",
        usage=SMALL,
    ),
    "ollama_chat_stream_tools_parser": Reply("Checking both.", "Two cities.", PARSED, "tool_calls", SMALL),
    "ollama_chat_stream_thinking": Reply("It is 51.", "17*3 = 51", finish_reason="stop", usage=SMALL),
    "ollama_chat_nonstream_tools": Reply(
        tool_calls=(ToolCall("get_weather", OSLO, "call_q9w8e7r6"),), finish_reason="tool_calls", usage=SMALL
    ),
    "ollama_chat_nonstream_toolresult": Reply("Oslo: 7 C and rain.", finish_reason="stop", usage=SMALL),
    "ollama_chat_load": Reply(finish_reason="load"),
    "ollama_chat_unload": Reply(finish_reason="unload"),
    "ollama_chat_midstream_error": Reply(
        "Partial", error=Error("an error was encountered while running the model: CUDA error")
    ),
    "ollama_chat_logprobs": Reply("Yes", finish_reason="stop", usage=SMALL),
    "ollama_chat_structured": Reply('{"n": 4}', finish_reason="stop", usage=SMALL),
    "openai_chat_stream_usage": Reply("Hi there", finish_reason="stop", usage=SMALL),
    "openai_chat_stream_tools": Reply(reasoning="Two cities.", tool_calls=PARSED, finish_reason="tool_calls"),
    "openai_chat_stream_tools_fragments": Reply(
        tool_calls=(
            ToolCall("get_weather", OSLO, "call_1"),
            ToolCall("get_weather", '{"city":"Rome"}', "call_2"),
        ),
        finish_reason="tool_calls",
    ),
    "openai_chat_nonstream_tools": Reply(
        reasoning="Use the tool.", tool_calls=PARSED[:1], finish_reason="tool_calls", usage=SMALL
    ),
    "openai_stream_error_recommended": Reply("Par", error=Error("upstream closed the connection")),
    "anthropic_stream_text": Reply("Hi there", finish_reason="stop", usage=SMALL),
    "anthropic_stream_tool_use": Reply(
        "Checking.",
        "Use the tool.",
        (PARSED[0], ToolCall("get_weather", "{}", "call_e5f6g7h8")),
        "tool_calls",
        SMALL,
    ),
    "anthropic_nonstream_tool_use": Reply("Checking.", "Use the tool.", PARSED[:1], "tool_calls", SMALL),
    "anthropic_stream_error_recommended": Reply(error=Error("upstream closed the connection")),
    "openai_sse_torture": Reply("Héllo", finish_reason="stop"),
}

every_exchange = pytest.mark.parametrize("one", EXCHANGES, ids=lambda one: one.name)


def test_every_golden_exchange_has_an_expectation() -> None:
    assert {one.name for one in EXCHANGES} == REPLIES.keys()


@every_exchange
@pytest.mark.parametrize("size", [1, 7, 11, 1 << 20])
def test_a_golden_reply_is_read_in_pieces_of_any_size(one: Exchange, size: int) -> None:
    events = events_of(one.wire, pieces(one.reply, size), stream=one.stream)
    assert collect(events) == REPLIES[one.name]
    assert events == events_of(one.wire, [one.reply], stream=one.stream)


@every_exchange
@given(data=st.data())
def test_a_golden_reply_is_read_cut_anywhere(one: Exchange, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(one.reply)), max_size=6)))
    bounds = [0, *places, len(one.reply)]
    parts = [one.reply[start:end] for start, end in pairwise(bounds)]
    assert events_of(one.wire, parts, stream=one.stream) == events_of(one.wire, [one.reply], stream=one.stream)


@every_exchange
@pytest.mark.parametrize("stream", [True, False])
def test_a_golden_reply_is_written_so_that_it_reads_the_same(one: Exchange, stream: bool) -> None:
    events = events_of(one.wire, [one.reply], stream=one.stream)
    out = written(one.wire, events, stream=stream, include_usage=REPLIES[one.name].usage is not None, model="qwen3:8b")
    again = events_of(one.wire, [out], stream=stream)
    if stream:
        assert again == events
    elif REPLIES[one.name].error:
        assert again == [REPLIES[one.name].error]
    else:
        # A whole reply carries the time of its end, and on one wire always its usage.
        assert undated(again) == undated(events)


def undated(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, ReplyStart | Finish)]


@every_exchange
@pytest.mark.parametrize("target", NAMES)
@pytest.mark.parametrize("stream", [True, False])
def test_a_golden_reply_says_the_same_on_every_wire(one: Exchange, target: str, stream: bool) -> None:
    events = events_of(one.wire, [one.reply], stream=one.stream)
    expected = REPLIES[one.name]
    again = collect(events_of(target, [written(target, events, stream=stream, include_usage=True)], stream=stream))
    if expected.error and not stream:
        assert again == Reply(error=expected.error)
        return
    if target != "ollama":
        # They have no word for a model that was only loaded, and says zero where nobody counted.
        reason = "stop" if expected.finish_reason in ("load", "unload") else expected.finish_reason
        expected = replace(
            expected, usage=expected.usage or (None if expected.error else Usage(0, 0)), finish_reason=reason
        )
    assert again == expected


@pytest.mark.parametrize("name", ["ollama_chat_stream_plain", "ollama_chat_stream_thinking", "ollama_chat_load"])
def test_ollamas_lines_are_written_as_ollama_writes_them(name: str) -> None:
    """Times are to the microsecond and those of the first line; all else is equal, key for key."""
    one = exchange(name)
    source, out = reader("ollama"), writer("ollama", model="qwen3:8b")
    data = b"".join(out.feed(source.feed(part)) for part in one.reply.splitlines(keepends=True))
    again, lines = objects(data + out.feed(source.finish())), objects(one.reply)
    assert [list(body) for body in again] == [list(body) for body in lines]
    assert [body | {"created_at": ""} for body in again] == [line | {"created_at": ""} for line in lines]
    assert again[-1] == lines[-1]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
ARGUMENTS = st.dictionaries(WORDS, st.integers() | WORDS | st.none() | st.lists(st.booleans(), max_size=2), max_size=3)


TOKEN = {"token": WORDS, "logprob": st.floats(-9999, 0), "bytes": st.lists(st.integers(0, 255), max_size=2)}
TOKENS = st.fixed_dictionaries(TOKEN | {"top_logprobs": st.lists(st.fixed_dictionaries(TOKEN), min_size=1, max_size=2)})


@st.composite
def replies(draw: st.DrawFn, name: str) -> list[Event]:
    """A reply in our words, of steps that this wire can say."""
    steps: list[Event] = []
    calls = 0
    kinds = ["content", "reasoning", "call"] + ([] if name == "anthropic" else ["logprobs"])
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=6)):
        if kind == "call":
            text = json_text(draw(ARGUMENTS))
            middle = draw(st.integers(0, len(text)))
            deltas = [ToolCallArgsDelta(calls, piece) for piece in (text[:middle], text[middle:]) if piece]
            steps += [ToolCallStart(calls, f"call_{calls}", draw(WORDS)), *deltas, ToolCallEnd(calls)]
            calls += 1
        elif kind == "logprobs":
            steps.append(Logprobs(tuple(draw(st.lists(TOKENS, min_size=1, max_size=2)))))
        else:
            steps.append((ContentDelta if kind == "content" else ReasoningDelta)(draw(WORDS)))
    reason = draw(st.sampled_from(["tool_calls" if calls else "stop", "length"]))
    usage = draw(st.builds(Usage, st.integers(1, 9), st.integers(1, 9)))
    if name == "ollama":
        counts = {"prompt_eval_count": usage.prompt_tokens, "eval_count": usage.completion_tokens}
        extra = {"created_at": "2026-08-21T18:00:00.5Z", "total_duration": 5} | counts
        return merged([ReplyStart(None, "m", NOW), *steps, Finish(reason, usage, extra)])
    if name == "anthropic":
        counted = {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}
        word = {"tool_calls": "tool_use", "stop": "end_turn", "length": "max_tokens"}[reason]
        begun = {"input_usage": {"input_tokens": 0, "output_tokens": 0}}
        end = Finish(reason, usage, {"stop_reason": word, "usage": counted})
        return merged([ReplyStart("msg_1", "m", None, begun), *steps, end])
    tokens = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens, "total_tokens": 9}
    start = ReplyStart("chatcmpl-1", "m", int(NOW), {"system_fingerprint": "fp_x"})
    return merged([start, *steps, Finish(reason, usage, {"usage": tokens})])


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data(), size=st.integers(1, 40))
def test_what_is_written_is_read_back(name: str, data: st.DataObject, size: int) -> None:
    events = data.draw(replies(name))
    out = written(name, events, include_usage=True)
    assert ended_late(events_of(name, pieces(out, size))) == ended_late(events)
    again = events_of(name, pieces(written(name, events, stream=False), size), stream=False)
    assert collect(again) == collect(events)
    assert all_tokens(again) == all_tokens(events)


def ended_late(events: Iterable[Event]) -> list[Event]:
    """Calls end where the next begins, or the reply: the OpenAI wire does not say it earlier."""
    out: list[Event] = []
    waiting: list[Event] = []
    for event in events:
        if isinstance(event, ToolCallEnd):
            waiting.append(event)
            continue
        if isinstance(event, ToolCallStart | Finish):
            out += waiting
            waiting = []
        out.append(event)
    return merged(out)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_one_feed_or_many_write_the_same_bytes(name: str, data: st.DataObject) -> None:
    events = data.draw(replies(name))
    one = writer(name, include_usage=True)
    assert b"".join(one.feed([event]) for event in events) + one.finish() == written(name, events, include_usage=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_that_is_not_ended_is_written_as_an_error(name: str, stream: bool) -> None:
    out = written(name, [ReplyStart(), ContentDelta("Par")], stream=stream)
    assert collect(events_of(name, [out], stream=stream)).error == Error("the reply ended before it was whole")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_behind_the_end(name: str) -> None:
    out = writer(name)
    assert out.feed([Finish("stop")])
    assert out.feed([ContentDelta("more"), Finish("stop"), Error("x")]) == b""
    assert out.finish() == b""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stream", [True, False])
def test_lone_surrogates_and_odd_times_do_not_stop_a_writer(name: str, stream: bool) -> None:
    for created in (1e300, float("nan"), -1e18, 0.0):
        start = ReplyStart("\ud83d", "\ud83d", created)
        call = ToolCallStart(0, "\ud83d", "\ud83d"), ToolCallArgsDelta(0, '{"\ud83d":1}'), ToolCallEnd(0)
        out = written(
            name, [start, ContentDelta("\ud83d"), ReasoningDelta("\ud83d"), *call, Finish("stop")], stream=stream
        )
        reply = collect(events_of(name, [out], stream=stream))
        assert reply.error is None
        assert reply.content == reply.reasoning == "\ufffd"
        assert len(reply.tool_calls) == 1
