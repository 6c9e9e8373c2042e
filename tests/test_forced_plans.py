"""Plans for requests that demand a call."""

from dataclasses import replace

from tests.test_plan import (
    AUTO,
    IGNORING,
    OLLAMA,
    OPENAI,
    R1,
    REQUIRED,
    TOOLS,
    UNHELD,
    UNKNOWN,
    WITH_TOOLS,
    WITHOUT_TOOLS,
    chat,
    policy,
)
from toolbridge.events import Error
from toolbridge.models import NOTHING_LEARNT, Learnt, Model
from toolbridge.plan import lesson, plan, read_facts


def test_a_forced_call_is_looked_for_wherever_the_reply_is_read() -> None:
    forced = chat("openai", tools=TOOLS, tool_choice=REQUIRED)
    assert plan(forced, WITH_TOOLS, OLLAMA, AUTO).forced
    assert plan(forced, WITH_TOOLS, OPENAI, AUTO).forced
    assert plan(forced, WITHOUT_TOOLS, IGNORING, AUTO).forced
    assert not plan(forced, WITH_TOOLS, OPENAI, policy(rescue=False)).forced
    assert not plan(forced, WITH_TOOLS, OLLAMA, policy("native")).forced
    assert not plan(chat("openai", tools=TOOLS), WITH_TOOLS, OLLAMA, AUTO).forced


def test_an_unknown_server_is_tried_and_what_it_did_counts() -> None:
    forced = chat("openai", tools=TOOLS, tool_choice=REQUIRED)
    assert read_facts(forced, UNKNOWN, OPENAI, AUTO).obeys == "unknown"
    assert plan(forced, UNKNOWN, OPENAI, AUTO).untried
    known = plan(forced, UNKNOWN, OPENAI, AUTO, Learnt(obeys=True))
    assert (known.mode, known.untried) == ("native", False)
    assert plan(forced, UNKNOWN, OPENAI, AUTO, Learnt(obeys=True, disobeys=True)).mode == "constrained"
    vllm = replace(OPENAI, server="vllm")
    assert read_facts(forced, UNKNOWN, vllm, AUTO).obeys == "yes"
    assert not plan(forced, UNKNOWN, vllm, AUTO).untried


def test_a_reply_that_is_held_to_a_schema_is_json_without_an_example_and_without_thoughts() -> None:
    thinker = Model("qwq", capabilities=frozenset({"completion"}), template=R1)
    made = plan(chat("openai", tools=TOOLS, tool_choice=REQUIRED), thinker, OLLAMA, AUTO)
    assert (made.mode, made.dialect, made.reasoning) == ("constrained", "json", "auto")
    assert made.variant is not None
    assert (made.variant.brief, made.variant.examples) == (True, 0)


def test_an_error_about_the_schema_teaches_that_the_backend_is_not_held_to_it() -> None:
    forced = chat("openai", tools=TOOLS, tool_choice=REQUIRED)
    made = plan(forced, WITH_TOOLS, OLLAMA, AUTO)
    refusal = Error("Failed to initialize samplers: failed to parse grammar", status=400)
    assert lesson(forced, made, AUTO, refusal) == UNHELD
    assert plan(forced, WITH_TOOLS, OLLAMA, AUTO, UNHELD).mode == "prompted"
    assert lesson(forced, made, AUTO, Error("out of memory", status=500)) == NOTHING_LEARNT
    assert lesson(forced, made, AUTO, Error("model 'x' not found", status=404)) == NOTHING_LEARNT


def test_an_engine_that_rejects_the_calls_of_a_schema_is_only_asked_for_them() -> None:
    forced = chat("openai", tools=TOOLS, tool_choice=REQUIRED)
    made = plan(forced, WITH_TOOLS, OLLAMA, AUTO)
    taught = lesson(forced, made, AUTO, Error("XML syntax error on line 7: unexpected EOF", status=500))
    assert taught == Learnt(rejects_calls=True, no_constraint=True)
    assert plan(forced, WITH_TOOLS, OLLAMA, AUTO, taught).mode == "prompted"
