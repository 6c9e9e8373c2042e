"""The decision table, row by row: which way a request goes, and what follows from it."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from toolbridge.events import Error, ToolCall
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice
from toolbridge.models import NOTHING_LEARNT, Backend, Learnt, Mode, Model, Policy
from toolbridge.plan import TABLE, Facts, Row, decide, lesson, plan, read_facts

OLLAMA = Backend("http://127.0.0.1:11434")
OPENAI = Backend("http://127.0.0.1:8000", wire="openai")
IGNORING = Backend("http://127.0.0.1:8000", wire="openai", server="mlx-lm")

WITH_TOOLS = Model("tooled", capabilities=frozenset({"completion", "tools"}))
WITHOUT_TOOLS = Model("plain", capabilities=frozenset({"completion"}))
UNKNOWN = Model("silent")

ASK = (Message("user", "hi"),)
HISTORY = (
    *ASK,
    Message("assistant", tool_calls=(ToolCall("now"),)),
    Message("tool", "12:00", tool_name="now"),
)
NOW = Tool("now")
WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
TOOLS = (NOW, WEATHER)

NONE = ToolChoice("none")
REQUIRED = ToolChoice("required")
NAMED = ToolChoice("required", "get_weather")

AUTO = Policy(dialect="xml")


def chat(source: str = "ollama", **changes: Any) -> ChatRequest:
    return replace(ChatRequest("m", ASK, source=source, stream=True), **changes)


def policy(mode: Mode = "auto", **changes: Any) -> Policy:
    return replace(AUTO, mode=mode, **changes)


REFUSED = Learnt(refuses_tools=True)
REJECTED = Learnt(rejects_calls=True)
UNHELD = Learnt(no_constraint=True)
Case = tuple[ChatRequest, Model, Backend, Policy] | tuple[ChatRequest, Model, Backend, Policy, Learnt]

CASES: dict[int, list[Case]] = {
    0: [
        (chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, policy("off")),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), WITH_TOOLS, OLLAMA, policy("off")),
        (chat(), UNKNOWN, OPENAI, policy("off")),
    ],
    1: [
        (chat(messages=(), tools=TOOLS), WITHOUT_TOOLS, OLLAMA, AUTO),
        (chat(messages=(), tools=TOOLS), WITH_TOOLS, OLLAMA, policy("prompt")),
    ],
    2: [
        (chat(messages=HISTORY), WITH_TOOLS, OLLAMA, policy("prompt")),
        (chat("openai", messages=HISTORY, tools=TOOLS, tool_choice=NONE), UNKNOWN, OPENAI, policy("prompt")),
    ],
    3: [
        (chat(messages=HISTORY), WITHOUT_TOOLS, OLLAMA, AUTO),
        (chat(messages=HISTORY), WITH_TOOLS, OLLAMA, AUTO, REFUSED),
        (chat("openai", messages=HISTORY, tools=TOOLS, tool_choice=NONE), WITHOUT_TOOLS, OLLAMA, AUTO),
    ],
    4: [
        (chat(), WITHOUT_TOOLS, OLLAMA, AUTO),
        (chat(), WITH_TOOLS, OLLAMA, policy("prompt")),
        (chat(messages=HISTORY), WITH_TOOLS, OLLAMA, AUTO),
        (chat(messages=HISTORY), UNKNOWN, OLLAMA, AUTO),
        (chat(messages=HISTORY), WITHOUT_TOOLS, OLLAMA, policy("native")),
        (chat(messages=()), WITHOUT_TOOLS, OLLAMA, AUTO),
        (chat("openai"), UNKNOWN, OPENAI, AUTO),
    ],
    5: [
        (chat("openai"), WITHOUT_TOOLS, OLLAMA, AUTO),
        (chat("openai", messages=HISTORY), WITH_TOOLS, OLLAMA, AUTO),
        (chat(), UNKNOWN, OPENAI, AUTO),
    ],
    6: [
        (chat("openai", tools=TOOLS, tool_choice=NONE), UNKNOWN, OPENAI, AUTO),
        (chat("openai", messages=HISTORY, tools=TOOLS, tool_choice=NONE), WITH_TOOLS, OPENAI, policy("native")),
    ],
    7: [
        (chat("openai", tools=TOOLS, tool_choice=NONE), WITH_TOOLS, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS, tool_choice=NONE), WITHOUT_TOOLS, OPENAI, AUTO),
        (chat(tools=TOOLS, tool_choice=NONE), WITH_TOOLS, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS, tool_choice=NONE), WITHOUT_TOOLS, OLLAMA, policy("prompt")),
    ],
    8: [
        (chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, policy("native")),
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), UNKNOWN, OLLAMA, policy("native")),
        (chat(tools=TOOLS), WITH_TOOLS, OLLAMA, policy("native"), REFUSED),
    ],
    9: [
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), WITH_TOOLS, OPENAI, policy("prompt")),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, OLLAMA, policy("prompt")),
    ],
    10: [
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, OPENAI, AUTO, REFUSED),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, OPENAI, AUTO, REJECTED),
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), WITHOUT_TOOLS, OLLAMA, AUTO),
    ],
    11: [
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), WITH_TOOLS, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, OPENAI, AUTO, Learnt(disobeys=True)),
    ],
    12: [
        (chat(tools=TOOLS), WITH_TOOLS, OLLAMA, policy("prompt")),
        (chat("openai", tools=TOOLS), UNKNOWN, OPENAI, policy("prompt")),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, IGNORING, policy("prompt")),
    ],
    13: [
        (chat(tools=TOOLS), WITH_TOOLS, OLLAMA, AUTO, REFUSED),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, IGNORING, AUTO, REFUSED),
    ],
    14: [
        (chat(tools=TOOLS), WITH_TOOLS, OLLAMA, AUTO, REJECTED),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, OPENAI, AUTO, REJECTED | UNHELD),
    ],
    15: [
        (chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, AUTO, REJECTED),
        (chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), WITHOUT_TOOLS, OLLAMA, AUTO, UNHELD),
        (chat(tools=TOOLS), Model("old", template="{{ .System }}{{ .Prompt }}"), OLLAMA, AUTO),
    ],
    16: [
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), WITH_TOOLS, OLLAMA, AUTO, UNHELD),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), UNKNOWN, OLLAMA, AUTO, UNHELD),
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), UNKNOWN, IGNORING, AUTO),
    ],
    17: [
        (chat(tools=TOOLS), WITH_TOOLS, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS), WITH_TOOLS, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS, tool_choice=NAMED), WITH_TOOLS, OPENAI, AUTO),
    ],
    18: [
        (chat(tools=TOOLS), UNKNOWN, OLLAMA, AUTO),
        (chat("openai", tools=TOOLS, tool_choice=REQUIRED), UNKNOWN, OPENAI, AUTO),
    ],
}
"""For each row of the table, by its place in it, requests that meet it."""

WORDS = {name: get_args(hint) for name, hint in get_type_hints(Facts).items()}


def every_combination() -> Iterator[Facts]:
    for words in product(*(WORDS[one.name] for one in fields(Facts))):
        yield Facts(*words)


def name_of(row: Row) -> str:
    return f"{TABLE.index(row)}-{row.mode}-{row.why.replace(' ', '_')}"


# The table itself.


def test_every_combination_of_facts_meets_a_row() -> None:
    for facts in every_combination():
        assert decide(facts) in TABLE


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_every_row_decides_something(row: Row) -> None:
    assert any(decide(facts) is row for facts in every_combination())


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_a_row_asks_only_about_facts_and_words_that_there_are(row: Row) -> None:
    for name, words in row.when.items():
        assert set(words) < set(WORDS[name]), f"{name} with all its words asks nothing"


def test_order_matters_only_above_the_rows_that_say_so() -> None:
    overlaps = {
        (one, other)
        for facts in every_combination()
        for one, other in combinations([place for place, row in enumerate(TABLE) if row.fits(facts)], 2)
    }
    assert {one for one, _ in overlaps} == {place for place, row in enumerate(TABLE) if row.wins}


def test_every_reason_can_stand_in_a_header() -> None:
    for row in TABLE:
        assert re.fullmatch(r"[\x20-\x3a\x3c-\x7e]{1,60}", row.why)


# Concrete requests.


@pytest.mark.parametrize(
    ("row", "case"),
    [pytest.param(row, case, id=name_of(row)) for place, row in enumerate(TABLE) for case in CASES[place]],
)
def test_a_request_goes_the_way_of_its_row(row: Row, case: tuple[ChatRequest, Model, Backend, Policy]) -> None:
    assert decide(read_facts(*case)) is row
    made = plan(*case)
    assert made.mode == row.mode
    assert made.why.startswith(row.why)
    assert bool(made.tools) == (row.tools and bool(case[0].tools))
    assert made.reads == (made.mode in {"native", "prompted", "constrained"} and bool(made.tools))
    assert bool(made.dialect) == (made.reads or made.prompts)


def test_every_row_has_requests_and_every_request_a_row() -> None:
    assert set(CASES) == set(range(len(TABLE)))


def test_no_tools_on_the_same_wire_is_a_byte_pipe_in_which_nothing_is_separated() -> None:
    thinker = Model("deepseek-r1:8b", template="{{ .Prompt }}<think>\n{{ .Response }}")
    made = plan(chat(), thinker, OLLAMA, Policy())
    assert (made.mode, made.reasoning, made.reads, made.dialect) == ("passthrough", "off", False, "")


def test_switched_off_the_tools_go_along_as_the_client_sent_them() -> None:
    made = plan(chat("openai", tools=TOOLS, tool_choice=NAMED), WITHOUT_TOOLS, OLLAMA, policy("off"))
    assert (made.mode, made.tools, made.reads, made.reasoning) == ("off", TOOLS, False, "off")


def test_tool_choice_none_neither_asks_for_calls_nor_reads_any() -> None:
    made = plan(chat("openai", messages=HISTORY, tools=TOOLS, tool_choice=NONE), WITHOUT_TOOLS, OLLAMA, AUTO)
    assert (made.mode, made.tools, made.reads, made.reasoning) == ("prompted", (), False, "off")
    assert made.dialect == "xml", "the history is still rewritten, in the notation that was asked for before"


def test_a_named_tool_is_the_only_one_offered() -> None:
    made = plan(chat("openai", tools=TOOLS, tool_choice=NAMED), WITHOUT_TOOLS, OLLAMA, AUTO)
    assert made.tools == (WEATHER,)


def test_a_named_tool_that_nobody_declared_leaves_all_of_them() -> None:
    choice = ToolChoice("required", "nowhere")
    assert plan(chat("openai", tools=TOOLS, tool_choice=choice), WITHOUT_TOOLS, OLLAMA, AUTO).tools == TOOLS


def test_without_rescue_a_native_reply_is_not_read() -> None:
    made = plan(chat(tools=TOOLS), WITH_TOOLS, OLLAMA, policy(rescue=False))
    assert (made.mode, made.reads, made.dialect, made.reasoning) == ("native", False, "", "off")
    assert made.tools == TOOLS


def test_without_rescue_a_prompted_reply_is_read_all_the_same() -> None:
    assert plan(chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, policy(rescue=False)).reads


def test_the_operators_notation_comes_before_every_other() -> None:
    made = plan(chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, Policy(dialect="hermes"))
    assert made.dialect == "hermes"
    assert made.why == "the model has no tools, dialect: set"


def test_a_native_reply_is_read_for_declared_names_in_whatever_notation_leaks() -> None:
    """The operator's notation is one to ask for, and nothing was asked here."""
    assert plan(chat(tools=TOOLS), WITH_TOOLS, OLLAMA, Policy(dialect="hermes")).dialect == "auto"


def test_without_one_the_notation_is_chosen_and_the_reason_says_why() -> None:
    made = plan(chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, Policy())
    assert made.dialect
    assert made.why.startswith("the model has no tools, ")
    assert re.fullmatch(r"[\x20-\x3a\x3c-\x7e]{1,120}", made.why)


def test_parallel_calls_are_as_the_client_said() -> None:
    assert plan(chat(tools=TOOLS), WITHOUT_TOOLS, OLLAMA, AUTO).parallel
    assert not plan(chat(tools=TOOLS, parallel=False), WITHOUT_TOOLS, OLLAMA, AUTO).parallel


@pytest.mark.parametrize(
    ("source", "stream", "release"),
    [("ollama", True, "whole"), ("ollama", False, "whole"), ("openai", True, "early"), ("openai", False, "whole")],
)
def test_calls_leave_early_only_on_a_wire_that_has_pieces(source: str, stream: bool, release: str) -> None:
    for model in (WITH_TOOLS, WITHOUT_TOOLS):
        assert plan(chat(source, stream=stream, tools=TOOLS), model, OLLAMA, AUTO).release == release


R1 = "{% if add_generation_prompt %}{{ '<think>\\n' }}{% endif %}system"


@pytest.mark.parametrize(
    ("model", "backend", "think", "reasoning"),
    [
        pytest.param(Model("m"), OLLAMA, None, "auto", id="nothing is known"),
        pytest.param(Model("m", template=R1), OLLAMA, None, "open", id="the template opens it"),
        pytest.param(Model("m", template=R1), OLLAMA, False, "auto", id="thinking is switched off"),
        pytest.param(
            Model("m", template=R1, capabilities=frozenset({"completion", "thinking"})),
            OLLAMA,
            None,
            "auto",
            id="Ollama separates it by itself",
        ),
        pytest.param(
            Model("m", template=R1, capabilities=frozenset({"completion", "thinking"})),
            OPENAI,
            None,
            "open",
            id="another backend may not",
        ),
        pytest.param(Model("qwq"), OPENAI, None, "open", id="the family opens it"),
        pytest.param(Model("qwq", template="{{ .System }}"), OLLAMA, None, "auto", id="the template is believed first"),
    ],
)
def test_reasoning_is_open_where_the_prompt_has_opened_it(
    model: Model, backend: Backend, think: bool | None, reasoning: str
) -> None:
    assert plan(chat(tools=TOOLS, think=think), model, backend, AUTO).reasoning == reasoning


@pytest.mark.parametrize(
    ("model", "learnt", "folded"),
    [
        (WITHOUT_TOOLS, Learnt(), False),
        (WITHOUT_TOOLS, Learnt(no_system=True), True),
        (Model("gemma2:2b", architecture="gemma2", capabilities=frozenset({"completion"})), Learnt(), True),
        (Model("imported", capabilities=frozenset({"completion"}), template="{{ .Prompt }}"), Learnt(), True),
        (Model("gemma2:2b", architecture="gemma2"), Learnt(), False),
        (WITH_TOOLS, Learnt(no_system=True), False),
    ],
)
def test_the_prompt_is_folded_for_models_without_a_system_role(model: Model, learnt: Learnt, folded: bool) -> None:
    assert plan(chat(tools=TOOLS), model, OLLAMA, AUTO, learnt).folded is folded


def test_a_plan_is_the_same_for_the_same_five() -> None:
    for cases in CASES.values():
        for case in cases:
            assert plan(*case) == plan(*case)


def test_a_model_that_cannot_be_told_to_think_is_not_told() -> None:
    assert plan(chat(), WITHOUT_TOOLS, OLLAMA, policy()).thinks
    calm = Learnt(no_thinking=True)
    for source in ("anthropic", "openai", "responses"):
        assert not plan(chat(source=source, think="low"), WITHOUT_TOOLS, OLLAMA, AUTO, calm).thinks
        assert plan(chat(source=source, think=False), WITHOUT_TOOLS, OLLAMA, AUTO, calm).thinks
    for source in ("ollama", "ollama.generate"):
        assert plan(chat(source=source, think=True), WITHOUT_TOOLS, OLLAMA, AUTO, calm).thinks


def test_a_request_that_is_left_untouched_keeps_its_wish_for_thinking() -> None:
    calm, off = Learnt(no_thinking=True), policy("off")
    request = chat("openai", think="low")
    refusal = Error('"plain" does not support thinking', status=400)
    decided = plan(request, WITHOUT_TOOLS, Backend("http://127.0.0.1:9", wire="openai"), off, calm)
    assert (decided.thinks, lesson(request, decided, off, refusal)) == (True, NOTHING_LEARNT)
    assert not plan(request, WITHOUT_TOOLS, OLLAMA, off, calm).thinks


# The page.

PAGE = Path(__file__).parent.parent / "docs" / "routing.md"


def table_in_markdown() -> str:
    """The table as the page must show it."""
    lines = ["| | asked about | mode | tools go along | why, as the answer says it |", "|---|---|---|---|---|"]
    for place, row in enumerate(TABLE, 1):
        asks = "; ".join(f"{name} = {' or '.join(words)}" for name, words in row.when.items())
        number = f"**{place}**" if row.wins else str(place)
        lines.append(f"| {number} | {asks} | {row.mode} | {'yes' if row.tools else 'no'} | {row.why} |")
    return "\n".join(lines)


def test_the_page_shows_the_table_as_it_is() -> None:
    assert table_in_markdown() in PAGE.read_text(encoding="utf-8"), table_in_markdown()


def test_the_page_explains_every_fact_and_each_of_its_words() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## The facts")[2]
    for name, words in WORDS.items():
        entry = re.search(rf"^- \*\*{name}\*\*: (.+(?:\n  .+)*)$", section, re.MULTILINE)
        assert entry is not None, name
        for word in words:
            assert f"`{word}`" in entry[1], f"{name}: {word}"


def test_the_page_explains_every_mode() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for mode in {row.mode for row in TABLE}:
        assert f"- **{mode}**: " in page
