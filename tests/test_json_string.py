"""The characters of a JSON string, however it is cut, and nothing behind its closing quote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.replies import chunks, cut
from toolbridge.json_string import StringText


def ways(text: str) -> list[list[str]]:
    return [[text], chunks(text, 1), *(cut(text, [place]) for place in range(1, len(text)))]


def decoded(pieces: list[str], quote: str = '"') -> str:
    string, out = StringText(quote), ""
    for piece in pieces:
        end, characters = string.feed(piece, 0, len(piece))
        out += characters
        assert string.ended or end == len(piece)
    assert string.ended
    return out


@pytest.mark.parametrize(
    ("inside", "characters"),
    [
        ("", ""),
        ("Oslo", "Oslo"),
        ("a\\nb\\u00e9\\\\", "a\nbé\\"),
        ("\\ud83d\\ude00!", "😀!"),
        ("\\ud83dx", "\ud83dx"),
        ("\\ud83d\\ud83d\\ude00", "\ud83d😀"),
        ("\\\\ud83d", "\\ud83d"),
        ("\\\\\\ud83d\\ude00", "\\😀"),
        ("\\\\\\\\ud83d\\\\", "\\\\ud83d\\"),
        ("\\x41 \n \\'", "A \n '"),
    ],
)
def test_the_characters_of_a_string_are_decoded_however_it_is_cut(inside: str, characters: str) -> None:
    for pieces in ways(inside + '"'):
        assert decoded(pieces) == characters


def test_a_string_in_single_quotes_is_decoded() -> None:
    assert decoded(["say \"x\" it\\'s'"], "'") == 'say "x" it\'s'


@given(characters=st.text(max_size=20), size=st.integers(1, 5), ascii_only=st.booleans())
def test_any_string_is_decoded_however_it_is_cut(characters: str, size: int, ascii_only: bool) -> None:
    written = json.dumps(characters, ensure_ascii=ascii_only)[1:]
    expected = json.loads(f'"{written}')  # halves that stand side by side become one character
    assert decoded(chunks(written, size)) == expected


def test_nothing_behind_the_closing_quote_is_read() -> None:
    string = StringText()
    assert string.feed('ab": 1', 0, 6) == (3, "ab")
    assert string.ended
