"""Models, backends and policies: what follows from their fields."""

import pytest

from toolbridge.models import MODES, NOTHING_LEARNT, Backend, Learnt, Policy
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
