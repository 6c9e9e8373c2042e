"""The names of models, with and without the tag that Ollama takes for granted."""

import pytest

from toolbridge.models import NOTHING_LEARNT, Learnt, full_name, short_name


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("gemma3", "gemma3:latest"),
        ("gemma3:latest", "gemma3:latest"),
        ("gemma3:4b", "gemma3:4b"),
        ("hf.co/acme/tiny", "hf.co/acme/tiny:latest"),
        ("registry:5000/acme/tiny", "registry:5000/acme/tiny:latest"),
        ("registry:5000/acme/tiny:q4", "registry:5000/acme/tiny:q4"),
    ],
)
def test_a_full_name_has_a_tag(name: str, full: str) -> None:
    assert full_name(name) == full
    assert full_name(full) == full


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("gemma3:latest", "gemma3"),
        ("gemma3", "gemma3"),
        ("gemma3:4b", "gemma3:4b"),
        ("registry:5000/acme/tiny:latest", "registry:5000/acme/tiny"),
    ],
)
def test_a_short_name_lacks_the_tag_that_goes_without_saying(name: str, short: str) -> None:
    assert short_name(name) == short
    assert full_name(short) == full_name(name)


def test_what_was_learnt_adds_up() -> None:
    assert Learnt(no_system=True) | Learnt(no_thinking=True) == Learnt(no_system=True, no_thinking=True)
    assert NOTHING_LEARNT | NOTHING_LEARNT == NOTHING_LEARNT
