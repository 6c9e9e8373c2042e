"""Literals in text that comes in pieces, and grammars that wait for more text."""

import re
from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.replies import chunks, cut
from toolbridge.scanner import Grammar, Markers, NotACall, OutOfText, Scanner
from toolbridge.words import Frame, Words

TAGS = Markers(["<a>", "<abc>", "<abc", "b", "[x]"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("so far", None, id="nothing"),
        pytest.param("so <a> far", (3, "<a>"), id="a whole literal"),
        pytest.param("so <", (3, None), id="a tail of one character"),
        pytest.param("so <abc", (3, None), id="a literal that may become a longer one"),
        pytest.param("so <abcd", (3, "<abc"), id="a literal that did not become the longer one"),
        pytest.param("so <abc>", (3, "<abc>"), id="the longer one"),
        pytest.param("<<<a>", (2, "<a>"), id="half literals before a whole one"),
        pytest.param("<ab>", (2, "b"), id="a literal inside what is none"),
        pytest.param("<a", (0, None), id="a tail of two characters"),
        pytest.param("[x", (0, None), id="a tail with a special character"),
        pytest.param("", None, id="no text"),
    ],
)
def test_a_search_finds_the_first_literal_or_the_tail_that_may_become_one(
    text: str, found: tuple[int, str | None] | None
) -> None:
    assert TAGS.search(text, 0, len(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("so <", None, id="a tail is text"),
        pytest.param("so <abc", (3, "<abc"), id="a literal that can no longer grow"),
        pytest.param("so <a", None, id="a tail of two characters is text"),
        pytest.param("so [x", None, id="another tail"),
        pytest.param("so <ab", (5, "b"), id="a literal inside a tail"),
    ],
)
def test_at_the_end_a_tail_is_text(text: str, found: tuple[int, str | None] | None) -> None:
    assert TAGS.search(text, 0, len(text), ended=True) == found


def test_at_the_end_a_literal_counts_though_a_longer_one_had_begun() -> None:
    markers = Markers(["<tool_result", "<tool_results>"])
    assert markers.search("x <tool_results", 0, 15) == (2, None)
    assert markers.search("x <tool_results", 0, 15, ended=True) == (2, "<tool_result")
    assert markers.match("<tool_results", 0, 13, ended=True) == (0, "<tool_result")


def test_a_match_looks_at_its_place_only() -> None:
    assert TAGS.match("x<a>", 0, 4) is None
    assert TAGS.match("x<a>", 1, 4) == (1, "<a>")
    assert TAGS.match("x<a>", 1, 3) == (1, None)
    assert TAGS.match("x<a>", 1, 3, ended=True) is None


def test_a_search_sees_no_further_than_it_is_told() -> None:
    assert TAGS.search("so <a>", 0, 5) == (3, None)
    assert TAGS.search("so <a> <abc>", 5, 12) == (7, "<abc>")


def test_no_literals_are_never_found() -> None:
    for markers in (Markers([]), Markers([""])):
        assert markers.search("anything", 0, 8) is None
        assert markers.match("", 0, 0) is None


@given(
    literals=st.lists(st.text("<ab>", min_size=1, max_size=4), max_size=5),
    text=st.text("<ab>", max_size=12),
    ended=st.booleans(),
)
def test_a_search_says_what_a_slow_one_says(literals: list[str], text: str, ended: bool) -> None:
    assert Markers(literals).search(text, 0, len(text), ended=ended) == slow_search(literals, text, ended=ended)


@given(
    literals=st.lists(st.text("<ab>", min_size=1, max_size=7), max_size=4),
    parts=st.lists(st.lists(st.text("<ab>", max_size=2), min_size=2, max_size=3).map(tuple), max_size=2),
    names=st.lists(st.text("<ab>", min_size=1, max_size=3), max_size=3),
    text=st.text("<ab>", max_size=12),
    ended=st.booleans(),
    foreign=st.booleans(),
)
def test_names_that_are_looked_up_are_found_as_literals_are(
    literals: list[str], parts: list[tuple[str, ...]], names: list[str], text: str, *, ended: bool, foreign: bool
) -> None:
    written = [name.join(part) for part in parts for name in names]
    markers = Markers(literals, tuple(Frame(part, Words(names)) for part in parts), foreign=foreign)
    expected = slow_search([*literals, *written], text, ended=ended)
    if all(part[0] for part in parts):
        assert markers.search(text, 0, len(text), ended=ended) == expected
    assert markers.match(text, 0, len(text), ended=ended) == (expected if expected and expected[0] == 0 else None)


@given(
    literals=st.lists(st.text("<ab>", min_size=1, max_size=4), min_size=1, max_size=4),
    text=st.text("<ab>", max_size=8),
    ended=st.booleans(),
    limit=st.none() | st.integers(0, 8),
)
def test_markers_are_read_as_options_are(literals: list[str], text: str, *, ended: bool, limit: int | None) -> None:
    longest_first = sorted(literals, key=len, reverse=True)

    def limited(
        read: Callable[[Scanner], Generator[None, None, str]],
    ) -> Callable[[Scanner], Generator[None, None, str]]:
        def grammar(scanner: Scanner) -> Generator[None, None, str]:
            scanner.limit(limit)
            return (yield from read(scanner))

        return grammar

    for pieces in (pieces for pieces in ways(text) if pieces):
        by_options = run(limited(lambda scanner: scanner.maybe(*longest_first)), pieces, ended=ended)
        by_markers = run(limited(lambda scanner: scanner.marker(Markers(literals))), pieces, ended=ended)
        assert by_markers == by_options


def test_nothing_of_a_name_is_compiled_and_nothing_of_it_kept() -> None:
    long = "n" * 100_000
    markers = Markers((f"</{long}>",), (Frame(("<", ">"), Words([long])),), foreign=True)
    assert markers.search(f"x</{long}>", 0, len(long) + 4) == (1, f"</{long}>")
    assert len(markers.pattern.pattern) < 10
    assert Markers((long,)).match(long, 0, len(long)) == (0, long)


def slow_search(literals: list[str], text: str, *, ended: bool) -> tuple[int, str | None] | None:
    for start in range(len(text)):
        rest = text[start:]
        whole = max((one for one in literals if rest.startswith(one)), key=len, default=None)
        if not ended and any(len(one) > len(rest) and one.startswith(rest) for one in literals):
            return start, None
        if whole:
            return start, whole
    return None


def run(grammar: Callable[[Scanner], Generator[None, None, Any]], pieces: list[str], *, ended: bool = True) -> Any:
    """The result or the exception of a grammar over text that comes in these pieces."""
    scanner = Scanner()
    running = grammar(scanner)
    try:
        next(running)
        for piece in pieces:
            scanner.feed(piece)
            next(running)
        if ended:
            scanner.finish()
            next(running)
    except StopIteration as stop:
        return stop.value, scanner.here
    except (NotACall, OutOfText) as stop:
        return type(stop), scanner.here
    return "waits", scanner.here


def ways(text: str) -> list[list[str]]:
    return [[text], chunks(text, 1), *(cut(text, [place]) for place in range(1, len(text)))]


def options(*literals: str) -> Callable[[Scanner], Generator[None, None, str]]:
    return lambda scanner: scanner.literal(*literals)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pytest.param("</a> x", ("</a>", 4), id="the literal"),
        pytest.param("</abc> x", ("</abc>", 6), id="the longer one, which stands first"),
        pytest.param("</x", (NotACall, 0), id="another text"),
        pytest.param("</a", (OutOfText, 0), id="half of it"),
        pytest.param("", (OutOfText, 0), id="nothing"),
    ],
)
def test_a_literal_is_read_or_is_not_there(text: str, result: tuple[Any, int]) -> None:
    for pieces in ways(text):
        assert run(options("</abc>", "</a>"), pieces) == result


def test_a_literal_that_may_be_there_is_left_where_it_is_not_or_the_text_ends() -> None:
    for text, result in (("<b>", ("<b>", 3)), ("<c>", ("", 0)), ("<", ("", 0)), ("", ("", 0))):
        for pieces in ways(text):
            assert run(lambda scanner: scanner.maybe("<b>"), pieces) == result
            assert run(lambda scanner: scanner.sees("<b>"), pieces) == (result[0], 0)


def test_no_options_are_never_there_and_nothing_is_waited_for() -> None:
    assert run(lambda scanner: scanner.option(), [""], ended=False) == ("", 0)


def test_blanks_are_read_up_to_a_character_that_is_none() -> None:
    def grammar(scanner: Scanner) -> Generator[None, None, str]:
        yield from scanner.blanks()
        return (yield from scanner.peek())

    for pieces in ways(" \t\r\n x"):
        assert run(grammar, pieces) == ("x", 5)
    for pieces in ways(" \n"):
        assert run(grammar, pieces) == (OutOfText, 2)


def test_taking_reads_all_that_fits_however_it_comes() -> None:
    digits = re.compile("[0-9]*")
    for pieces in ways("123x"):
        assert run(lambda scanner: scanner.take(digits), pieces) == ("123", 3)
    assert run(lambda scanner: scanner.take(digits), ["x"]) == ("", 0)
    assert run(lambda scanner: scanner.take(digits), ["12"]) == (OutOfText, 2)


def limited(at: int) -> Callable[[Scanner], Generator[None, None, str]]:
    def grammar(scanner: Scanner) -> Generator[None, None, str]:
        scanner.limit(at)
        yield from scanner.blanks()
        return (yield from scanner.literal("xy"))

    return grammar


@pytest.mark.parametrize(("at", "result"), [(3, (NotACall, 3)), (4, (NotACall, 3)), (5, ("xy", 5))])
def test_a_limit_is_reached_at_the_same_character_however_the_text_comes(at: int, result: tuple[Any, int]) -> None:
    for pieces in ways("   xyz"):
        assert run(limited(at), pieces) == result


def test_a_limit_that_is_taken_away_lets_the_rest_be_seen() -> None:
    scanner = Scanner()
    scanner.feed("abcdef")
    scanner.limit(2)
    assert scanner.stop == 2
    scanner.limit(None)
    assert scanner.stop == 6


def test_waiting_at_the_limit_ends_though_no_text_is_left() -> None:
    def grammar(scanner: Scanner) -> Grammar:
        scanner.limit(2)
        yield from scanner.take(re.compile("x*"))

    for pieces in ways("xx"):
        assert run(grammar, pieces) == (NotACall, 2)


def test_settling_waits_for_more_or_for_the_end() -> None:
    def grammar(scanner: Scanner) -> Generator[None, None, str]:
        yield from scanner.settle()
        return scanner.text

    assert run(grammar, []) == ("", 0)
    assert run(grammar, ["x"]) == ("x", 0)


def test_the_tape_keeps_what_is_read_across_pieces() -> None:
    scanner = Scanner()
    scanner.feed("abc")
    scanner.pos = 1
    scanner.keep()
    scanner.pos = 3
    scanner.feed("def")
    scanner.pos = 2
    assert scanner.kept() == "bcde"
    assert scanner.here == 5
    scanner.drop()
    scanner.feed("g")
    assert scanner.kept() == ""


def test_going_back_on_the_tape_lets_the_text_be_read_again() -> None:
    for to in range(1, 7):
        scanner = Scanner()
        scanner.feed("ab")
        scanner.pos = 1
        scanner.keep()
        scanner.pos = 2
        scanner.feed("cd")
        scanner.pos = 2
        scanner.feed("efg")
        scanner.pos = 2
        scanner.back(to)
        assert scanner.here == to
        assert scanner.text[scanner.pos : scanner.stop] == "abcdefg"[to:]
        assert scanner.kept() == "abcdefg"[1:to]


def test_a_passage_is_counted_and_kept_without_being_looked_at() -> None:
    scanner = Scanner()
    scanner.feed("ab")
    scanner.keep()
    scanner.pos = 2
    scanner.past("cdef")
    assert (scanner.here, scanner.kept(), scanner.text) == (6, "abcdef", "")
    scanner.feed("gh")
    scanner.pos = 1
    assert (scanner.here, scanner.kept()) == (7, "abcdefg")


def test_there_is_room_for_a_passage_within_the_limit_only() -> None:
    scanner = Scanner()
    assert scanner.has_room("x" * 100)
    scanner.limit(4)
    scanner.feed("ab")
    scanner.pos = 2
    assert scanner.has_room("cd")
    assert not scanner.has_room("cde")
