"""Freeform tools: what models see of them, and the text of a call in both directions, however it is cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.budget import Budget
from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest, Freeform, Tool
from toolbridge.wire.freeform import (
    InputArguments,
    InputText,
    arguments_of_text,
    freeform_names,
    read_freeform,
    text_of_arguments,
)

PATCH = (
    '*** Begin Patch\n*** Update File: a\\b.py\n-print("x\\n")\n+print(\'ä\', "😀", "\\ud83d")\r\n\t"}\n*** End Patch'
)
GRAMMAR = 'start: "x"+'


def text_of(arguments: str, *cuts: int) -> str:
    """The text of a call whose arguments come in these pieces."""
    reading = InputText()
    at = [0, *sorted(cut for cut in cuts if cut <= len(arguments)), len(arguments)]
    out = [reading.feed(arguments[start:end]) for start, end in pairwise(at)]
    return "".join(out) + reading.finish()


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_text_is_the_same_at_every_cut(compact: bool, ascii_only: bool) -> None:
    separators = (",", ":") if compact else (" , ", " : ")
    arguments = json.dumps({"input": PATCH}, separators=separators, ensure_ascii=ascii_only)
    assert all(text_of(arguments, cut) == PATCH for cut in range(len(arguments)))
    assert text_of(arguments, *range(len(arguments))) == PATCH


def test_it_grows_as_the_arguments_come() -> None:
    reading = InputText()
    given = ['{"inp', 'ut": "', "*** Be", "gin\\", "n\\u00", 'e4 "}']
    assert [reading.feed(piece) for piece in given] == ["", "", "*** Be", "gin", "\n", "ä "]
    assert reading.finish() == ""


def test_halves_of_a_pair_wait_for_each_other() -> None:
    reading = InputText()
    given = ['{"input":"\\ud83d', "\\u", "de00", "x", '\\ud83d"}']
    assert [reading.feed(piece) for piece in given] == ["", "", "😀", "x", "\ud83d"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input": "a", "more": "b"}', "a"),
        ('{"more": 1, "input": "a"}', "a"),
        ('{"patch": "a"}', "a"),
        ("{}", ""),
        ("", ""),
        ('{"a": "b", "c": "d"}', '{"a": "b", "c": "d"}'),
        ('{"input": {"a": 1}}', '{"input": {"a": 1}}'),
        ("[1]", "[1]"),
        ("what", "what"),
    ],
)
def test_arguments_of_another_form_are_read_at_their_end(arguments: str, text: str) -> None:
    assert text_of_arguments(arguments) == text
    assert text_of(arguments) == text
    assert text_of(arguments, *range(len(arguments))) == text


def test_a_beginning_that_never_comes_costs_no_more_than_its_length() -> None:
    reading = InputText()
    assert [reading.feed(" ") for _ in range(2000)] == [""] * 2000
    assert reading.feed('{"input":"a"}') == ""
    assert reading.finish() == "a"


@given(st.text(), st.lists(st.integers(0, 60), max_size=9))
def test_a_text_survives_both_ways(text: str, cuts: list[int]) -> None:
    writing = InputArguments()
    at = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    arguments = "".join(writing.feed(text[a:b]) for a, b in pairwise(at) if a < b) + writing.finish()
    assert json.loads(arguments) == {"input": text}
    assert text_of(arguments, *cuts) == text
    assert json.loads(arguments_of_text(text)) == {"input": text}


SHAPES = [
    {"type": "custom", "custom": {"name": "p", "description": "Patches.", "format": None}},
    {"type": "custom", "name": "p", "description": "Patches.", "format": {"type": "text"}},
]
WITH_GRAMMAR = [
    {"format": {"type": "grammar", "syntax": "lark", "definition": GRAMMAR}},
    {"format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": GRAMMAR}}},
]


@pytest.mark.parametrize("entry", SHAPES)
def test_a_model_sees_a_tool_with_one_text(entry: dict[str, object]) -> None:
    (tool,) = read_freeform(entry, "tools[0]", Budget())
    assert (tool.name, tool.freeform) == ("p", Freeform("Patches."))
    assert tool.description == "Patches.\n\nGive the text as the argument `input`."
    assert list(tool.parameters["properties"]) == tool.parameters["required"] == ["input"]


@pytest.mark.parametrize("grammar", WITH_GRAMMAR)
def test_the_grammar_stands_in_the_description(grammar: dict[str, object]) -> None:
    (tool,) = read_freeform({"type": "custom", "name": "p"} | grammar, "tools[0]", Budget())
    assert tool.freeform == Freeform("", "lark", GRAMMAR)
    assert tool.description.endswith(f"must match this grammar (lark):\n{GRAMMAR}")


def test_a_tool_without_a_name_is_refused_at_its_place() -> None:
    with pytest.raises(RequestError, match=r"^tools\[3\]: the tool needs a name"):
        list(read_freeform({"type": "custom", "custom": {}}, "tools[3]", Budget()))


def test_the_names_of_freeform_tools() -> None:
    assert freeform_names(ChatRequest("m", tools=(Tool("a"), Tool("b", freeform=Freeform())))) == {"b"}
