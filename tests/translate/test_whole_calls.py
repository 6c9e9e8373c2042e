"""Calls put together from their pieces."""

from hypothesis import given
from hypothesis import strategies as st

from toolbridge.events import ContentDelta, Event, ToolCallArgsDelta, ToolCallEnd, ToolCallStart, merged
from toolbridge.translate.whole_calls import WholeCalls


def call(index: int) -> list[Event]:
    return [
        ToolCallStart(index, f"c{index}", "now"),
        ToolCallArgsDelta(index, "{"),
        ToolCallArgsDelta(index, "}"),
        ToolCallEnd(index),
    ]


def test_text_goes_on_at_once_and_a_call_when_it_ends() -> None:
    calls = WholeCalls()
    start, opening, closing, end = call(0)
    assert calls.feed([ContentDelta("a"), start, opening]) == [ContentDelta("a")]
    assert calls.feed([ContentDelta("b")]) == [ContentDelta("b")]
    assert calls.feed([closing, end]) == [start, ToolCallArgsDelta(0, "{}"), end]


def test_events_without_a_call_are_the_very_list() -> None:
    events: list[Event] = [ContentDelta("a")]
    assert WholeCalls().feed(events) is events


@given(order=st.permutations([0, 0, 0, 0, 1, 1, 1, 1]), cut=st.integers(0, 8))
def test_calls_side_by_side_come_whole_in_the_order_of_their_ends(order: list[int], cut: int) -> None:
    left = {index: call(index) for index in (0, 1)}
    events = [left[index].pop(0) for index in order]
    calls = WholeCalls()
    out = [*calls.feed(events[:cut]), *calls.feed(events[cut:])]
    ends = [event.index for event in events if isinstance(event, ToolCallEnd)]
    assert out == [event for index in ends for event in merged(call(index))]
