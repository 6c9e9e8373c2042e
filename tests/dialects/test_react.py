"""Actions in words: when their input leaves, what a raw input may be, which words are not an action."""

import json
from typing import Any

import pytest

from tests.replies import Parsing, read, tool
from toolbridge.dialects.react import write
from toolbridge.events import ToolCall, ToolCallArgsDelta, ToolCallStart
from toolbridge.limits import Limits

SEARCH = tool("search", {"query": {"type": "string"}}, ["query"])
TOOLS = [SEARCH, tool("add", {"n": {"type": "integer"}, "to": {"type": "integer"}}, ["n"]), tool("now")]
ACTION = "Action: search\nAction Input: "


def steps(pieces: list[str], **options: Any) -> list[str]:
    """What leaves with each piece: a name, a piece of the arguments."""
    parser = Parsing("react", TOOLS, options=options).parser()
    told = []
    for piece in pieces:
        events = parser.feed(piece)
        names = "".join(event.name for event in events if isinstance(event, ToolCallStart))
        told.append(names + "".join(event.json for event in events if isinstance(event, ToolCallArgsDelta)))
    return told


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        (["Action: sea", "rch\nAction Inp", "ut:", " {", '"query": "a', "b c", '"}'], 3 * [""] + ["search{"]),
        (
            [ACTION, "weather", " in", " Oslo", "\n", "and"],
            ["", 'search{"query":"weather', " in", " Oslo", "", "\\nand"],
        ),
        ([ACTION, "x\nObserv", "ed", "\n\nObservation", ":"], ["", 'search{"query":"x', "\\nObserved", '"}', ""]),
        ([ACTION, '"wea', 'ther"', "\n"], ["", 'search{"query":"', "", 'weather"}']),
        ([ACTION, '"wea', 'ther" "x"', "\n", "y"], ["", 'search{"query":"', "", '\\"weather\\" \\"x\\"', "\\ny"]),
    ],
)
def test_an_input_leaves_while_it_is_written(pieces: list[str], told: list[str]) -> None:
    assert steps(pieces)[: len(told)] == told


def test_nothing_of_an_input_leaves_before_its_end_where_calls_are_released_whole() -> None:
    assert steps([ACTION, "weather", " in Oslo", "\nObservation:"], release="whole")[:3] == ["", "", ""]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Oslo", "Oslo"),
        ("  Oslo  \n\n", "Oslo"),
        ("a\n\n  b", "a\n\n  b"),
        ("null", "null"),
        ("7", "7"),
        ("", None),
        ("select {a} from [b]", "select {a} from [b]"),
        ("[1, 2]", "[1, 2]"),
        ("'x'", "'x'"),
        ("x Observation: y", "x Observation: y"),
        ("x\n Thought: y", "x\n Thought: y"),
        ('"', '"'),
        ('"x', '"x'),
        ('"x\\u00e9"', "xé"),
        ("`x`", "`x`"),
    ],
)
def test_a_raw_input_is_what_stands_there(text: str, arguments: str | None) -> None:
    found = read(ACTION + text, "react", TOOLS)
    meant = json.dumps({"query": arguments}, ensure_ascii=False, separators=(",", ":"))
    assert found.calls == ([] if arguments is None else [("search", meant)])
    assert found.content == ("" if found.calls else ACTION + text)


@pytest.mark.parametrize("text", ["x", "None", '"add"', "[]"])
def test_a_raw_input_for_a_tool_that_takes_nothing_is_text_unless_it_says_so(text: str) -> None:
    whole = f"Action: now\nAction Input: {text}"
    found = read(whole, "react", TOOLS)
    assert (found.calls, found.content) == (([("now", "{}")], "") if text == "None" else ([], whole))


@pytest.mark.parametrize("name", ["None", "null", "N/A", "none", "Finish", "", "***", "final answer", "add a number"])
def test_what_is_no_name_is_no_action(name: str) -> None:
    text = f"Action: {name}\nAction Input: {{}}"
    assert read(text, "react", TOOLS).content == text
    assert read(text, "react", []).calls == []


def test_an_offered_tool_may_be_called_as_nobody_is() -> None:
    assert read("Action: None\nAction Input: {}", "react", [tool("None")]).calls == [("None", "{}")]


def test_a_name_is_bounded_by_the_look_ahead() -> None:
    text = "Action: " + "x" * 99 + "\nAction Input: {}"
    assert read(text, "react", [], limits=Limits(lookahead=99)).content == text
    assert read(text, "react", [], limits=Limits(lookahead=200)).calls == [("x" * 99, "{}")]


def test_several_actions_are_written_one_behind_the_other() -> None:
    calls = [ToolCall("add", '{"n": 1}'), ToolCall("now", "{}")]
    assert write(calls, []) == 'Action: add\nAction Input: {"n": 1}\nAction: now\nAction Input: {}'
