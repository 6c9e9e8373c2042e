"""Drafts and the ledger: every character is counted once, and what is undone is text."""

from itertools import count

import pytest

from toolbridge.events import ContentDelta, Event, ToolCall, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.notation.drafts import AROUND, SKIPPED
from toolbridge.notation.reading import Reading, Release
from toolbridge.scanner import NotACall, OutOfText

TOOLS = (Tool("now"), Tool("get_weather"))


def reading(text: str, release: Release = "early", *, copies: tuple[ToolCall, ...] = ()) -> Reading:
    numbers = count()
    one = Reading(TOOLS, release=release, copies=copies, ids=lambda: f"id{next(numbers)}")
    one.scanner.feed(text)
    return one


def call(one: Reading, name: str, arguments: str, size: int, *, dropped: bool = False) -> None:
    """Read a call of this size, from an open draft on."""
    one.begin(name, dropped=dropped)
    one.args(arguments)
    one.scanner.pos += size
    one.end()


def test_a_draft_that_is_given_back_is_text() -> None:
    one = reading("a <x> b")
    one.pass_to(2)
    one.open()
    one.scanner.pos = 5
    one.mark("markup")
    one.give_back()
    one.pass_to(7)
    assert one.taken() == [ContentDelta("a"), ContentDelta(" <x>"), ContentDelta(" b")]
    assert one.ledger() == {"content": 7}


def test_a_draft_that_is_given_back_in_part_is_read_on_within() -> None:
    one = reading("<x>{y}")
    one.open()
    one.scanner.pos = 5
    one.give_back(to=3)
    assert one.scanner.text[one.scanner.pos :] == "{y}"
    assert one.taken() == [ContentDelta("<x>")]


def test_a_draft_that_is_committed_stays_counted_as_it_was() -> None:
    one = reading("<x>")
    one.open()
    one.scanner.pos = 3
    one.mark("markup")
    assert one.ledger() == {}
    one.commit()
    assert one.ledger() == {"markup": 3}
    assert one.taken() == []


@pytest.mark.parametrize("release", ["early", "whole"])
def test_a_call_is_its_events_and_the_blanks_before_it_are_dropped(release: Release) -> None:
    one = reading("a \n<now/>", release)
    one.pass_to(3)
    one.open()
    call(one, "now", "{}", 6)
    started: list[Event] = [ToolCallStart(0, "id0", "now"), ToolCallArgsDelta(0, "{}"), ToolCallEnd(0)]
    assert one.taken() == [ContentDelta("a"), *started]
    assert one.ledger() == {"content": 1, AROUND: 2, "call": 6}
    assert one.after_call


def test_early_pieces_of_a_call_leave_as_they_come() -> None:
    one = reading("<now/>")
    one.open()
    one.begin("now")
    assert one.taken() == [ToolCallStart(0, "id0", "now")]
    one.args("{")
    assert one.taken() == [ToolCallArgsDelta(0, "{")]
    one.args("")
    assert one.taken() == []


def test_under_whole_nothing_of_a_call_leaves_before_its_end() -> None:
    one = reading("<now/>", "whole")
    one.open()
    one.begin("now")
    one.args("{")
    one.args("}")
    assert one.taken() == []
    one.scanner.pos = 6
    one.end()
    assert one.taken() == [ToolCallStart(0, "id0", "now"), ToolCallArgsDelta(0, "{}"), ToolCallEnd(0)]


def test_a_call_in_a_fence_waits_for_the_fence() -> None:
    one = reading("```<now/>```")
    one.open()
    one.scanner.pos = 3
    one.open()
    call(one, "now", "{}", 6)
    assert one.taken() == []
    one.commit()
    assert one.taken() == [ToolCallStart(0, "id0", "now"), ToolCallArgsDelta(0, "{}"), ToolCallEnd(0)]


def test_a_fence_that_is_given_back_takes_its_calls_with_it() -> None:
    one = reading("```<now/>x")
    one.open()
    depth = one.depth
    one.scanner.pos = 3
    one.open()
    call(one, "now", "{}", 6)
    one.open()
    one.scanner.pos = 10
    assert one.drafted(depth) == "x"
    one.give_back(depth=depth)
    assert one.taken() == [ContentDelta("```<now/>x")]
    assert (one.calls, one.called, one.after_call) == (0, False, False)


@pytest.mark.parametrize(("stop", "outcome"), [(NotACall(), "broken"), (OutOfText(), "truncated")])
def test_a_call_that_left_early_and_ends_in_its_middle_says_so(stop: NotACall | OutOfText, outcome: str) -> None:
    one = reading("<now a")
    one.open()
    one.begin("now")
    one.args('{"a":')
    one.scanner.pos = 5
    one.abandon(stop)
    last = one.taken()[-1]
    assert isinstance(last, ToolCallEnd)
    assert (last.outcome, last.complete) == (outcome, False)
    one.pass_to(6)
    assert sum(one.ledger().values()) == 6


@pytest.mark.parametrize("stop", [NotACall(), OutOfText()])
def test_under_whole_it_is_text(stop: NotACall | OutOfText) -> None:
    one = reading("<now a", "whole")
    one.open()
    one.begin("now")
    one.args('{"a":')
    one.scanner.pos = 6
    assert not one.abandon(stop)
    assert one.taken() == [ContentDelta("<now a")]
    assert one.ledger() == {"content": 6}


def test_where_tools_are_offered_another_name_may_be_refused() -> None:
    one = reading("<x/>")
    assert one.resolve("other") == "other"
    one.require_offered()
    assert one.resolve("Now") == "now"
    with pytest.raises(NotACall):
        one.resolve("other")


def test_a_copy_of_the_example_is_no_call() -> None:
    one = reading("<now/>", copies=(ToolCall("now", '{"a": 1}'),))
    one.open()
    one.begin("now")
    one.args('{"a":1}')
    one.scanner.pos = 6
    with pytest.raises(NotACall) as stop:
        one.end()
    assert not one.abandon(stop.value)
    assert one.taken() == [ContentDelta("<now/>")]


def test_a_call_that_has_outgrown_the_example_leaves_at_once() -> None:
    one = reading("<now/>", copies=(ToolCall("now", '{"a": 1}'),))
    one.open()
    one.begin("now")
    one.args('{"a":')
    assert one.taken() == []
    one.args('"' + "x" * 20)
    assert one.taken() == [ToolCallStart(0, "id0", "now"), ToolCallArgsDelta(0, '{"a":"' + "x" * 20)]


def test_a_draft_may_look_ahead_so_far_and_a_call_grow_so_long() -> None:
    numbers = count()
    limits = Limits(lookahead=4, call=8)
    one = Reading(TOOLS, limits=limits, ids=lambda: f"id{next(numbers)}")
    one.scanner.feed("0123456789")
    one.open()
    assert one.scanner.stop == 4
    one.begin("now")
    assert one.scanner.stop == 8
    one.scanner.pos = 2
    one.end()
    assert one.scanner.stop == 10


def test_an_id_of_the_models_own_is_kept_unless_it_is_a_bare_counter_or_comes_again() -> None:
    one = reading("<a><b><c><d><e>")
    given = ("functions.now:0", "0", "1234", "functions.now:0", "123456789")
    for call_id in given:
        one.open()
        one.begin("now", call_id)
        one.scanner.pos += 3
        one.end()
    ids = [event.id for event in one.taken() if isinstance(event, ToolCallStart)]
    assert ids == ["functions.now:0", "id0", "id1", "id2", "123456789"]


def test_a_dropped_call_leaves_no_event_unless_such_a_tool_is_offered() -> None:
    one = reading("<direct><now>")
    one.open()
    call(one, "direct", "{}", 8, dropped=True)
    one.open()
    call(one, "now", "{}", 5, dropped=True)
    assert [event.name for event in one.taken() if isinstance(event, ToolCallStart)] == ["now"]
    assert one.ledger() == {SKIPPED: 8, "call": 5}


def test_a_call_ends_the_reasoning_and_one_that_is_undone_does_not() -> None:
    one = reading("Hm <a <now> Hm.", "whole")
    one.begin_thought()
    one.pass_to(3)
    one.open()
    one.begin("now")
    one.scanner.pos += 2
    one.abandon(NotACall())
    assert one.in_reasoning
    one.pass_to(6)
    one.open()
    call(one, "now", "{}", 5)
    assert not one.in_reasoning
    one.pass_to(15)
    assert one.ledger() == {"content": 4, "call": 5, "reasoning": 5, AROUND: 1}
