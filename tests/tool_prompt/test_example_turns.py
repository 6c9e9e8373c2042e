"""Examples as turns: of which tools, how many, what they say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tool_prompt.golden import DIALECTS
from toolbridge.budget import Budget
from toolbridge.dialect_choice import find_dialect
from toolbridge.errors import OverLimit
from toolbridge.messages import Message, Tool
from toolbridge.reply_parser import parse_reply
from toolbridge.tool_prompt.example_turns import PLAIN, allowed_variant, example_requests, example_turns
from toolbridge.tool_prompt.variants import BRIEF, FULL, Variant

TEXT = {"type": "string"}
FOUR = Variant("four", brief=True, examples=4)


def tool(name: str, about: str = "", *required: str, **properties: Any) -> Tool:
    return Tool(name, about, {"type": "object", "properties": properties, "required": [*required]})


WEATHER = tool("get_weather", "Report the weather.", "city", city=TEXT, days={"type": "integer"})
SEARCH = tool("search_web", "Search.", "query", query=TEXT)
FLIGHTS = tool("list_flights", "List them.", "origin", "direct", origin=TEXT, direct={"type": "boolean"})
ROLL = tool("roll_dice", "Roll.", "sides", sides={"type": "integer"})
DELETE = tool("delete_event", "Delete an event.", "title", title=TEXT)
ALL = [DELETE, ROLL, FLIGHTS, SEARCH, WEATHER]


def names(tools: list[Tool], many: int = 4) -> list[str]:
    return [one.call.name for one in example_requests(tools, many, Budget())]


def turns(tools: list[Tool], variant: Variant = FOUR, dialect: str = "hermes") -> list[Message]:
    form = find_dialect(dialect).form
    assert form is not None
    budget = Budget()
    return list(example_turns(example_requests(tools, variant.examples, budget), form, variant, tools, budget))


def test_tools_that_only_read_come_first_and_those_that_change_something_never() -> None:
    assert names(ALL) == ["search_web", "get_weather", "list_flights", "roll_dice"]
    assert names([DELETE]) == []


def test_a_tool_is_shown_twice_at_most_with_other_words() -> None:
    first, second = example_requests([WEATHER], 4, Budget())
    assert first.call.name == second.call.name == "get_weather"
    assert first.call.arguments != second.call.arguments
    assert first.asked.partition(" ")[0] != second.asked.partition(" ")[0]


@pytest.mark.parametrize(
    ("shown", "sentences"),
    [
        (WEATHER, ("What is the weather of {city}?", "Tell me about the weather for {city}.")),
        (SEARCH, ("Find something about {query}.", "I want to know more about {query}.")),
        (ROLL, ("Can you roll {sides}?", "Please roll this dice: {sides}.")),
        (tool("calculate", "", "term", term=TEXT), ("Can you calculate {term}?", "Please calculate {term}.")),
        (
            tool("find_way", "", "start", "end", start=TEXT, end=TEXT),
            ("Find way with start {start}, end {end}.", "I am looking for way, start {start}, end {end}."),
        ),
        (
            FLIGHTS,
            ("Which flights are there for {origin}, direct true?", "Show all the flights of {origin}, direct true."),
        ),
    ],
)
def test_the_user_says_the_values_of_the_call(shown: Tool, sentences: tuple[str, str]) -> None:
    for one, sentence in zip(example_requests([shown], 2, Budget()), sentences, strict=True):
        assert one.asked == sentence.format(**one.call.arguments)


@pytest.mark.parametrize(
    "unfit",
    [
        tool("get_time", "Tell the time."),
        tool("get_all", "", "a", "b", "c", "d", a=TEXT, b=TEXT, c=TEXT, d=TEXT),
        tool("get_list", "", "a", a={"type": "array"}),
        tool("get_state", "", "a", a={"enum": ["on", "off"]}),
        tool("get_state", "", "a", "b", a={"enum": ["<on>"]}, b=TEXT),
        tool("get_state", "", "a", "b", a={"enum": ["x" * 65]}, b=TEXT),
        tool("get_undeclared", "", "a"),
        tool("get_<thing>", "", "a", a=TEXT),
        tool("get_" + "thing" * 20, "", "a", a=TEXT),
        tool("get_flag", "", "a", a={"type": "boolean"}),
        tool("get_short", "", "a", a={"type": "string", "maxLength": 1}),
    ],
)
def test_a_tool_of_which_no_example_can_be_made_is_not_shown(unfit: Tool) -> None:
    assert names([unfit]) == []
    assert allowed_variant(FOUR, [unfit], Budget()) == BRIEF


def test_a_variant_without_examples_asks_for_none() -> None:
    assert allowed_variant(FULL, [DELETE], Budget()) == FULL
    assert allowed_variant(FOUR, ALL, Budget()) == FOUR
    assert example_requests(ALL, 0, Budget()) == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_turns_alternate_and_the_replies_are_calls_in_the_notation(dialect: str) -> None:
    shown = turns(ALL, dialect=dialect)
    assert [turn.role for turn in shown] == ["user", "assistant"] * 4
    wanted = [(one.call.name, one.call.arguments) for one in example_requests(ALL, 4, Budget())]
    replies = [parse_reply(turn.content, dialect, ALL) for turn in shown[1::2]]
    assert [(call.name, call.arguments) for reply in replies for call in reply.tool_calls] == wanted
    assert not any(reply.content.strip() for reply in replies)


def test_turns_without_a_tool_stand_between_the_examples() -> None:
    shown = turns(ALL, Variant("plain", brief=True, examples=4, plain=3))
    assert [(turn.content, answer.content) for turn, answer in zip(shown[::2], shown[1::2], strict=True)][1::2] == [
        *PLAIN
    ]
    assert [turn.role for turn in shown] == ["user", "assistant"] * 7
    assert len(turns([WEATHER], Variant("plain", brief=True, examples=1, plain=3))) == 4


def test_values_of_foreign_schemas_are_short_and_legible() -> None:
    (one, *_) = example_requests([tool("get_state", "", "a", "b", a={"enum": ["on", "<b>"]}, b=TEXT)], 1, Budget())
    assert one.call.arguments["a"] == "on"


def test_work_is_drawn_from_the_budget() -> None:
    budget = Budget()
    before = budget.left("visits")
    example_requests(ALL, 4, budget)
    assert budget.left("visits") < before
    for _ in range(100_000):
        try:
            example_requests([WEATHER], 1, budget)
        except OverLimit:
            return
    pytest.fail("it costs nothing")


@given(st.text(), st.text(), st.text(), st.sampled_from(DIALECTS))
def test_any_name_makes_turns_or_none(name: str, about: str, parameter: str, dialect: str) -> None:
    odd = tool(name, about, parameter, **{parameter: TEXT})
    for turn in turns([odd], dialect=dialect):
        assert turn.content
        json.dumps(turn.content).encode()
