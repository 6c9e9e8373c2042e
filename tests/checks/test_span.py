"""The ends of JSON values."""

import pytest

from toolbridge.checks.span import Span, inside

VALUES = [
    '"a"',
    '"\\"}"',
    '"\\\\"',
    "{}",
    '{"a":[1,{"b":"]}"}]}',
    "[]",
    "[[],[]]",
    "5",
    "-1.5e3",
    "true",
    ' \n"a"',
    '""',
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("behind", [",", "}", "]", " "])
def test_a_value_ends_where_it_ends_however_the_text_is_cut(value: str, behind: str) -> None:
    text = value + behind + '"more"'
    for cut in range(len(text)):
        span, pos, stop = Span(), 0, cut
        while not span.ended:
            pos = span.feed(text[:stop], pos)
            if span.ended or stop == len(text):
                break
            stop = len(text)
        assert (span.ended, pos) == (True, len(value))


@pytest.mark.parametrize("begun", ['"abc', '"a\\', "{", '{"a":', "[1,", '["a"', "12"])
def test_a_value_that_goes_on_has_not_ended(begun: str) -> None:
    span = Span()
    span.feed(begun, 0)
    assert not span.ended


def test_text_inside_a_string_ends_at_its_quote_or_at_half_an_escape() -> None:
    assert inside('a\\"b" c', 0) == 4
    assert inside("ab\\", 0) == 2
    assert inside("\\n" * 1000, 0) == 2000
    assert inside("\\n" * 1000 + '"', 0) == 2000
