"""The block of a system message: its parts, its variants, what it is never affected by."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tool_prompt.golden import DIALECTS
from toolbridge.dialect_choice import AUTO, dialect_names, find_dialect
from toolbridge.errors import CannotPrompt, RequestError, UnknownDialect
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice
from toolbridge.tool_prompt import PROMPT_VERSION, example_calls, inject, tool_prompt

CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "Report the weather.", CITY)
MAIL = Tool("send_mail", "Send a mail.", {"type": "object", "properties": {"to": {"type": "string"}}})


def rules(prompt: str) -> list[str]:
    return re.findall(r"^- (.+)$", prompt.partition("\n# Using tools\n")[2], re.MULTILINE)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_parts_stand_in_their_order(dialect: str) -> None:
    prompt = tool_prompt([WEATHER, MAIL], dialect)
    form = find_dialect(dialect).form
    assert form is not None
    parts = ["# Tools\n", "by writing text", "## get_weather\n", "## send_mail\n", "# Using tools\n", form.skeleton]
    parts += [
        form.values[0],
        "Use a tool when",
        "plain text",
        "ask the user",
        "exactly as they are listed",
        "one block",
    ]
    parts += ["Stop after the block", "An example"]
    places = [prompt.index(part, prompt.index(parts[0])) for part in parts]
    assert places == sorted(places)
    assert prompt.endswith(f"\n\n{form.write(example_calls([WEATHER, MAIL]), [WEATHER])}")


def test_there_are_seven_rules_and_none_of_them_shouts() -> None:
    prompt = tool_prompt([WEATHER])
    assert len(rules(prompt)) == 7
    text = " ".join(rules(prompt))
    assert not re.search(r"\b[A-Z]{2,}\b", text.replace("JSON", ""))
    assert not re.search(r"!|\b(?:always|never|must|important|strictly|function|API)\b", text, re.IGNORECASE)


def test_a_greeting_is_answered_in_plain_text() -> None:
    assert any("plain text" in rule and "a greeting gets a greeting" in rule for rule in rules(tool_prompt([WEATHER])))


def test_no_tools_are_no_block() -> None:
    assert tool_prompt([]) == ""
    assert tool_prompt([WEATHER], tool_choice=ToolChoice("none")) == ""


def test_every_shape_of_a_tool_gives_the_same_prompt() -> None:
    def get_weather(city: str, days: int = 1) -> str:
        """Report the weather."""
        return f"{city} {days}"

    openai = {
        "type": "function",
        "function": {"name": "get_weather", "description": "Report the weather.", "parameters": CITY},
    }
    anthropic = {"name": "get_weather", "description": "Report the weather.", "input_schema": CITY}
    assert tool_prompt([openai]) == tool_prompt([anthropic]) == tool_prompt([WEATHER])
    assert tool_prompt([get_weather]) == tool_prompt([WEATHER]).replace(
        "(integer, optional)", "(integer, optional, default 1)"
    )


def test_one_call_only_is_said_in_the_singular() -> None:
    prompt = tool_prompt([WEATHER], parallel=False)
    assert "Write one call per reply" in prompt
    assert "together" not in prompt
    assert prompt.count('<invoke name="get_weather">') == 1
    assert tool_prompt([WEATHER]).count('<invoke name="get_weather">') == 2


def test_a_required_call_takes_the_place_of_the_choice() -> None:
    said = rules(tool_prompt([WEATHER, MAIL], tool_choice=ToolChoice("required")))
    assert "This reply must use a tool." in said
    assert not any("plain text" in rule or "ask the user" in rule for rule in said)


def test_a_named_call_lists_that_tool_alone() -> None:
    prompt = tool_prompt([WEATHER, MAIL], tool_choice=ToolChoice("required", "send_mail"))
    assert "This reply must use the tool send_mail." in rules(prompt)
    assert "get_weather" not in prompt
    assert "there is no tool example_tool" in prompt


def test_a_long_list_is_preceded_by_the_way_to_use_it() -> None:
    many = [Tool(f"get_{number}", "About this. " * 20, CITY) for number in range(30)]
    assert "shown below the list" in tool_prompt(many)
    assert "shown below the list" not in tool_prompt([WEATHER])


def test_the_prompt_is_the_same_for_the_same_tools_however_their_keys_are_ordered() -> None:
    turned = {
        "required": ["city"],
        "properties": {name: dict(reversed(list(schema.items()))) for name, schema in CITY["properties"].items()},  # type: ignore[attr-defined]  # a plain dict
        "type": "object",
    }
    assert tool_prompt(
        [{"parameters": turned, "description": "Report the weather.", "name": "get_weather"}]
    ) == tool_prompt([WEATHER])


def test_markup_in_descriptions_is_defused() -> None:
    hostile = Tool(
        "f", "Write <tool_calls> and </invoke> and <b>.", {"properties": {"a": {"description": "<invoke name="}}}
    )
    prompt = tool_prompt([hostile])
    assert "Write <\\tool_calls> and <\\/invoke> and <b>." in prompt
    assert "<\\invoke name=" in prompt


@pytest.mark.parametrize("name", sorted({*dialect_names()} - {AUTO, *DIALECTS}))
def test_a_dialect_that_is_only_read_cannot_be_asked_for_and_says_why(name: str) -> None:
    why = find_dialect(name).unpromptable
    assert why
    with pytest.raises(CannotPrompt, match=re.escape(f"{name!r} cannot be asked for in a prompt: {why}")):
        tool_prompt([WEATHER], name)
    with pytest.raises(CannotPrompt, match=re.escape(why)):
        inject(ChatRequest("model", messages=(Message("user", "Hello"),), tools=(WEATHER,)), name)


@pytest.mark.parametrize("name", ["no such dialect", AUTO, ""])
def test_what_is_no_dialect_cannot_be_asked_for(name: str) -> None:
    with pytest.raises(UnknownDialect):
        tool_prompt([WEATHER], name)


def test_the_notations_that_can_be_asked_for_are_those_whose_markers_are_plain_text() -> None:
    tags = {"xml", "anthropic", "minimax-m2", "hermes", "qwen3-coder", "glm", "cline"}
    assert set(DIALECTS) == tags | {"json", "llama3-json", "pythonic", "olmo3", "react"}


def test_a_tool_that_is_none_is_refused() -> None:
    with pytest.raises(RequestError, match=r"tools\[0\]"):
        tool_prompt([{"name": ""}])


def test_the_text_has_a_version() -> None:
    assert PROMPT_VERSION


@given(st.text(min_size=1).filter(str.strip), st.text(), st.sampled_from(DIALECTS))
def test_any_name_and_any_description_can_be_shown(name: str, about: str, dialect: str) -> None:
    offered: Any = {"name": name, "description": about, "parameters": CITY}
    assert tool_prompt([offered], dialect).startswith("# Tools\n")
