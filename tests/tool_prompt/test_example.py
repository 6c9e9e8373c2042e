"""The example: a harmless tool, invented values, the same every time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from toolbridge.dialect_choice import find_dialect
from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.reply_parser import parse_reply
from toolbridge.tool_prompt import example_calls, tool_prompt
from toolbridge.tool_prompt.example import example

ROOT = Path(__file__).resolve().parents[2]


def tool(name: str, about: str = "", /, *required: str, **properties: Any) -> Tool:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return Tool(name, about, schema)


TEXT = {"type": "string"}
COUNT = {"type": "integer"}
WEATHER = tool("get_weather", "Report the weather.", "city", city=TEXT, days=COUNT)


@pytest.mark.parametrize(
    "harmful",
    [
        tool("send_email", "Look up nothing.", "to", to=TEXT),
        tool("deleteFile", "", "path", path=TEXT),
        tool("get_and_write", "", "path", path=TEXT),
        tool("lookup", "Find a table and book it.", "city", city=TEXT),
        tool("fetch", "Fetch a page, submitting a form where needed.", "url", url=TEXT),
        tool("run_query", "", "sql", sql=TEXT),
        tool("get_paid", "Pays out.", "to", to=TEXT),
        tool("thing", "Something unclear.", "city", city=TEXT),
        tool("get_nothing", "Get nothing."),
        tool("get_nested", "", "where", where={"type": "object"}),
        tool("get_four", "", "a", "b", "c", "d", a=TEXT, b=TEXT, c=TEXT, d=TEXT),
        tool("get_choice", "", "unit", unit={"enum": ["a", "b"]}),
        tool("get_flag", "", "on", on={"type": "boolean"}),
        tool("get_code", "", "code", code={"type": "string", "pattern": "^[A-Z]{3}$"}),
        tool("get_short", "", "name", name={"type": "string", "maxLength": 2}),
        tool("get_undeclared", "", "name"),
        tool("get_impossible", "", "n", n={"type": "integer", "minimum": 5, "maximum": 4}),
    ],
)
def test_a_tool_that_may_do_harm_or_does_not_fit_is_not_shown(harmful: Tool) -> None:
    shown = example([harmful])
    assert shown.invented
    assert shown.tool.name == "example_tool"
    assert "there is no tool example_tool" in tool_prompt([harmful])


@pytest.mark.parametrize(
    "harmless",
    [
        WEATHER,
        tool("readFile", "", "path", path=TEXT),
        tool("weather", "", "city", city=TEXT),
        tool("places", "Returns places near by.", "city", city=TEXT),
        tool("search_notes", "Search what was created or updated.", "query", query=TEXT),
        tool("get_code", "", "code", "n", code={"type": "string", "pattern": "^A$", "examples": ["A"]}, n=COUNT),
    ],
)
def test_a_tool_that_only_reads_is_shown(harmless: Tool) -> None:
    shown = example([tool("send", "", "to", to=TEXT), harmless])
    assert shown.tool == harmless
    assert not shown.invented


def test_a_tool_with_a_bare_value_is_shown_before_one_without() -> None:
    bare = tool("get_page", "", "number", "title", number=COUNT, title=TEXT)
    assert example([WEATHER, bare]).tool is bare
    assert "days" in example([WEATHER]).calls[0].arguments


def test_a_tool_for_long_text_shows_that_nothing_is_escaped() -> None:
    check = tool("check_style", "Check code.", "code", code=TEXT)
    text = example([WEATHER, check]).calls[0].arguments["code"]
    assert text.count("\n") == 1
    assert "<" in text
    assert '"' in text
    assert "(two lines)" in tool_prompt([check])


def test_two_calls_where_several_are_allowed_and_one_where_not() -> None:
    first, second = example_calls([WEATHER])
    assert first.name == second.name == "get_weather"
    assert first.arguments != second.arguments
    assert example_calls([WEATHER], parallel=False) == (first,)
    assert example_calls([]) == ()


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"type": "integer", "minimum": 3, "maximum": 6}, range(3, 7)),
        ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}, range(4, 5)),
        ({"type": "integer", "minimum": 1000}, range(1000, 2000)),
        ({"type": "integer", "maximum": -5}, range(-200, -4)),
        ({"type": "integer", "multipleOf": 10, "minimum": 1, "maximum": 100}, range(10, 101, 10)),
        ({"type": "number"}, range(11, 98)),
        ({"type": "integer", "minimum": float("inf")}, range(1, 1000)),
    ],
)
def test_numbers_keep_to_their_bounds(schema: Any, fits: range) -> None:
    for call in example([tool("get", "", "n", n=schema)]).calls:
        assert call.arguments["n"] in fits


@pytest.mark.parametrize(
    ("name", "schema", "begins"),
    [
        ("url", TEXT, "https://"),
        ("date", TEXT, "20"),
        ("when", {"type": "string", "format": "date-time"}, "20"),
        ("email", TEXT, ""),
        ("city", TEXT, ""),
    ],
)
def test_texts_have_a_plausible_form(name: str, schema: Any, begins: str) -> None:
    value = example([tool("get", "", name, **{name: schema})]).calls[0].arguments[name]
    assert value.startswith(begins)
    assert ("@" in value) == (name == "email")
    assert value[0].isupper() == (name == "city")


def test_an_invented_tool_never_has_a_declared_name() -> None:
    declared = tool("example_tool", "Do.", "x", x=TEXT)
    assert example([declared]).tool.name == "example_tool_"


def test_the_prompt_is_the_same_in_every_process() -> None:
    program = (
        "from toolbridge.tool_prompt import tool_prompt; print(tool_prompt([{'name': 'get_x', 'parameters': "
        "{'properties': {'a': {'type': ['string', 'integer', 'null', 'array']}, 'b': {'type': 'integer'}}, "
        "'required': ['b']}}]))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
            cwd=ROOT,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_the_values_depend_on_nothing_but_the_names() -> None:
    other = tool("get_weather", "In other words.", "city", city=TEXT | {"description": "x"}, days=COUNT)
    assert example_calls([other]) == example_calls([WEATHER, tool("send", "", "to", to=TEXT)])


@pytest.mark.parametrize("dialect", ["xml", "hermes", "json"])
@pytest.mark.parametrize("offered", [WEATHER, tool("check_style", "Check code.", "code", code=TEXT), Tool("now")])
def test_the_example_reads_back_as_its_calls(dialect: str, offered: Tool) -> None:
    form = find_dialect(dialect).form
    assert form is not None
    shown = example([offered])
    block = form.write(shown.calls, [shown.tool])
    assert block in tool_prompt([offered], dialect)
    read = parse_reply(block, dialect, [shown.tool]).tool_calls
    assert [(call.name, call.arguments) for call in read] == [(call.name, call.arguments) for call in shown.calls]


def test_a_tool_that_is_none_is_refused() -> None:
    with pytest.raises(RequestError):
        example_calls([{"name": ""}])


def test_arguments_are_json() -> None:
    assert all(isinstance(json.loads(call.arguments_json), dict) for call in example_calls([WEATHER]))
    assert isinstance(example_calls([WEATHER])[0], ToolCall)
