"""Calls held to the schemas of the offered tools, as they pass."""

from collections import Counter
from typing import Any

import pytest

from toolbridge.checks import ToolChecks
from toolbridge.events import (
    ContentDelta,
    Event,
    Finish,
    Outcome,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    collect,
)
from toolbridge.messages import Tool
from toolbridge.reply_parser import ReplyParser
from toolbridge.translate import ReplyStage
from toolbridge.translate.checked_calls import CheckedCalls

WEATHER = Tool(
    "get_weather",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
)


def call(arguments: str, name: str = "get_weather", index: int = 0, outcome: Outcome = "complete") -> list[Event]:
    """A call in pieces of three characters."""
    pieces = [ToolCallArgsDelta(index, arguments[at : at + 3]) for at in range(0, len(arguments), 3)]
    return [ToolCallStart(index, f"call_{index}", name), *pieces, ToolCallEnd(index, outcome)]


def checked(events: list[Event], **options: Any) -> tuple[list[Event], CheckedCalls]:
    """What becomes of these events, fed one by one."""
    calls = CheckedCalls(ToolChecks([WEATHER], **options))
    return [out for event in events for out in calls.feed([event])], calls


def test_events_that_need_no_change_pass_as_they_are() -> None:
    events = [ContentDelta("So."), *call('{"city":"Oslo"}'), Finish("tool_calls")]
    calls = CheckedCalls(ToolChecks([WEATHER]))
    assert list(calls.feed(events)) == events
    text = [ContentDelta("a"), ContentDelta("b")]
    assert calls.feed(text) is text
    assert not calls.counts


def test_values_and_names_are_changed_and_counted() -> None:
    out, calls = checked(call('{"City":"Oslo","days":"3"}', "getWeather"))
    assert out[0] == ToolCallStart(0, "call_0", "get_weather")
    (made,) = collect(out).tool_calls
    assert made.arguments_json == '{"city":"Oslo","days":3}'
    assert calls.counts == Counter(renamed=2, coerced=1)
    assert out[-1] == ToolCallEnd(0, "complete", {"renamed": 2, "coerced": 1})


def test_tolerances_of_the_reader_stay_beside_the_changes() -> None:
    events = [*call('{"city":5}')[:-1], ToolCallEnd(0, "complete", {"quotes": 2})]
    out, _ = checked(events)
    assert out[-1] == ToolCallEnd(0, "complete", {"quotes": 2, "coerced": 1})


def test_a_call_that_does_not_fit_is_told_and_goes_on() -> None:
    out, calls = checked(call('{"days":3}'))
    assert collect(out).tool_calls[0].arguments == {"days": 3}
    assert out[-1] == ToolCallEnd(0, "complete", {"invalid": 1})
    assert [str(fault) for fault in calls.faults] == ['get_weather: "city" is a required property']


def test_calls_that_come_at_the_same_time_are_told_apart() -> None:
    first, second = call('{"city":1}', index=0), call('{"city":2}', index=1)
    out, calls = checked([event for pair in zip(first, second, strict=True) for event in pair])
    assert [made.arguments for made in collect(out).tool_calls] == [{"city": "1"}, {"city": "2"}]
    assert calls.counts == Counter(coerced=2)


@pytest.mark.parametrize("outcome", ["truncated", "broken"])
def test_a_call_that_did_not_end_well_keeps_all_its_characters(outcome: Outcome) -> None:
    out, calls = checked(call('{"city":"Oslo","days":"3', outcome=outcome))
    assert "".join(event.json for event in out if isinstance(event, ToolCallArgsDelta)) == '{"city":"Oslo","days":"3'
    assert out[-1] == ToolCallEnd(0, outcome)
    assert not calls.faults


def test_calls_of_unknown_tools_and_pieces_without_a_call_pass() -> None:
    events = [*call('{"days":"3"}', "other"), ToolCallArgsDelta(7, "x"), ToolCallEnd(7)]
    out, calls = checked(events)
    assert out == events
    assert not calls.counts


def test_what_is_switched_off_does_nothing() -> None:
    events = call('{"days":"3"}')
    assert checked(events, coerces=False, notes=False)[0] == events
    assert checked(events, coerces=False)[1].counts == Counter(invalid=1)
    assert checked(events, notes=False)[1].counts == Counter(coerced=1)


@pytest.mark.parametrize("cut", range(1, 60))
def test_calls_that_are_read_and_calls_that_were_made_are_changed_alike(cut: int) -> None:
    markup = '<tool_call>\n{"name": "get_weather", "arguments": {"city": 5, "days": "3"}}\n</tool_call>'
    stage = ReplyStage(ReplyParser("hermes", [WEATHER]), checks=ToolChecks([WEATHER]))
    events: list[Event] = [ContentDelta(markup[:cut]), ContentDelta(markup[cut:]), *call('{"city": 6}')]
    out = [event for each in [*events, Finish("stop")] for event in stage.feed([each])]
    reply = collect(out)
    assert [made.arguments for made in reply.tool_calls] == [{"city": "5", "days": 3}, {"city": "6"}]
    assert (reply.content, reply.finish_reason) == ("", "tool_calls")
    assert stage.changes == Counter(coerced=3)
