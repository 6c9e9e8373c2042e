"""Calls whose name stands in an element of its own: what may be missing, and what ends a value."""

import pytest

from tests.replies import Parsing, chunks, read, tool
from toolbridge.events import ToolCallArgsDelta, ToolCallStart

CITY = "<city>Oslo</city>"


def invoked(name: str, body: str) -> str:
    return f"<invoke>\n<tool_name>{name}</tool_name>\n{body}\n</invoke>"


@pytest.mark.parametrize(
    "body",
    [
        f"<parameters>\n{CITY}\n</parameters>",
        f"<parameters>{CITY}",
        CITY,
        f"{CITY}</parameters>",
        f"<parameters>{CITY}{CITY}</parameters>",
        '<parameters>{"city": "Oslo"}</parameters>',
    ],
)
def test_the_list_of_parameters_is_read_however_it_stands(body: str) -> None:
    text = invoked("get_weather", body)
    whole = read(text, "anthropic")
    assert whole.calls == [("get_weather", '{"city":"Oslo"}')]
    assert whole.content == ""
    for size in (1, 2, 3, 7):
        assert Parsing("anthropic").read(chunks(text, size)) == whole


@pytest.mark.parametrize(
    "text",
    [
        "<invoke>",
        "<invoke> text",
        "<invoke><tool_name>",
        "<invoke><tool_name>now</tool_name>",
        "<invoke><tool_name>now</tool_name> text</invoke>",
        "<invoke><tool_name></tool_name><parameters></parameters></invoke>",
        "<invoke><name>now</name></invoke>",
    ],
)
def test_what_never_becomes_a_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        assert Parsing("anthropic").read(chunks(text, size)).content == text


def test_only_tags_of_declared_parameters_end_a_value_before_them() -> None:
    offered = [tool("write", {"code": {"type": "string"}, "path": {"type": "string"}})]
    text = invoked("write", "<parameters><code>a</code><b>c</code><path>d</path></parameters>")
    assert read(text, "anthropic", offered).calls == [("write", '{"code":"a</code><b>c","path":"d"}')]


def test_a_value_leaves_as_it_comes() -> None:
    parser = Parsing("anthropic").parser()
    start, *_ = parser.feed("<invoke><tool_name>get_weather</tool_name><parameters><city>Os")
    assert isinstance(start, ToolCallStart)
    assert parser.feed("lo, or") == [ToolCallArgsDelta(0, "lo, or")]
