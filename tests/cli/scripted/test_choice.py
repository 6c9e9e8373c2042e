"""Which tools a text asks for."""

import pytest

from toolbridge.cli.scripted.choice import choose, choose_one
from toolbridge.cli.scripted.tools import ListedTool, Parameter
from toolbridge.cli.scripted.types import Type

WEATHER = ListedTool("get_weather", "Report the weather of a city.", (Parameter("city"),))
NOW = ListedTool("now", "Tell the time.")
CALCULATE = ListedTool("calculate", "Evaluate an expression.", (Parameter("expression"),))
LIGHT = ListedTool("set_light", "Switch a light.", (Parameter("room", (Type("named", values=("kitchen", "hall")),)),))
TOOLS = (WEATHER, NOW, CALCULATE, LIGHT)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is the weather in Oslo?", ["get_weather"]),
        ("What is the weather in Oslo and in Rome?", ["get_weather"]),
        ("In Oslo, how is the weather?", ["get_weather"]),
        ("The weather in Oslo and the time, please", ["get_weather", "now"]),
        ("What time is it? And what is 12 * 7?", ["now", "calculate"]),
        ("Something bright in the kitchen", ["set_light"]),
        ("Run now", ["now"]),
        ("hi", []),
        ("Tell me a joke", []),
        ("", []),
    ],
)
def test_each_clause_goes_to_the_tool_that_shares_most_words_with_it(text: str, names: list[str]) -> None:
    assert [wish.tool.name for wish in choose(TOOLS, text)] == names


def test_a_clause_without_a_tool_belongs_to_the_wish_beside_it() -> None:
    (wish,) = choose(TOOLS, "In Oslo, how is the weather, and in Rome?")
    assert wish.text == "In Oslo, how is the weather, and in Rome?"


def test_names_mean_nothing_by_themselves() -> None:
    renamed = ListedTool("zorbulate", "Says how warm it is in a town.", (Parameter("blorp"),))
    assert [wish.tool.name for wish in choose((renamed, NOW), "How warm is it in Bergen?")] == ["zorbulate"]


def test_one_can_be_demanded_however_badly_it_fits() -> None:
    assert choose_one(TOOLS, "the time").tool is NOW
    assert choose_one(TOOLS, "hi").tool is WEATHER
