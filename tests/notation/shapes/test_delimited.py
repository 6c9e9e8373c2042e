"""Calls whose strings stand between delimiters: their structure, and when their arguments are on their way."""

import json
from typing import Any

import pytest

from tests.replies import TOOLS, Parsing, chunks, read, tool
from toolbridge.events import ToolCallArgsDelta, ToolCallStart
from toolbridge.limits import Limits

D = '<|"|>'
CLOSE = "<tool_call|>"
SAVE = [
    tool(
        "save",
        {
            "text": {"type": "string"},
            "n": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "opt": {"type": "object", "properties": {"deep": {"$ref": "#/$defs/deep"}, "s": {"type": "string"}}},
        },
    )
]
SAVE[0]["function"]["parameters"]["$defs"] = {"deep": {"type": "object", "properties": {"k": {"type": "string"}}}}


def arguments(body: str, tools: Any = None) -> Any:
    """The arguments of a call with this body, however it is cut."""
    text = f"<|tool_call>call:save{body}{CLOSE}"
    parsing = Parsing("gemma4", SAVE if tools is None else tools)
    whole = parsing.read([text])
    for size in (1, 2, 3, 7):
        assert parsing.read(chunks(text, size)) == whole
    assert whole.content == ""
    ((name, found),) = whole.calls
    assert name == "save"
    return json.loads(found)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("{}", {}),
        ("()", {}),
        ("({})", {}),
        ("", {}),
        ("{n:1}", {"n": 1}),
        ("{n:1,}", {"n": 1}),
        ("{ n : 1 , text : a }", {"n": 1, "text": "a"}),
        ("(n=1)", {"n": 1}),
        ("({n:1})", {"n": 1}),
        ("{{n:1}}", {"n": 1}),
        ("{n:1 text:a}", {"n": "1 text:a"}),
        (f"{{text:{D}a{D} n:1}}", {"text": "a", "n": 1}),
        (f"{{a b:1,{D}c:d{D}:2,'e':3}}", {"a b": 1, "c:d": 2, "e": 3}),
        ("{opt:{},tags:[]}", {"opt": {}, "tags": []}),
        ("{tags:[a,1,[b]]}", {"tags": ["a", "1", "[b]"]}),
        ("{opt:{deep:{k:7,j:7},s:true}}", {"opt": {"deep": {"k": "7", "j": 7}, "s": "true"}}),
        ("{x:{y:[{z:null}]}}", {"x": {"y": [{"z": None}]}}),
        ("{x:{y:[{z:null}", {"x": {"y": [{"z": None}]}}),
        ("{n:12345678901234567890}", {"n": 12345678901234567890}),
        (f"{{n:{D}1{D}}}", {"n": "1"}),
        ("{n:,text:}", {"n": "", "text": ""}),
    ],
)
def test_members_become_an_object(body: str, wanted: Any) -> None:
    assert arguments(body) == wanted


def test_without_a_declaration_values_are_typed_by_their_looks() -> None:
    body = f"{{a:1,b:1a,c:true,d:null,e:{D}1{D},f:-1.5e3,g:x y}}"
    wanted = {"a": 1, "b": "1a", "c": True, "d": None, "e": "1", "f": -1500.0, "g": "x y"}
    assert arguments(body, []) == wanted
    assert arguments(body, [tool("save")]) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "<|tool_call>",
        "<|tool_call>{}",
        "<|tool_call>call:",
        "<|tool_call>call:{n:1}",
        "<|tool_call>call:save",
        "<|tool_call>call:save now",
        "<|tool_call>call:save[1]",
        "<|tool_call>call:save<b>",
        "<tool_call|>",
        "<|tool_call> is a token, and so is <tool_call|>",
    ],
)
def test_what_never_becomes_a_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        back = Parsing("gemma4", SAVE).read(chunks(text, size))
        assert (back.content, dict(back.ledger)) == (text, {"content": len(text)})


@pytest.mark.parametrize("name", ["now", "call:now", "call: now", " call : now ", "call:mcp:clock:now", "call:a.now"])
def test_a_name_may_be_written_in_many_ways(name: str) -> None:
    for size in (1, 100):
        assert Parsing("gemma4").read(chunks(f"<|tool_call>{name}{{}}{CLOSE}", size)).calls == [("now", "{}")]


def test_a_tool_may_be_called_call() -> None:
    tools = [tool("call_me"), tool("call")]
    assert read("<|tool_call>call_me{}<tool_call|>", "gemma4", tools).calls == [("call_me", "{}")]
    assert read("<|tool_call>call:call{}<tool_call|>", "gemma4", tools).calls == [("call", "{}")]


def test_only_this_dialect_reads_a_call_that_does_not_say_so() -> None:
    text = "<|tool_call>now{}<tool_call|>"
    assert read(text, "gemma4").calls == [("now", "{}")]
    assert read(text, "xml").content == text


@pytest.mark.parametrize("depth", [3, 4])
def test_levels_are_bounded(depth: int) -> None:
    text = "<|tool_call>call:now{a:" + "[" * depth + "]" * depth + "}<tool_call|>"
    found = read(text, "gemma4", limits=Limits(depth=4))
    assert bool(found.calls) == (depth < 4)
    assert bool(found.incomplete) == (depth == 4)


def test_a_text_is_on_its_way_while_it_is_written() -> None:
    parser = Parsing("gemma4", SAVE).parser()
    assert [type(event) for event in parser.feed("<|tool_call>call:save{")] == [ToolCallStart, ToolCallArgsDelta]
    steps = [
        ("opt:{s:", '"opt":{"s":'),
        (D, '"'),
        ('a "b"', 'a \\"b\\"'),
        ("\n\\", "\\n\\\\"),
        (" and,", " and"),
        (" then", ""),
        (" it", ", then it"),
        (" }", " "),
        ("x", "}x"),
        (D, ""),
        (",x:1},", '","x":1}'),
        ("text:", ',"text":'),
        ("bare", '"bare'),
        (" text", " text"),
        (",", ""),
        ("n:", '","n":'),
    ]
    for piece, wanted in steps:
        assert "".join(event.json for event in parser.feed(piece) if isinstance(event, ToolCallArgsDelta)) == wanted


def test_a_long_text_leaves_in_as_many_pieces_as_it_came() -> None:
    parser = Parsing("gemma4", SAVE).parser()
    parser.feed(f"<|tool_call>call:save{{text:{D}")
    for _ in range(1000):
        assert parser.feed("some words ") == [ToolCallArgsDelta(0, "some words ")]
    parser.feed(f"{D}}}{CLOSE}")


@pytest.mark.parametrize("cause", ["stop", "length", "cut"])
def test_arguments_that_balance_are_complete_whatever_the_cause(cause: Any) -> None:
    assert read("<|tool_call>call:now{a:1}", "gemma4", cause=cause).calls == [("now", '{"a":1}')]
    assert read("<|tool_call>call:now{a:[1]", "gemma4", cause=cause).incomplete == [("now", "truncated")]


def test_a_brace_is_only_added_before_the_close_marker() -> None:
    assert read("<|tool_call>call:now{a:[1<tool_call|>", "gemma4").calls == [("now", '{"a":[1]}')]
    for behind in ("", "<turn|>", "<|tool_response>", "<tool_cal", "<|tool_call>call:now{}<tool_call|>"):
        found = read(f"<|tool_call>call:now{{a:{D}x{D}{behind}", "gemma4", TOOLS)
        assert ("now", '{"a":"x"}') not in found.calls, behind
