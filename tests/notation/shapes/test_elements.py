"""Calls with an element for each parameter, in the tags of any family: what is forgiven, and when text leaves."""

import json
from typing import Any

import pytest

from tests.replies import TOOLS, Parsing, a_call, chunks, read, tool
from toolbridge.dialect_choice import find_dialect
from toolbridge.events import ToolCallArgsDelta
from toolbridge.notation.shapes.elements import can_follow_equals
from toolbridge.tools import read_tools

SAVE = [tool("save", {"text": {"type": "string"}, "n": {"type": "integer"}}, ["text"])]


def called(text: str, dialect: str = "qwen3-coder", tools: Any = None) -> list[tuple[str, Any]]:
    """The calls of a reply that holds nothing else, however it is cut."""
    tools = TOOLS if tools is None else tools
    whole = read(text, dialect, tools)
    for size in (1, 2, 3, 7):
        assert Parsing(dialect, tools).read(chunks(text, size)) == whole
    assert whole.content == ""
    return [(name, json.loads(arguments)) for name, arguments in whole.calls]


@pytest.mark.parametrize(
    "opener", ["<function=now>", "<function= now >", '<function="now">', "<function='now'>", "<function=now\t>"]
)
def test_a_name_behind_an_equals_sign_may_have_quotes_and_blanks(opener: str) -> None:
    assert called(f"{opener}</function>") == [("now", {})]


def test_an_element_may_close_itself() -> None:
    assert called("<function=now/>") == [("now", {})]
    assert called("<function=get_weather><parameter=city/></function>") == [("get_weather", {"city": ""})]


@pytest.mark.parametrize(
    "text",
    [
        "<function=",
        "<function=now",
        "<function=now>",
        "<function=now\n></function>",
        "<function=></function>",
        "<function=now>text</function>",
        "<tool_call>\n<function=now>",
        "<tool_call>\n</tool_call>",
        "<tool_call> <parameter=city>",
        "</function>",
    ],
)
def test_what_never_becomes_a_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        assert Parsing("qwen3-coder").read(chunks(text, size)).content == text


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a <parameter=n b", "a <parameter=n b"),
        ("a <parameter=other> b", "a <parameter=other> b"),
        ("a <parameter=text> b", "a <parameter=text> b"),
        ("a </function> b", "a </function> b"),
        ("a </function></tool_call> b", "a </function></tool_call> b"),
        ("a </parameter> b", "a </parameter> b"),
        ("<think>a</think>", "<think>a</think>"),
    ],
)
def test_tags_in_a_value_are_text_where_they_end_nothing(value: str, kept: str) -> None:
    text = f"<tool_call><function=save><parameter=text>{value}</parameter></function></tool_call>"
    assert called(text, tools=SAVE) == [("save", {"text": kept})]


def test_a_parameter_that_comes_twice_keeps_its_first_value() -> None:
    body = "<parameter=text>a</parameter><parameter=text>b</parameter>"
    assert called(f"<function=save>{body}</function>", tools=SAVE) == [("save", {"text": "a"})]


def test_a_parameter_without_a_name_breaks_the_call() -> None:
    text = "<function=save><parameter=text>a</parameter><parameter=>b</parameter></function>"
    assert read(text, "qwen3-coder", SAVE).incomplete == [("save", "broken")]


def test_a_call_that_lacks_a_required_parameter_is_not_ended_by_the_next_one() -> None:
    text = "<function=save><parameter=n>1</parameter><function=save><parameter=text>a</parameter></function>"
    back = read(text, "qwen3-coder", SAVE)
    assert back.calls == [("save", '{"text":"a"}')]
    assert back.incomplete == [("save", "broken")]


@pytest.mark.parametrize(
    ("dialect", "before"),
    [
        ("qwen3-coder", "<tool_call><function=save><parameter=text>"),
        ("seed-oss", "<seed:tool_call><function=save><parameter=text>"),
        ("minimax-m2", '<minimax:tool_call><invoke name="save"><parameter name="text">'),
        ("dots", '<dots_function_call><invoke name="save"><parameter name="text">'),
        ("anthropic", '<function_calls><invoke name="save"><parameter name="text">'),
        ("minicpm5", '<function name="save"><param name="text">'),
        (
            "deepseek-v3.2",
            '<｜DSML｜tool_calls><｜DSML｜invoke name="save"><｜DSML｜parameter name="text" string="true">',
        ),
        ("glm", "<tool_call>save<arg_key>text</arg_key><arg_value>"),
        ("hunyuan", "<tool_calls><tool_call>save<tool_sep><arg_key>text</arg_key><arg_value>"),
        ("lfm2", '<|tool_call_start|>[save(text="'),
        ("olmo3", '<function_calls>\nsave(text="'),
        ("pythonic", '[save(text="'),
    ],
)
def test_text_leaves_while_it_is_written(dialect: str, before: str) -> None:
    parser = Parsing(dialect, SAVE).parser()
    parser.feed(before + "I ")
    for piece in ("one ", "two ", "three"):
        assert parser.feed(piece) == [ToolCallArgsDelta(0, piece)]


@pytest.mark.parametrize("name", ["qwen3-coder", "glm", "anthropic", "minimax-m2"])
@pytest.mark.parametrize(
    "text",
    [
        "</parameter></function></tool_call>",
        "</parameter>\n<parameter=n>1</parameter>",
        "</arg_value></tool_call>",
        "</arg_value><arg_key>n</arg_key>",
        "</parameter></invoke></minimax:tool_call>",
        "</parameter></invoke></function_calls>",
    ],
)
def test_the_end_of_a_value_within_it_is_neutralised(name: str, text: str) -> None:
    form = find_dialect(name).form
    assert form is not None
    written = form.write([a_call("save", {"text": text})], read_tools(SAVE))
    assert called(written, name, SAVE) == [("save", {"text": text})]


def test_only_some_names_can_follow_an_equals_sign() -> None:
    assert can_follow_equals(["a", "b c", "é", "x-y"])
    for name in ("", " a", "a>b", "a<b", '"a"', "a\nb", "a/"):
        assert not can_follow_equals([name])
