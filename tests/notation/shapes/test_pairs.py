"""Calls as pairs of key and value: which tags models leave out."""

import json
from typing import Any

import pytest

from tests.replies import TOOLS, Parsing, chunks, read, tool
from toolbridge.notation.shapes.pairs import OTHER_STARTS
from toolbridge.words import Words

CITY = "<arg_key>city</arg_key><arg_value>Oslo</arg_value>"


def called(text: str, tools: Any = None) -> list[tuple[str, Any]]:
    """The calls of a reply that holds nothing else, however it is cut."""
    tools = TOOLS if tools is None else tools
    whole = read(text, "glm", tools)
    for size in (1, 2, 3, 7):
        assert Parsing("glm", tools).read(chunks(text, size)) == whole
    assert whole.content == ""
    return [(name, json.loads(arguments)) for name, arguments in whole.calls]


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>get_weather{CITY}</tool_call>",
        f"<tool_call>\nget_weather \n{CITY}\n</tool_call>",
        f"<tool_call>get_weather\\n\\n{CITY}\\n</tool_call>",
        "<tool_call>get_weather<arg_key> city </arg_key><arg_value>Oslo</arg_value></tool_call>",
        f"<tool_call>get_weather{CITY}</arg_value></tool_call>",
        f"<tool_call>get_weather{CITY}{CITY}</tool_call>",
        f"<tool_call>get_weather{CITY}</tool_ca",
        f"<tool_call>Get-Weather{CITY}</tool_call>",
    ],
)
def test_pairs_are_read_however_they_are_spaced(text: str) -> None:
    assert called(text) == [("get_weather", {"city": "Oslo"})]


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>now",
        "<tool_call>now\n",
        "<tool_call>now<arg",
        "<tool_call>now text",
        "<tool_call>now<b></tool_call>",
        "<tool_call>a name of its own</tool_call>",
        "<tool_call>get_weathertown</arg_key><arg_value>Oslo</arg_value></tool_call>",
        "<tool_call></tool_call>",
    ],
)
def test_what_never_becomes_a_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        assert Parsing("glm").read(chunks(text, size)).content == text


@pytest.mark.parametrize(
    "body",
    [
        "<arg_key></arg_key><arg_value>x</arg_value>",
        "<arg_key>city<b></arg_key><arg_value>x</arg_value>",
        f"{CITY}<arg_value>x</arg_value>",
    ],
)
def test_pairs_that_do_not_pair_break_the_call(body: str) -> None:
    text = f"<tool_call>get_weather{body}</tool_call>"
    back = read(text, "glm", cause="length")
    assert back.calls == []
    assert [name for name, _ in back.incomplete] == ["get_weather"]
    assert read(text, "glm", cause="length", release="whole").content == text


def test_a_value_may_lack_its_tags_before_a_written_line_break() -> None:
    assert called("<tool_call>get_weather<arg_key>city</arg_key>\\n<arg_value>Oslo</arg_value></tool_call>") == [
        ("get_weather", {"city": "Oslo"})
    ]


def test_names_that_begin_with_no_letter_of_ascii_have_an_opener_of_their_own() -> None:
    (token,) = OTHER_STARTS
    names = Words(["now", "öffnen", "[x]", "{x}", "<x"])
    assert token.is_said("ö", names)
    assert not any(token.is_said(said, names) for said in ("", "n", "öffnen", "[", "{", "<"))
    assert not token.is_said("ö", Words(["now"]))


def renamed(text: str, prefix: str, suffix: str, call: str) -> str:
    """The text with the tags of a notation that has these parts."""
    for tag in ("tool_call", "arg_key", "arg_value", "arg_type"):
        name = call if tag == "tool_call" else tag
        for slash in ("", "/"):
            text = text.replace(f"<{slash}{tag}>", f"<{slash}{prefix}{name}{suffix}>")
    return text


NOTATIONS = [
    ("glm", "", "", "tool_call"),
    ("glm", "", "", "iquest_tool_call"),
    ("longcat", "longcat_", "", "tool_call"),
    ("k2-horizon", "ifm|", "", "tool_call"),
    ("hunyuan", "", ":v1", "tool_call"),
]


@pytest.mark.parametrize("notation", NOTATIONS, ids=" ".join)
@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>get_weather{CITY}</tool_call>",
        f"<tool_call>get_weather\n{CITY}\n</tool_call>",
        f"<tool_call>get_weather\\n{CITY}\\n</tool_call>",
        "<tool_call>get_weather<arg_key>city</arg_key>Oslo</arg_value></tool_call>",
        "<tool_call>get_weather<arg_key>city<arg_value>Oslo</arg_value></tool_call>",
        "<tool_call>get_weathercity</arg_key><arg_value>Oslo</arg_value></tool_call>",
        "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Oslo</tool_call>",
        f"<tool_call>get_weather{CITY}",
        '<tool_call>get_weather{"city": "Oslo"}</tool_call>',
    ],
)
def test_the_notations_forgive_the_same(text: str, notation: tuple[str, str, str, str]) -> None:
    dialect, *parts = notation
    text = renamed(text, *parts)
    whole = read(text, dialect)
    assert (whole.calls, whole.content) == ([("get_weather", '{"city":"Oslo"}')], "")
    for size in (1, 2, 3, 7):
        assert Parsing(dialect).read(chunks(text, size)) == whole


@pytest.mark.parametrize(("said", "raw", "value"), [("string", "7", "7"), ("integer", "7", 7), ("object", "{}", {})])
def test_a_type_before_a_value_is_what_the_model_says_it_is(said: str, raw: str, value: Any) -> None:
    offered = [tool("call", {"any": {}})]
    text = (
        "<ifm|tool_call>call<ifm|arg_key>any</ifm|arg_key>"
        f"<ifm|arg_type>{said}</ifm|arg_type><ifm|arg_value>{raw}</ifm|arg_value></ifm|tool_call>"
    )
    assert [json.loads(arguments) for _, arguments in read(text, "k2-horizon", offered).calls] == [{"any": value}]


def test_a_type_is_no_tag_of_the_notations_without_one() -> None:
    typed = "<arg_key>city</arg_key><arg_type>string</arg_type><arg_value>Oslo</arg_value>"
    text = f"<tool_call>get_weather{typed}</tool_call>"
    assert read(text, "glm", release="whole").content == text


def test_a_key_may_hold_a_tag_where_the_tool_declares_it() -> None:
    text = "<tool_call>mark<arg_key>a<b>c</arg_key><arg_value>x</arg_value></tool_call>"
    assert called(text, [tool("mark", {"a<b>c": {"type": "string"}})]) == [("mark", {"a<b>c": "x"})]
