"""Words that are looked up in text: which stands there, and which may still come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.words import Phrase, Words

SHORT = st.text("ab", min_size=1, max_size=4)


@given(
    words=st.lists(SHORT, max_size=8), text=st.text("abc", max_size=8), pos=st.integers(0, 8), stop=st.integers(0, 8)
)
def test_a_look_up_says_what_a_slow_one_says(words: list[str], text: str, pos: int, stop: int) -> None:
    rest = text[pos:stop]
    longest = max((word for word in words if rest.startswith(word)), key=len, default="")
    ends_within = any(len(word) > len(rest) and word.startswith(rest) for word in words)
    looked_up = Words(words)
    assert looked_up.at(text, pos, min(len(text), stop)) == (longest, ends_within)
    found = []
    while longest:
        found.append(longest)
        longest = looked_up.shorter(longest)
    assert found == sorted({word for word in words if rest.startswith(word)}, key=len, reverse=True)


@given(
    parts=st.lists(st.text("ab", max_size=2), min_size=2, max_size=3).map(tuple),
    words=st.lists(SHORT, max_size=4),
    text=st.text("ab", max_size=12),
)
def test_a_word_in_its_phrase_is_what_a_slow_look_up_finds(parts: tuple[str, ...], words: list[str], text: str) -> None:
    written = [word.join(parts) for word in words]
    longest = max((one for one in written if text.startswith(one)), key=len, default="")
    found, ends_within = Phrase(parts, Words(words)).at(text, 0, len(text))
    assert found == longest
    if written:
        assert ends_within == any(len(one) > len(text) and one.startswith(text) for one in written)


@pytest.mark.parametrize("names", [["a" * size for size in range(1, 129)], [f"{'a' * size}A" for size in range(128)]])
def test_names_that_begin_alike_are_told_apart(names: list[str]) -> None:
    words = Words(names)
    assert all(words.at(f"{name}b", 0, len(name) + 1)[0] == name for name in names)
    assert words.at("b", 0, 1) == ("", False)


def test_what_begins_otherwise_is_told_once() -> None:
    words = Words(["now", "\u00f6ffnen", "[x]"])
    odd = words.without(("n", "["))
    assert odd.at("\u00f6ffnen", 0, 6) == ("\u00f6ffnen", False)
    assert words.without(("n", "["), initials=True).at("\u00f6ffnen", 0, 6) == ("\u00f6", False)
    assert words.without(("n", "[")) is odd
    assert odd.at("now", 0, 3) == ("", False)
