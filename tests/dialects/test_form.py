"""Both halves of a dialect together: what it writes, it reads."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replies import Parsing, a_call, chunks, read, tool
from toolbridge.dialect_choice import find_dialect
from toolbridge.dialects import dialects
from toolbridge.events import ToolCall
from toolbridge.tools import read_tools

FORMS = [name for name, dialect in dialects().items() if dialect.form is not None]

NASTY = [
    *("\n", "\r\n", "\r", "\t", " ", "  ", "\u2028", "\x85"),
    *("\x01", "\x0b", "\x1f", "\x7f", "\ufeff", "\u200d", "é", "😀"),
    *("<", "&lt;", "&", "<b>x</b>", "<item>", "</item>", "]]>", "]]", "<![CDATA["),
    *("<parameter>", '<parameter name="a">', "</parameter>"),
    *('<invoke name="f">', "</invoke>", "<tool_calls>", "</tool_calls>"),
    *("<tool_call>", "</tool_call>", "```", "\n```\n", "`", '"', "'", "\\"),
    *("\\n", "\\u00e9", "\\ud83d", "{", "}", "[", "]", ":"),
    *("null", "true", "7", "007", "1e5", "-", "x", "<think>", "</think>", "<|im_end|>", "</s>", "<tool_results>"),
    *("Observation:", '{"name": "now", "arguments": {}}', "<now/>"),
]  # fmt: skip
TEXT = st.lists(
    st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
    max_size=6,
).map("".join)
INTEGERS = st.integers(-(2**70), 2**70)
NUMBERS = INTEGERS | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=3)
TYPED: list[tuple[dict[str, Any], st.SearchStrategy[Any]]] = [
    ({"type": "string"}, TEXT),
    ({}, VALUES),
    ({"type": ["string", "null"]}, TEXT | st.none()),
    ({"type": ["string", "integer", "null"]}, TEXT | INTEGERS | st.none()),
    ({"anyOf": [{"type": "string"}, {"type": "object"}]}, TEXT | OBJECTS),
    ({"type": "integer"}, INTEGERS),
    ({"type": "number"}, NUMBERS),
    ({"type": "boolean"}, st.booleans()),
    ({"type": "array"}, st.lists(VALUES, max_size=3)),
    ({"type": "array", "items": {"type": "string"}}, st.lists(TEXT, max_size=3)),
    ({"type": "object"}, OBJECTS),
    ({"enum": ["a", 1, None]}, st.sampled_from(["a", 1, None])),
]
NAMES = st.sampled_from(["a", "b", "c d"]) | TEXT
TYPED_VALUES = st.sampled_from(TYPED).flatmap(lambda one: st.tuples(st.just(one[0]), one[1]))
ARGUMENTS = st.lists(st.tuples(NAMES, TYPED_VALUES), max_size=3, unique_by=lambda one: one[0])


def written(name: str, calls: Sequence[ToolCall], tools: Any) -> str:
    form = find_dialect(name).form
    assert form is not None
    return form.write(calls, read_tools(tools))


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=150, deadline=None)
@given(given=ARGUMENTS, more=OBJECTS, size=st.integers(1, 9))
def test_what_is_written_is_read_back(name: str, given: list[Any], more: dict[str, Any], size: int) -> None:
    tools = [tool("f", {argument: schema for argument, (schema, _) in given}), tool("g", {key: {} for key in more})]
    calls = [a_call("f", {argument: value for argument, (_, value) in given}), a_call("g", more)]
    text = written(name, calls, tools)
    expected = [(call.name, json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))) for call in calls]
    for release, pieces in (("early", chunks(text, size)), ("whole", [text])):
        back = Parsing(name, tools, options={"release": release}).read(pieces)
        assert back.calls == expected
        assert back.content == ""


@pytest.mark.parametrize("name", FORMS)
def test_what_is_written_is_read_without_a_single_tolerance(name: str) -> None:
    tools = [tool("f", {"a": {"type": "string"}, "b": {"type": "array"}}), tool("now")]
    calls = [a_call("f", {"a": 'x\ny </parameter> "q"', "b": [1, {"c": None}]}), a_call("now", {})]
    back = read(written(name, calls, tools), name, tools)
    assert [call for call, _ in back.calls] == ["f", "now"]
    assert back.tolerances == {}
    assert set(back.ledger) <= {"call", "markup", "discarded:blank around markup"}


@pytest.mark.parametrize("name", FORMS)
def test_the_skeleton_is_what_is_written_with_placeholders(name: str) -> None:
    form = find_dialect(name).form
    assert form is not None
    block = form.write([ToolCall("TOOL_NAME", '{"PARAMETER_NAME": "VALUE"}')], [])
    assert form.skeleton == block.replace('"VALUE"', "VALUE")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_says_how_values_are_written_and_which_markers_are_its_own(name: str) -> None:
    form = find_dialect(name).form
    assert form is not None
    assert form.values
    assert form.markers
    assert "{name}" in form.result_open
