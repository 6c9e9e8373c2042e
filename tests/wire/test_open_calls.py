"""Calls that are open at places of a wire's own numbering."""

import pytest

from toolbridge.errors import FrameError
from toolbridge.events import Event, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.limits import Limits
from toolbridge.wire.open_calls import OpenCalls


def new(limit: int = 100) -> OpenCalls:
    return OpenCalls(Limits(call=limit), lambda: "call_new")


def started(calls: OpenCalls, place: int, arguments: str = "") -> list[Event]:
    return list(calls.start(place, None, "now", arguments))


def test_calls_are_numbered_from_0_whatever_their_places_are() -> None:
    calls = new()
    assert list(calls.start(7, "a", "now")) == [ToolCallStart(0, "a", "now")]
    assert started(calls, 3) == [ToolCallStart(1, "call_new", "now")]
    assert (7 in calls, 3 in calls, 0 in calls) == (True, True, False)
    assert list(calls.add(3, "{}")) == [ToolCallArgsDelta(1, "{}")]
    assert list(calls.close(3)) == [ToolCallEnd(1)]
    assert 3 not in calls


def test_what_belongs_to_no_open_call_is_nothing() -> None:
    calls = new()
    assert [*calls.add(0, "{}"), *calls.close(0), *calls.finish("broken")] == []


@pytest.mark.parametrize(
    ("arguments", "closing", "whole", "written"),
    [("", "", True, "{}"), ('{"a":1}', "", True, '{"a":1}'), ('{"a":1}', "{ }", True, "{ }"), ("", "", False, "")],
)
def test_a_call_without_pieces_has_the_arguments_that_were_given(
    arguments: str, closing: str, whole: bool, written: str
) -> None:
    calls = new()
    started(calls, 0, arguments)
    out = list(calls.close(0, closing, whole=whole))
    assert out == ([ToolCallArgsDelta(0, written)] if written else []) + ([ToolCallEnd(0)] if whole else [])


@pytest.mark.parametrize("pieces", [[], ['{"a":'], ["[1]"], ["no"]])
def test_what_is_not_one_whole_object_ends_with_the_reply(pieces: list[str]) -> None:
    calls = new()
    started(calls, 0)
    for piece in pieces:
        list(calls.add(0, piece))
    if pieces:
        assert list(calls.close(0)) == []
    assert list(calls.finish("truncated")) == [ToolCallEnd(0, "truncated")]
    assert list(calls.finish("truncated")) == []


def test_a_call_over_the_limit_is_refused() -> None:
    calls = new(limit=4)
    started(calls, 0)
    assert list(calls.add(0, "1234"))
    with pytest.raises(FrameError, match=r"limits\.call"):
        list(calls.add(0, "5"))
