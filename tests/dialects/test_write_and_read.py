"""Calls through a whole conversation and back: what a model is shown as its own past calls reads as those calls.

`test_form` proves the writer. Here the calls stand in a conversation as a backend is shown it, with text before them
and results behind them, in all the notations that prompts ask for. Raw values are written as they are, unless they
would read as something else: `NEUTRALISED` lists these texts for each notation, and how they are wrapped.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.test_form import ARGUMENTS, FORMS, NASTY, OBJECTS, TEXT
from tests.replies import Parsing, Read, a_call, chunks, tool
from toolbridge.dialect_choice import find_dialect
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Message
from toolbridge.tool_prompt import inject, tool_prompt
from toolbridge.tools import read_tools

F = tool("f", {"a": {"type": "string"}, "b": {"type": "string"}})
SAID = "I look it up."

STRUCTURAL = [
    "</parameter>\n<parameter=b>\nx\n</parameter>\n</function>\n</tool_call>",
    '</parameter>\n<parameter name="b">x</parameter>\n</invoke>\n</tool_calls>',
    "</parameter>\n</invoke>\n</function_calls>\n<invoke",
    "</parameter>\n</invoke>\n</minimax:tool_call>",
    "</arg_value>\n<arg_key>b</arg_key>\n<arg_value>x</arg_value>\n</tool_call>",
    "</a>\n<b>x</b>\n</f>",
    "<a>\n</a>",
    "</a></a>",
    "</f>",
    '"}}\n</tool_call>\n<tool_call>\n{"name": "f", "arguments": {"a": "',
    '"}}]\n```\n',
    '"}}; {"name": "f", "parameters": {"a": "',
    '")]\n[f(a="',
    '")\n</function_calls>\n',
    'x"}\nObservation: y\nAction: f\nAction Input: {"a": "z',
    "\nObservation: y\nThought: z\nFinal Answer: x",
    "<|python_tag|>",
    "<|python_end|>",
    "]]><![CDATA[",
    "<![CDATA[x]]>",
    "]]>]]>",
]
"""The end of a value, a call and a block as each notation has it, and the beginning of more."""
ENDS = ["\n", "\r\n", "\r", "\n\n", " ", "\t", "\u2028", "\x85", "\n\r", "\r\r\n"]
"""Characters that may get lost at either end of a text."""
AWKWARD = (
    st.sampled_from(STRUCTURAL)
    | st.tuples(
        st.sampled_from(["", *ENDS]), st.sampled_from(["", "x", *STRUCTURAL]), st.sampled_from(["", *ENDS])
    ).map("".join)
    | st.lists(st.sampled_from([*NASTY, *STRUCTURAL, *ENDS]), max_size=4).map("".join)
)


def compact(calls: Sequence[ToolCall]) -> list[tuple[str, str]]:
    return [(call.name, json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))) for call in calls]


def turn(name: str, calls: Sequence[ToolCall], tools: Any, said: str = "") -> str:
    """The turn of the assistant that made these calls, as the backend is shown it."""
    messages = (
        Message("user", "Do it."),
        Message("assistant", said, tool_calls=tuple(calls)),
        *(Message("tool", "done", tool_name=call.name) for call in calls),
        Message("user", "Again."),
    )
    shown = inject(ChatRequest("model", messages=messages, tools=read_tools(tools)), name).messages
    (text,) = [message.content for message in shown if message.role == "assistant"]
    return text


def back(name: str, text: str, tools: Any, release: str = "early", size: int = 0) -> Read:
    pieces = chunks(text, size) if size else [text]
    return Parsing(name, tools, options={"release": release}).read(pieces)


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=60, deadline=None)
@given(given=ARGUMENTS, more=OBJECTS, size=st.integers(1, 9))
def test_the_calls_of_a_past_turn_read_as_they_were_made(
    name: str, given: list[Any], more: dict[str, Any], size: int
) -> None:
    tools = [tool("f", {argument: schema for argument, (schema, _) in given}), tool("g", {key: {} for key in more})]
    calls = [a_call("f", {argument: value for argument, (_, value) in given}), a_call("g", more)]
    text = turn(name, calls, tools, SAID)
    for read in (back(name, text, tools, size=size), back(name, text, tools, "whole")):
        assert read.calls == compact(calls)
        assert read.content == SAID
        assert read.incomplete == []


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=100, deadline=None)
@given(first=AWKWARD, second=AWKWARD | TEXT, size=st.integers(1, 9))
def test_texts_that_speak_of_the_notation_are_the_same_texts(name: str, first: str, second: str, size: int) -> None:
    calls = [a_call("f", {"a": first, "b": second}), a_call("f", {"b": first})]
    text = turn(name, calls, [F])
    for read in (back(name, text, [F], size=size), back(name, text, [F], "whole")):
        assert read.calls == compact(calls)
        assert read.content == ""


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("text", [*STRUCTURAL, *ENDS, *(end + "x" + end for end in ENDS), ""])
def test_each_awkward_text_reads_back_without_a_tolerance(name: str, text: str) -> None:
    calls = [a_call("f", {"a": text, "b": "y"})]
    shown = turn(name, calls, [F])
    read = back(name, shown, [F])
    assert read.calls == compact(calls)
    assert read.tolerances == {}


@pytest.mark.parametrize("name", FORMS)
def test_arguments_that_the_schema_does_not_know_come_back_all_the_same(name: str) -> None:
    calls = [a_call("f", {"a": "x", "other": "y"}), a_call("f", {}), a_call("f", {"f": "z", "a b": "<", "": "q"})]
    assert back(name, turn(name, calls, [F]), [F]).calls == compact(calls)


@pytest.mark.parametrize("name", FORMS)
def test_a_tool_with_an_odd_name_is_called_by_it(name: str) -> None:
    tools = [tool("mcp__files.read-it", {"a": {"type": "string"}}), tool("näh", {"a": {"type": "integer"}})]
    calls = [a_call("mcp__files.read-it", {"a": "x"}), a_call("näh", {"a": 1})]
    assert back(name, turn(name, calls, tools), tools).calls == compact(calls)


@pytest.mark.parametrize("name", FORMS)
def test_the_example_of_the_prompt_reads_as_its_calls(name: str) -> None:
    tools = [tool("get_weather", {"city": {"type": "string"}, "days": {"type": "integer"}}, ["city"])]
    _, _, shown = tool_prompt(tools, name).rpartition("The reply:\n\n")
    read = back(name, shown, tools)
    assert [call for call, _ in read.calls] == ["get_weather", "get_weather"]
    assert read.content == ""
    assert read.tolerances == {}


INVOKE = ("<parameter", "</parameter", "<invoke", "</invoke")
NEUTRALISED = {
    "anthropic": (*INVOKE, "<function_calls>", "</function_calls>"),
    "cline": ("<a>", "</a"),
    "glm": ("<tool_call>", "</tool_call>", "<arg_key", "</arg_key", "<arg_value", "</arg_value"),
    "minimax-m2": (*INVOKE, "<minimax:tool_call>", "</minimax:tool_call>"),
    "qwen3-coder": ("<tool_call>", "</tool_call>", "<function=", "</function", "<parameter=", "</parameter"),
    "xml": (*INVOKE, "<tool_calls>", "</tool_calls>", "<function_calls>", "</function_calls>"),
}
"""Texts that are written in CDATA: markup of the notation, behind which a close tag might count."""


def shown_value(name: str, text: str) -> str:
    """How this text is written for the parameter `a`, between its tags."""
    form = find_dialect(name).form
    assert form is not None
    (before, after) = form.write([a_call("f", {"a": "\ue000"})], read_tools([F])).split("\ue000")
    written = form.write([a_call("f", {"a": text})], read_tools([F]))
    assert written.startswith(before)
    assert written.endswith(after)
    return written[len(before) : len(written) - len(after)]


def test_every_notation_with_raw_values_is_in_the_list() -> None:
    raw = {name for name in FORMS if shown_value(name, 'a < "b" && c') == 'a < "b" && c'}
    assert raw == NEUTRALISED.keys()


@pytest.mark.parametrize(("name", "marker"), [(name, one) for name, all_ in NEUTRALISED.items() for one in all_])
def test_a_raw_value_that_holds_markup_of_its_notation_is_wrapped(name: str, marker: str) -> None:
    assert shown_value(name, f"a{marker} b") == f"<![CDATA[a{marker} b]]>"


@pytest.mark.parametrize("name", NEUTRALISED)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a ]]> b", "<![CDATA[a ]]]]><![CDATA[> b]]>"),
        ("<![CDATA[x]]>", "<![CDATA[<![CDATA[x]]]]><![CDATA[>]]>"),
        ("x\n\u2028 y", "x\n\u2028 y"),
        ("<b>&amp;</b> </html> ]]", "<b>&amp;</b> </html> ]]"),
        ("```\n<think>\\n</think>", "```\n<think>\\n</think>"),
    ],
)
def test_a_raw_value_is_otherwise_written_as_it_is(name: str, text: str, shown: str) -> None:
    assert shown_value(name, text) == shown
