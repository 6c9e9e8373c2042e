"""Models and their names, backends and policies: what follows from their fields."""

import pytest

from toolbridge.models import MODES, NOTHING_LEARNT, Backend, Learnt, Policy, full_name, short_name
from toolbridge.traits import MESSAGES, TRAITS

NO_TOOLS, NO_SYSTEM, NO_THINKING = (
    Learnt(refuses_tools=True),
    Learnt(no_system=True),
    Learnt(no_thinking=True),
)


@pytest.mark.parametrize("fact", [NOTHING_LEARNT, NO_TOOLS, NO_SYSTEM, NO_THINKING])
def test_what_is_learnt_is_added_to_what_is_known(fact: Learnt) -> None:
    assert fact | NOTHING_LEARNT == NOTHING_LEARNT | fact == fact | fact == fact


def test_facts_that_were_learnt_one_by_one_hold_together() -> None:
    known = NO_TOOLS | NO_SYSTEM | NO_THINKING
    assert known == Learnt(refuses_tools=True, no_system=True, no_thinking=True)


def test_a_backend_has_the_traits_of_its_server_else_of_its_wire() -> None:
    assert Backend("http://a").traits is TRAITS["ollama"]
    assert Backend("http://a", wire="openai").traits is TRAITS["unknown"]
    assert Backend("http://a", wire="openai", server="vllm").traits is TRAITS["vllm"]
    assert Backend("http://a", wire="anthropic", server="unknown").traits is MESSAGES


def test_without_settings_the_bridge_decides_and_reads_leaked_calls() -> None:
    assert Policy().mode == MODES[0] == "auto"
    assert Policy().rescue
    assert Policy().dialect is None


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
