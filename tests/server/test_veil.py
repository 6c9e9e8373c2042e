"""The backend's key is kept out of everything that comes back, wherever the bytes are cut."""

import pytest

from toolbridge.server.veil import Veil

KEY = "sk-the-key-itself"
STARS = "*" * len(KEY)


@pytest.mark.parametrize("size", [1, 2, 7, len(KEY), 1000])
def test_stars_stand_where_the_key_stood_in_any_cut(size: int) -> None:
    text = f"a {KEY}{KEY} sk-the-key and {KEY[:-1]}; sk-{KEY}sk-".encode()
    veil = Veil(KEY)
    shown = b"".join(veil.feed(text[at : at + size]) for at in range(0, len(text), size)) + veil.rest()
    assert shown == text.replace(KEY.encode(), STARS.encode())
    assert len(shown) == len(text)


def test_only_what_may_begin_a_key_is_held_and_only_until_it_does_not() -> None:
    veil = Veil(KEY)
    assert veil.feed(b"all of it") == b"all of it"
    assert veil.feed(b"and sk-the") == b"and "
    assert veil.feed(b"re") == b"sk-there"
    assert veil.feed(b"sk-") == b""
    assert (veil.rest(), veil.rest()) == (b"sk-", b"")


def test_a_short_key_may_be_a_word_and_is_looked_for_behind_bearer_alone() -> None:
    veil = Veil("ollama")
    assert veil.feed(b"ollama; Bearer ollama.") == b"ollama; Bearer ******."
    assert veil.text("Bearer ollama at ollama.com") == "Bearer ****** at ollama.com"


def test_a_header_is_shown_without_the_key() -> None:
    assert Veil(KEY).text(f"/?k={KEY}&k={KEY[:-1]}") == f"/?k={STARS}&k={KEY[:-1]}"
