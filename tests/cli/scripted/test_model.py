"""The scripted model as the bridge meets it: the prompt that the bridge writes in, text that the bridge reads out."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tool_prompt.golden import CONVERSATION, TOOLS
from toolbridge import ChatRequest, Message, ToolCall, ToolChoice, inject_tools, parse_reply, tool_prompt
from toolbridge.cli.scripted.model import GREETING, NO_TOOLS, TALK, pieces, reply
from toolbridge.tools import read_tools

OPEN_WEBUI = Path(__file__).parents[2] / "data" / "open_webui_tools.json"
DIALECTS = ["xml", "hermes", "json"]


def tool(name: str, about: str, **parameters: dict[str, Any]) -> dict[str, Any]:
    """A tool all of whose parameters are required."""
    schema = {"type": "object", "properties": parameters, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": schema}}


WEATHER = tool("get_weather", "Report the weather of a city.", city={"type": "string"})


def ask(
    text: str, *tools: Any, dialect: str = "xml", folded: bool = False, **options: Any
) -> tuple[str, list[tuple[str, Any]]]:
    """The model's text in answer to a user's words, and the calls that the bridge reads in this text."""
    offered = read_tools(tools)
    request = ChatRequest("m", (Message("system", "Be nice."), Message("user", text)), offered, **options)
    sent = inject_tools(request, dialect, folded=folded)
    assert not sent.tools
    written = reply([(message.role, message.content) for message in sent.messages])
    read = parse_reply(written, dialect, offered)
    return read.content, [(call.name, call.arguments) for call in read.tool_calls]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("folded", [False, True], ids=["system", "folded"])
def test_two_places_are_two_calls_in_the_notation_of_the_prompt(dialect: str, folded: bool) -> None:
    content, calls = ask("What is the weather in Oslo and in Rome?", WEATHER, dialect=dialect, folded=folded)
    assert content == "Let me look that up."
    assert calls == [("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"})]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_renamed_tools_and_parameters_are_called_by_their_new_names(dialect: str) -> None:
    renamed = tool("zorbulate", "Says how warm it is in a town.", blorp={"type": "string"})
    other = tool("frimp", "Adds up two amounts.", quux={"type": "number"}, wibble={"type": "integer"})
    assert ask("How warm is it in Bergen and in Malmö?", other, renamed, dialect=dialect)[1] == [
        ("zorbulate", {"blorp": "Bergen"}),
        ("zorbulate", {"blorp": "Malmö"}),
    ]
    assert ask("Add up the amounts 2.5 and 4", renamed, other, dialect=dialect)[1] == [
        ("frimp", {"quux": 2.5, "wibble": 4})
    ]


def test_types_decide_what_is_written() -> None:
    text = tool("find_entry", "Find an entry.", number={"type": "string", "description": "The number, as a text"})
    assert ask("Find the entry with number=7", text)[1] == [("find_entry", {"number": "7"})]
    number = tool("find_entry", "Find an entry.", number={"type": "integer"})
    assert ask("Find the entry with number=7", number)[1] == [("find_entry", {"number": 7})]


def test_a_greeting_gets_a_greeting() -> None:
    assert ask("hi", WEATHER) == (GREETING, [])


def test_a_long_list_of_tools_is_read_as_well_as_a_short_one() -> None:
    offered = json.loads(OPEN_WEBUI.read_text(encoding="utf-8"))
    assert ask("hi", *offered) == (GREETING, [])
    assert ask("Search the web for cats on mars", *offered)[1] == [("search_web", {"query": "cats on mars"})]


def test_what_no_tool_fits_gets_prose_that_owns_up_to_the_script() -> None:
    content, calls = ask("Tell me a joke", WEATHER)
    assert content == f"{TALK} None of the tools that I was shown fits: get_weather."
    assert calls == []


def test_without_a_prompt_about_tools_there_are_no_calls() -> None:
    written = reply([("system", "Be nice."), ("user", "What is the weather in Oslo?")])
    assert written == f"{TALK} I was shown no tools."
    assert reply([]) == written


def test_a_missing_value_is_asked_for() -> None:
    content, calls = ask("How is the weather?", WEATHER)
    assert content == "To use get_weather I need a value for city. Which one shall I take?"
    assert calls == []


def test_a_call_that_is_demanded_is_made() -> None:
    assert ask("hi", WEATHER, tool_choice=ToolChoice("required"))[1] == [("get_weather", {"city": "hi"})]


def test_one_call_is_made_where_only_one_is_wanted() -> None:
    assert ask("The weather in Oslo and in Rome?", WEATHER, parallel=False)[1] == [("get_weather", {"city": "Oslo"})]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("folded", [False, True], ids=["system", "folded"])
def test_results_are_answered_from(dialect: str, folded: bool) -> None:
    oslo = {"city": "Oslo", "sky": "rain", "degrees": {"now": 4, "later": None}, "wind": [1, True]}
    results = (
        Message("user", "The weather in Oslo and in Rome, and the time?"),
        CONVERSATION[2],
        Message("tool", json.dumps(oslo), tool_call_id="call_a"),
        Message("tool", "Error: no such city.", tool_call_id="call_b"),
        Message("tool", "12:30", tool_call_id="call_c"),
    )
    sent = inject_tools(ChatRequest("m", results, TOOLS), dialect, folded=folded)
    assert reply([(message.role, message.content) for message in sent.messages]) == (
        "Oslo: sky rain, degrees now 4, later none, wind 1; yes. "
        "get_weather (call 2) failed: no such city. now says: 12:30."
    )


def test_what_the_user_says_behind_results_counts_more_than_they_do() -> None:
    turns = (
        Message("user", "What is the weather in Oslo?"),
        Message("assistant", tool_calls=(ToolCall("get_weather", '{"city": "Oslo"}'),)),
        Message("tool", "rain"),
        Message("user", "And the weather in Rome?"),
    )
    sent = inject_tools(ChatRequest("m", turns, read_tools([WEATHER])))
    assert '<parameter name="city">Rome</parameter>' in reply([(one.role, one.content) for one in sent.messages])


def test_a_result_without_its_end_is_no_result() -> None:
    assert reply([("user", '<result name="a">\n1')]) == f"{TALK} {NO_TOOLS}"
    assert reply([("user", '<result name="a">\n\n</result>\n<result name="b">\n1')]) == "a said nothing."


@pytest.mark.parametrize("text", ["a, ", ".", "1+", "in A ", '<result name="a">\n', "- (", "x=", "'"])
def test_long_and_odd_texts_are_read_to_their_end(text: str) -> None:
    tools = [
        tool(f"get_a_{number}", "Gets 'it'.", x={"type": "string"}, path={"type": "string"}) for number in range(99)
    ]
    assert reply([("system", tool_prompt(tools)), ("user", text * 100_000)])
    assert reply([("system", f"# Tools\n\n## a\n{text * 20_000}\n# Using tools\n{text * 20_000}"), ("user", text)])


def test_pieces_are_of_two_to_five_characters_and_join_to_the_text() -> None:
    text = "Let me look that up.\n\n<tool_calls>…"
    cut = list(pieces(text))
    assert "".join(cut) == text
    assert all(2 <= len(piece) <= 5 for piece in cut[:-1])
    assert list(pieces("")) == []


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text()), max_size=4))
def test_any_conversation_gets_an_answer(turns: list[tuple[str, str]]) -> None:
    assert reply(turns)


FRAGMENTS = (
    *(
        "# Tools\n",
        "\n# Using tools\n",
        "## ",
        "- ",
        "a (string, required)",
        "(",
        ")",
        "{ ",
        '"',
        " | ",
        "[",
        "\n",
        ": ",
    ),
    *(
        "<tool_calls>",
        '<invoke name="TOOL_NAME">',
        "PARAMETER_NAME",
        "VALUE",
        "\n\n",
        '<result name="a">\n{}\n</result>',
    ),
    *("weather in Oslo, ", "3 ", "a=", "\n---\n", "This reply must use a tool.", "get_a", "No parameters."),
)


@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join), st.lists(st.sampled_from(FRAGMENTS)).map("".join)
)
def test_any_prompt_gets_an_answer(system: str, user: str) -> None:
    assert reply([("system", system), ("user", user)])
