"""What a plan learns from an error answer of the backend."""

from typing import Any

import pytest

from tests.test_plan import (
    ASK,
    AUTO,
    OLLAMA,
    REJECTED,
    REQUIRED,
    TOOLS,
    UNKNOWN,
    chat,
    policy,
)
from toolbridge.events import Error
from toolbridge.messages import ChatRequest
from toolbridge.models import NOTHING_LEARNT, Learnt, Model, Policy
from toolbridge.plan import lesson, plan
from toolbridge.refusals import RequestWords

NO_TOOLS = Error("registry.ollama.ai/library/plain does not support tools", status=400)
NO_SYSTEM = Error("Conversation roles must alternate: system role not supported", status=500)
NO_THINKING = Error('"plain" does not support thinking', status=400)
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def taught(request: ChatRequest, error: Error, chosen: Policy, *, body: dict[str, Any] | None = None) -> Learnt:
    """What an error teaches for this request; for all requests, if a body is given."""
    decided = plan(request, UNKNOWN, OLLAMA, chosen)
    return lesson(request, decided, chosen, error, RequestWords.of(body) if body else None)


@pytest.mark.parametrize("body", [None, BODY])
def test_a_refusal_teaches_what_the_model_cannot_do(body: dict[str, Any] | None) -> None:
    refused = Error("system role not supported", status=500)
    assert taught(chat(tools=TOOLS), NO_TOOLS, AUTO, body=body) == Learnt(refuses_tools=True)
    assert taught(chat(tools=TOOLS), refused, policy("prompt"), body=body) == Learnt(no_system=True)
    assert taught(chat("anthropic", think=True), NO_THINKING, AUTO, body=body) == Learnt(no_thinking=True)
    assert taught(chat(tools=TOOLS), Error("out of memory", status=500), AUTO, body=body) == NOTHING_LEARNT


def test_a_refusal_of_what_was_not_asked_teaches_nothing() -> None:
    assert taught(chat(tools=TOOLS), NO_TOOLS, policy("native")) == NOTHING_LEARNT
    assert taught(chat(tools=TOOLS), NO_TOOLS, policy("prompt")) == NOTHING_LEARNT
    assert taught(chat("anthropic"), NO_THINKING, AUTO) == NOTHING_LEARNT
    assert taught(chat("openai", think=False), NO_THINKING, AUTO) == NOTHING_LEARNT
    # On Ollama's wire `think` is a demand, whose refusal the client gets.
    assert taught(chat(think=True), NO_THINKING, AUTO) == NOTHING_LEARNT


REJECTION = Error("got exception: Unexpected empty grammar stack after accepting piece: x", status=500)


@pytest.mark.parametrize("body", [None, BODY])
def test_a_rejected_call_is_asked_for_in_another_way_where_there_is_one(body: dict[str, Any] | None) -> None:
    free, own = Policy(), Model("qwen3:8b", capabilities=frozenset({"completion", "tools"}))
    request = chat(tools=TOOLS)

    def taught_by(chosen: Policy, learnt: Learnt = NOTHING_LEARNT) -> Learnt:
        decided = plan(request, own, OLLAMA, chosen, learnt)
        return lesson(request, decided, chosen, REJECTION, RequestWords.of(body) if body else None)

    assert taught_by(free) == REJECTED
    assert taught_by(free, REJECTED) == NOTHING_LEARNT
    assert taught_by(Policy(mode="prompt")) == REJECTED
    assert taught_by(Policy(mode="prompt"), REJECTED) == NOTHING_LEARNT
    assert taught_by(Policy(mode="native")) == NOTHING_LEARNT
    assert taught_by(policy("prompt")) == NOTHING_LEARNT
    assert plan(request, own, OLLAMA, free, REJECTED).dialect == "xml"


def test_words_that_the_request_holds_teach_nothing_for_others() -> None:
    quoting = BODY | {"system": NO_TOOLS.message}
    assert taught(chat(tools=TOOLS), NO_TOOLS, AUTO, body=quoting) == NOTHING_LEARNT


def test_a_refusal_due_to_this_conversation_teaches_nothing_for_others() -> None:
    twice = (*ASK, *ASK)
    assert taught(chat(tools=TOOLS), NO_SYSTEM, policy("prompt"), body=BODY) == Learnt(no_system=True)
    assert taught(chat(tools=TOOLS, messages=twice), NO_SYSTEM, policy("prompt"), body=BODY) == NOTHING_LEARNT
    forced = Error("tool_choice: the model does not support tools", status=400)
    assert taught(chat("openai", tools=TOOLS), forced, AUTO, body=BODY) == Learnt(refuses_tools=True)
    # A forced tool is native only where the model is known to obey, so the plan is made for a free choice.
    decided = plan(chat("openai", tools=TOOLS), UNKNOWN, OLLAMA, AUTO)
    request = chat("openai", tools=TOOLS, tool_choice=REQUIRED)
    assert lesson(request, decided, AUTO, forced, RequestWords.of(BODY)) == NOTHING_LEARNT
    routed = Error("No endpoints found that support tool use", status=404)
    assert taught(chat("openai", tools=TOOLS), routed, AUTO, body=BODY) == Learnt(refuses_tools=True)
    assert taught(chat("openai", tools=TOOLS, extra={"provider": {}}), routed, AUTO, body=BODY) == NOTHING_LEARNT
