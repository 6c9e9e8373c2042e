"""Kimi K3: tags of three tokens, and the rest of such tags where a server strips the tokens."""

import json
from typing import Any

import pytest

from tests.replies import Parsing, chunks, read, tool
from toolbridge.events import ToolCallArgsDelta

TEXT = {"type": "string"}
TOOLS = [tool("save", {"text": TEXT, "n": {"type": "integer"}}), tool("now")]
CALL = '<|open|>call tool="save" index="1"<|sep|>'
CLOSE = "<|close|>call<|sep|>"


def argument(key: str, value: str, kind: str = "string") -> str:
    return f'<|open|>argument key="{key}" type="{kind}"<|sep|>{value}<|close|>argument<|sep|>'


def called(text: str) -> list[tuple[str, Any]]:
    """The calls of a reply that holds nothing else, however it is cut."""
    parsing = Parsing("kimi-k3", TOOLS)
    whole = parsing.read([text])
    for size in (1, 2, 3, 7):
        assert parsing.read(chunks(text, size)) == whole
    assert whole.content == ""
    return [(name, json.loads(arguments)) for name, arguments in whole.calls]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("string", "7", "7"),
        ("string", "", ""),
        ("string", "\n a \n", "\n a \n"),
        ("string", "<![CDATA[a]]>", "<![CDATA[a]]>"),
        ("string", "a &amp; <|open|> <|close|>argument", "a &amp; <|open|> <|close|>argument"),
        ("number", "7", 7),
        ("number", "1.50", 1.5),
        ("boolean", "true", True),
        ("null", "null", None),
        ("array", '["a", {"b": 1}]', ["a", {"b": 1}]),
        ("object", "{}", {}),
        ("object", "no JSON", "no JSON"),
    ],
)
def test_a_value_is_what_its_type_says(kind: str, value: str, wanted: Any) -> None:
    for key in ("text", "other"):
        assert called(CALL + argument(key, value, kind) + CLOSE) == [("save", {key: wanted})]


@pytest.mark.parametrize(
    "opener",
    [
        '<|open|>call tool="save" index="1"<|sep|>',
        '<|open|>call index="1" tool="save"<|sep|>',
        '<|open|>call tool="save"<|sep|>',
        '<|open|> call tool="save" index="1" <|sep|>',
        '<|open|>tools<|sep|><|open|>call tool="save" index="1"<|sep|>',
        '<|open|>tools<|sep|>\n<|open|>call tool="save" index="1"<|sep|>\n',
        '<|open|>toolscall tool="save" index="1"<|sep|>',
        '<|open|>tools<|open|>call tool="save" index="1"<|sep|>',
        'toolscall tool="save" index="1"<|sep|>',
        'toolscall tool="save" index="1"',
    ],
)
def test_a_call_may_begin_in_many_ways(opener: str) -> None:
    assert called(opener + argument("text", "a") + CLOSE) == [("save", {"text": "a"})]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("a", "a"),
        ("", ""),
        ("an argument about a call", "an argument about a call"),
        ("argument", "argument"),
        (" a\n", " a\n"),
    ],
)
def test_values_are_read_where_all_tokens_are_stripped(value: str, wanted: str) -> None:
    text = f'toolscall tool="save" index="1"argument key="text" type="string"{value}argumentcalltools'
    assert called(text) == [("save", {"text": wanted})]


def test_a_json_object_is_read_where_all_tokens_are_stripped() -> None:
    assert called('toolscall tool="save" index="1"json type="object"{"n": 1}jsoncalltoolsmessage') == [
        ("save", {"n": 1})
    ]


def test_text_is_on_its_way_while_it_is_written() -> None:
    for begun in (
        CALL + '<|open|>argument key="text" type="string"<|sep|>',
        'toolscall tool="save"argument key="text"',
    ):
        parser = Parsing("kimi-k3", TOOLS).parser()
        parser.feed(begun + "it ")
        for _ in range(100):
            assert parser.feed('is "b" ') == [ToolCallArgsDelta(0, 'is \\"b\\" ')]


@pytest.mark.parametrize(
    "text",
    [
        "<|open|>",
        "<|open|>tools<|sep|>",
        "<|open|>tools are here",
        '<|open|>call index="1"<|sep|><|close|>call<|sep|>',
        '<|open|>call tool="save" index="1"<|sep|>so',
        "toolscall me",
        "<|close|>",
        "A tool call tool=",
    ],
)
def test_what_never_becomes_a_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        back = Parsing("kimi-k3", TOOLS).read(chunks(text, size))
        assert (back.content, dict(back.ledger)) == (text, {"content": len(text)})


def test_markers_around_the_answer_go_for_other_dialects_as_well() -> None:
    text = "<|open|>response<|sep|>Hello.<|close|>response<|sep|><|close|>message<|sep|><|end_of_msg|>"
    for dialect in ("kimi-k3", "auto", "xml"):
        assert read(text, dialect, TOOLS).content == "Hello."
