"""Expressions of response templates: what they are taken apart into, and which are refused."""

from itertools import count

import pytest

from toolbridge.errors import Misuse
from toolbridge.notation.reading import Reading
from toolbridge.notation.template_pattern import parts, read_parts
from toolbridge.scanner import NotACall, OutOfText


@pytest.mark.parametrize(
    ("pattern", "row"),
    [
        (r"<a>\s*<b=(?P<name>\w+)>",
         [("text", "<a>"), ("blanks", ""), ("text", "<b="), ("group", "name"), ("text", ">")]),
        (r"<\|x\|>f\.(?P<name>[\w.-]+?).*?\[y\]",
         [("text", "<|x|>f."), ("group", "name"), ("gap", ""), ("text", "[y]")]),
        (r"a(?: <\|c\|>xml)?b", [("text", "a"), ("maybe", " <|c|>xml"), ("text", "b")]),
        (r"a\n?b\nc", [("text", "a"), ("blanks", ""), ("text", "b\nc")]),
        ("", []),
    ],
)  # fmt: skip
def test_an_expression_is_a_row_of_parts(pattern: str, row: list[tuple[str, str]]) -> None:
    assert [(part.kind, part.text) for part in parts(pattern)] == row


@pytest.mark.parametrize(
    "pattern", ["a|b", "(a)", "a+", "(?=a)", "(?P<n>(a+)+)", r"\d", "[ab]", "^a", "a{2}", "(?:a|b)?", "x" * 1025]
)
def test_any_other_expression_is_refused(pattern: str) -> None:
    with pytest.raises(Misuse, match="not read"):
        parts(pattern)


def read(pattern: str, text: str, size: int) -> dict[str, str]:
    numbers = count()
    reading = Reading(ids=lambda: f"id{next(numbers)}")
    grammar = read_parts(reading, parts(pattern))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    try:
        for piece in pieces:
            reading.scanner.feed(piece)
            next(grammar)
        reading.scanner.finish()
        next(grammar)
    except StopIteration as found:
        return dict(found.value)
    raise AssertionError(text)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_the_parts_are_read_however_the_text_is_cut(size: int) -> None:
    assert read(r"<b=(?P<name>\w+)>", "<b=get_weather> ", size) == {"name": "get_weather"}
    assert read(r"\.(?P<n>.+?).*?<m>", ".now and more<m> ", size) == {"n": "now"}
    assert read(r"a(?: b)?\s*c", "a  c ", size) == {}
    assert read(r"a(?: b)?\s*c", "a b c ", size) == {}


def test_other_text_is_no_call() -> None:
    with pytest.raises(NotACall):
        read("<b>", "<c> ", 1)
    with pytest.raises(NotACall):
        read("a.*?(?P<n>.+)", "a b ", 1)
    with pytest.raises(OutOfText):
        read(".*?<m>", "no end", 3)
