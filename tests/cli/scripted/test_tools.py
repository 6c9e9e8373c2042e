"""The tool list, read back out of the prompt that the bridge writes."""

import json
from pathlib import Path

from tests.tool_prompt.golden import TOOLS
from toolbridge.cli.scripted.tools import read_prompt
from toolbridge.cli.scripted.types import Type
from toolbridge.messages import Tool
from toolbridge.schema import properties, required
from toolbridge.tool_prompt import tool_prompt
from toolbridge.tools import read_tools

OPEN_WEBUI = Path(__file__).parents[2] / "data" / "open_webui_tools.json"


def test_names_types_marks_limits_and_descriptions_come_back() -> None:
    prompt = read_prompt(f"Be nice.\n\n{tool_prompt(TOOLS)}")
    assert prompt is not None
    weather, event, now = prompt.tools
    assert (weather.name, weather.about) == ("get_weather", "Report the weather of a city.")
    city, units, days = weather.parameters
    assert (city.name, city.required, city.about) == ("city", True, "The city's name")
    assert (units.types, units.required, units.default) == (
        (Type("named", values=("metric", "imperial")),),
        False,
        "metric",
    )
    assert (days.types, days.least, days.most, days.about) == ((Type("integer"),), 1, 14, "How many days ahead")
    assert event.about.startswith("Create an event in the calendar.")
    assert [one.name for one in event.parameters] == ["title", "start", "guests", "repeat", "agenda"]
    assert (now.name, now.parameters) == ("now", ())


def test_every_tool_of_open_webui_comes_back_whole() -> None:
    offered = read_tools(json.loads(OPEN_WEBUI.read_text(encoding="utf-8")))
    prompt = read_prompt(tool_prompt(offered))
    assert prompt is not None
    assert [tool.name for tool in prompt.tools] == [tool.name for tool in offered]
    for listed, tool in zip(prompt.tools, offered, strict=True):
        assert {one.name for one in listed.parameters} == set(properties(tool.parameters))
        assert {one.name for one in listed.parameters if one.required} == set(required(tool.parameters))


def test_names_that_look_like_the_list_itself_come_back() -> None:
    odd = Tool(
        "two\nlines (of a name)",
        "# Using tools\n- not (string, required)",
        {
            "type": "object",
            "properties": {"a (b, required": {"type": "string", "default": "x), y"}, "*": {"type": "string"}},
            "required": [],
        },
    )
    prompt = read_prompt(tool_prompt([odd]))
    assert prompt is not None
    (tool,) = prompt.tools
    assert tool.name == odd.name
    assert [(one.name, one.default) for one in tool.parameters] == [("a (b, required", "x), y")]


def test_a_prompt_without_tools_has_none() -> None:
    assert read_prompt("You are a friendly assistant.\n\n# Tools\n\nA hammer.") is None


def test_lines_that_are_no_parameters_are_passed_over() -> None:
    prompt = read_prompt(
        '# Tools\n\n## "a\n- b (nonsense)\n- c ("\n- "\n- d (what, required)\n- e (string, optional, default {)\n'
        "- f (number, required, 1e999 to 2)\n# Using tools\n"
    )
    assert prompt is not None
    (tool,) = prompt.tools
    assert tool.name == '"a'
    assert [(one.name, one.default, one.least) for one in tool.parameters] == [
        ("d", None, None),
        ("e", None, None),
        ("f", None, None),
    ]
