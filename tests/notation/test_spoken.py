"""The text of a reply: it goes out, blanks at its end wait, and every character is counted."""

from itertools import count

from toolbridge.events import ContentDelta, ReasoningDelta
from toolbridge.messages import Tool
from toolbridge.notation.drafts import AROUND, STRAY
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


def stray(text: str, opener: int) -> Reading:
    """A reading that has read this many characters as a stray opener."""
    one = reading(text, Tool("now"))
    one.open()
    one.scanner.pos = opener
    one.give_back(stray=True)
    return one


def test_a_stray_opener_directly_before_a_call_is_dropped() -> None:
    one = stray("<x>\n{}", 4)
    assert one.taken() == []
    one.open()
    one.scanner.pos = 6
    one.empty_call("now")
    assert one.ledger() == {STRAY: 3, AROUND: 1, "call": 2}


def test_a_stray_opener_before_anything_else_is_text() -> None:
    one = stray("<x>\n text", 4)
    one.pass_to(9)
    assert one.taken() == [ContentDelta("<x>\n text")]
    one = stray("<x>\n", 4)
    one.release_blanks()
    assert one.taken() == [ContentDelta("<x>\n")]
    one = stray("<x>\n", 4)
    one.drop_blanks()
    assert (one.taken(), one.ledger()) == ([ContentDelta("<x>")], {"content": 3, AROUND: 1})


def test_a_second_stray_opener_and_a_long_one_are_text() -> None:
    one = stray("<x><y>", 3)
    one.open()
    one.scanner.pos = 6
    one.give_back(stray=True)
    assert one.taken() == [ContentDelta("<x><y>")]
    assert stray("<" + "x" * 70, 71).taken() == [ContentDelta("<" + "x" * 70)]
