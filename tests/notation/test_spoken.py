"""The text of a reply: it goes out, blanks at its end wait, and every character is counted."""

from itertools import count

from toolbridge.events import ContentDelta, ReasoningDelta
from toolbridge.messages import Tool
from toolbridge.notation.drafts import AROUND
from toolbridge.notation.reading import Reading


def reading(text: str, *tools: Tool) -> Reading:
    numbers = count()
    one = Reading(tools, ids=lambda: f"id{next(numbers)}")
    one.scanner.feed(text)
    return one


def test_text_leaves_at_once_but_for_the_blanks_at_its_end() -> None:
    one = reading("Hello \n you")
    one.pass_to(7)
    assert one.taken() == [ContentDelta("Hello")]
    one.pass_to(11)
    assert one.taken() == [ContentDelta(" \n you")]
    assert one.ledger() == {"content": 11}


def test_no_more_than_64_blanks_are_held() -> None:
    one = reading("x" + " " * 100)
    one.pass_to(101)
    assert one.taken() == [ContentDelta("x"), ContentDelta(" " * 36)]
    one.release_blanks()
    assert one.taken() == [ContentDelta(" " * 64)]


def test_text_may_stand_for_what_was_read() -> None:
    one = reading("a<0x0A>b")
    one.pass_to(1)
    one.scanner.pos += 6
    one.say("\n")
    one.pass_to(8)
    assert one.taken() == [ContentDelta("a"), ContentDelta("\nb")]
    assert one.ledger() == {"content": 3, "markup": 5}


def test_the_line_at_hand_is_blank_until_text_stands_on_it() -> None:
    one = reading("a\n  b")
    one.pass_to(1)
    assert not one.line_blank
    one.pass_to(4)
    assert one.line_blank
    one.pass_to(5)
    assert not one.line_blank
    one.begin_line()
    assert one.line_blank


def test_a_code_span_closes_with_as_many_ticks_as_opened_it() -> None:
    one = reading("")
    for ticks, open_with in ((2, 2), (1, 2), (2, 0)):
        one.turn_span(ticks)
        assert one.code_span == open_with


def test_reasoning_is_kept_only_where_a_call_may_be_read_out_of_it() -> None:
    for tools, kept in (((Tool("now"),), "hm"), ((), "")):
        one = reading("hm then", *tools)
        one.begin_thought()
        one.pass_to(2)
        assert (one.taken(), one.thoughts()) == ([ReasoningDelta("hm")], kept)


def test_blanks_behind_a_call_are_dropped_and_blanks_behind_text_are_text() -> None:
    one = reading("a \n")
    one.pass_to(3)
    one.release_blanks()
    assert one.ledger() == {"content": 3}
    one = reading(" \n")
    one.pass_to(2)
    one.drop_blanks()
    assert one.ledger() == {AROUND: 2}
