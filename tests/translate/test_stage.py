"""The stage between reader and writer: content is read for calls, all else passes, and the reason is made true."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.streams import FRAGMENTS, OSLO, PAIR, called, made, parser
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Opaque,
    ReasoningDelta,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
    merged,
)
from toolbridge.translate import (
    ReplyStage,
)


def staged(*events: Event, **options: Any) -> list[Event]:
    """What the stage makes of these events, fed one by one."""
    stage = ReplyStage(parser(**options))
    return merged([out for event in events for out in stage.feed([event])])


def test_what_is_no_content_passes() -> None:
    events: list[Event] = [
        ReplyStart("id", "m", 1.0),
        ReasoningDelta("Hm."),
        ContentDelta("So."),
        Opaque("ollama", "{}"),
        Finish("length", Usage(1, 2), {"x": 1}),
    ]
    assert staged(*events) == events


def test_content_is_read_for_calls_and_the_reason_is_made_true() -> None:
    assert staged(ContentDelta("So. "), ContentDelta(PAIR), Finish("stop", Usage(1, 2), {"x": 1})) == [
        ContentDelta("So."),
        *called(0),
        Finish("tool_calls", Usage(1, 2), {"x": 1}),
    ]


def test_calls_that_were_made_and_calls_that_were_read_are_numbered_together() -> None:
    events = [*made(0), ContentDelta(PAIR), *made(1), ContentDelta(OSLO), Finish("tool_calls")]
    assert staged(*events) == [
        *made(0),
        *called(1),
        ToolCallStart(2, "b1", "made"),
        ToolCallArgsDelta(2, "{}"),
        ToolCallEnd(2),
        *called(3, 1, "get_weather", '{"city":"Oslo"}'),
        Finish("tool_calls"),
    ]


def test_blanks_before_a_call_that_was_made_stay_before_it() -> None:
    # Ollama with Qwen's template: the blank line that parts text and call is text of its own.
    events = [ContentDelta("Let me see.\n\n"), *made(0), *made(1), Finish("tool_calls")]
    assert staged(*events) == events


def test_blanks_before_a_call_in_the_text_wait_for_it_whatever_is_made_meanwhile() -> None:
    events = [
        ContentDelta("So.\n<tool_call>"),
        *made(0),
        ContentDelta(PAIR.removeprefix("<tool_call>")),
        Finish("stop"),
    ]
    assert staged(*events) == [ContentDelta("So."), *made(0), *called(1), Finish("tool_calls")]


def test_they_are_where_they_overlap() -> None:
    start, arguments, end = made(0)
    events = [ContentDelta(OSLO[:60]), start, ContentDelta(OSLO[60:]), arguments, end, Finish("stop")]
    out = staged(*events)
    assert {event.index for event in out if isinstance(event, ToolCallStart | ToolCallEnd)} == {0, 1}
    assert [call.name for call in collect(out).tool_calls] == ["get_weather", "made"]
    assert out[-1] == Finish("tool_calls")


@pytest.mark.parametrize(
    ("events", "reason", "told"),
    [
        ([ContentDelta("So.")], "stop", "stop"),
        ([ContentDelta("So.")], "tool_calls", "stop"),
        ([ContentDelta(PAIR)], "stop", "tool_calls"),
        ([ContentDelta(PAIR)], "tool_calls", "tool_calls"),
        ([ContentDelta(PAIR)], "length", "length"),
        ([ContentDelta(PAIR)], "content_filter", "content_filter"),
        ([ContentDelta(PAIR + OSLO[:-20])], "stop", "stop"),
        ([ContentDelta(OSLO[:-20])], "stop", "stop"),
        ([ContentDelta(OSLO[:-20])], "length", "length"),
        ([*made(0)], "tool_calls", "tool_calls"),
        ([*made(0), ContentDelta(OSLO[:-20])], "tool_calls", "stop"),
        ([*made(0)[:2], ToolCallEnd(0, "truncated")], "tool_calls", "stop"),
        ([], "load", "load"),
    ],
)
def test_a_reason_never_says_that_there_are_calls_where_one_is_not_whole(
    events: list[Event], reason: str, told: str
) -> None:
    assert staged(*events, Finish(reason))[-1] == Finish(told)


@pytest.mark.parametrize(
    ("reason", "outcome"), [("stop", "complete"), ("length", "truncated"), ("content_filter", "truncated")]
)
def test_the_reason_says_whether_a_close_tag_may_be_missing(reason: str, outcome: str) -> None:
    text = '<invoke name="get_weather"><parameter name="city">Oslo</parameter>'
    (end,) = (event for event in staged(ContentDelta(text), Finish(reason)) if isinstance(event, ToolCallEnd))
    assert end.outcome == outcome


def test_what_is_held_goes_out_before_the_end() -> None:
    assert staged(ContentDelta("a <tool_"), Finish("stop")) == [ContentDelta("a <tool_"), Finish("stop")]
    error = Error("gone")
    assert staged(ContentDelta("a <tool_"), error) == [ContentDelta("a <tool_"), error]


def test_an_error_cuts_a_call() -> None:
    out = staged(ContentDelta(OSLO[:-20]), Error("gone"))
    assert isinstance(out[-2], ToolCallEnd)
    assert out[-2].outcome == "truncated"
    assert out[-1] == Error("gone")
    whole = staged(ContentDelta(OSLO[:-20]), Error("gone"), release="whole")
    assert whole == [ContentDelta(OSLO[:-20]), Error("gone")]


@pytest.mark.parametrize("end", [Finish("stop"), Error("gone")])
def test_nothing_follows_the_end(end: Event) -> None:
    stage = ReplyStage(parser())
    assert stage.feed([end, ContentDelta("more"), Finish("stop")]) == [end]
    assert stage.ended
    assert stage.feed([ContentDelta("more")]) == []
    assert stage.finish() == []


def test_a_reply_without_an_end_gives_up_what_is_held() -> None:
    stage = ReplyStage(parser())
    stage.feed([ContentDelta("a <tool_")])
    assert stage.finish() == [ContentDelta(" <tool_")]
    assert stage.finish() == []


def test_a_made_up_result_ends_the_reply() -> None:
    stage = ReplyStage(parser())
    assert stage.feed([ContentDelta(PAIR)]) == called(0)
    assert stage.feed([ContentDelta("\n<tool_response>\nnoon"), ContentDelta("</tool_response>")]) == [
        Finish("tool_calls")
    ]
    assert stage.ended
    assert stage.feed([ContentDelta("more"), Finish("stop")]) == []


def test_where_the_backend_ends_with_it_the_end_is_the_backends() -> None:
    end = Finish("stop", Usage(3, 4), {"x": 1})
    assert staged_at_once(ContentDelta(PAIR + "\n<tool_response>"), end)[-1] == Finish(
        "tool_calls", Usage(3, 4), {"x": 1}
    )


def staged_at_once(*events: Event) -> list[Event]:
    return ReplyStage(parser()).feed(events)


def test_reasoning_that_comes_apart_is_not_looked_for_in_the_text() -> None:
    assert staged(ReasoningDelta("Hm."), ContentDelta("So."), Finish("stop"), reasoning="open") == [
        ReasoningDelta("Hm."),
        ContentDelta("So."),
        Finish("stop"),
    ]
    assert staged(ContentDelta("Hm.</think>So."), Finish("stop"), reasoning="open")[:2] == [
        ReasoningDelta("Hm."),
        ContentDelta("So."),
    ]


def test_a_call_that_was_only_thought_of_is_made_where_nothing_else_came() -> None:
    thought = [ReasoningDelta(f"I call {PAIR[:20]}"), ReasoningDelta(PAIR[20:])]
    assert staged(*thought, Finish("stop"))[1:] == [*called(0), Finish("tool_calls")]
    assert staged(*thought, ContentDelta("No."), Finish("stop"))[1:] == [ContentDelta("No."), Finish("stop")]
    assert staged(*thought, *made(0), Finish("tool_calls"))[1:] == [*made(0), Finish("tool_calls")]
    assert staged(*thought, Finish("length"))[1:] == [Finish("length")]


EVENTS = st.lists(FRAGMENTS.map(ContentDelta) | FRAGMENTS.map(ReasoningDelta) | st.just("made"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    drawn=EVENTS, reason=st.sampled_from(["stop", "tool_calls", "length"]), release=st.sampled_from(["early", "whole"])
)
def test_any_events_come_out_in_order_with_one_end(drawn: list[Any], reason: str, release: str) -> None:
    numbers = count()
    events = [one for event in drawn for one in (made(next(numbers)) if event == "made" else [event])]
    out = staged(*events, Finish(reason), release=release)
    assert [type(event) for event in out if isinstance(event, Finish | Error)] == [Finish]
    assert isinstance(out[-1], Finish)
    states: dict[int, str] = {}
    for event in out:
        if isinstance(event, ToolCallStart):
            assert event.index == len(states)
            states[event.index] = "open"
        elif isinstance(event, ToolCallArgsDelta):
            assert states[event.index] == "open"
        elif isinstance(event, ToolCallEnd):
            assert states[event.index] == "open"
            states[event.index] = "ended"
    assert set(states.values()) <= {"ended"}
    assert out == merged(ReplyStage(parser(release=release)).feed([*events, Finish(reason)]))


# One call at a time.


def test_without_parallel_there_is_one_call_whoever_makes_it() -> None:
    for events in ([*made(0), *made(1)], [*made(0), ContentDelta(PAIR)], [ContentDelta(PAIR), *made(0)]):
        stage = ReplyStage(parser(), parallel=False)
        out = [*stage.feed(events), *stage.feed([Finish("tool_calls")])]
        assert [event.index for event in out if isinstance(event, ToolCallStart)] == [0]
        reply = collect(out)
        assert (len(reply.tool_calls), reply.finish_reason) == (1, "tool_calls")


def test_pieces_of_a_call_too_many_are_dropped_among_those_of_the_first() -> None:
    stage = ReplyStage(parser(), parallel=False)
    first, second = made(0), made(1)
    mixed = [first[0], second[0], first[1], second[1], second[2], first[2]]
    assert stage.feed(mixed) == first


@pytest.mark.parametrize("reported", ["stop", "tool_calls"])
@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ((), "stop"),
        ((*made(0),), "tool_calls"),
        ((*made(0), ToolCallStart(1, "b", "f"), ToolCallEnd(1, "broken")), "stop"),
        ((ToolCallStart(0, "b", "f"), ToolCallEnd(0, "truncated")), "stop"),
        ((ToolCallStart(0, "b", ""), ToolCallEnd(0)), "stop"),
        ((*made(0), ToolCallStart(1, "b", ""), ToolCallEnd(1)), "stop"),
    ],
)
def test_the_stage_alone_says_why_a_reply_ended_with_a_parser_and_without(
    calls: tuple[Event, ...], reason: str, reported: str, *, reads: bool
) -> None:
    """Ollama and LM Studio say stop after calls, gateways say tool_calls with none."""
    stage = ReplyStage(parser() if reads else None)
    assert stage.feed([*calls, Finish(reported)])[-1] == Finish(reason)


def test_a_call_without_a_name_is_broken_whatever_its_reader_says() -> None:
    assert staged(ToolCallStart(0, "a", ""), ToolCallEnd(0)) == [ToolCallStart(0, "a", ""), ToolCallEnd(0, "broken")]


def test_without_a_parser_text_passes_as_it_is() -> None:
    stage = ReplyStage()
    events: list[Event] = [ContentDelta(PAIR), ReasoningDelta("Hm."), Finish("stop")]
    assert stage.feed(events) == events
    assert stage.finish() == []
