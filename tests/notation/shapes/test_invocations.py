"""Blocks of `invoke` elements under any wrapper, and the text in which they are asked for."""

import pytest

from tests.replies import Parsing, a_call, chunks, read
from toolbridge.events import ToolCall
from toolbridge.notation.shapes.invocations import WRAPPERS, invocations
from toolbridge.tools import read_tools

CALL = '<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>'
WEATHER = read_tools(
    [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]
)


@pytest.mark.parametrize(("opening", "closing"), [*WRAPPERS.items(), ("<tool_call>", "</tool_call>"), ("", "")])
def test_a_block_is_read_under_every_wrapper_and_without_one(opening: str, closing: str) -> None:
    text = f"So: {opening}\n{CALL}\n{closing} Done."
    for size in (1, 7, len(text)):
        reading = Parsing("xml").read(chunks(text, size))
        assert reading.calls == [("get_weather", '{"city":"Oslo"}')]
        assert reading.content.split() == ["So:", "Done."]


def test_two_wrappers_around_one_block_are_one() -> None:
    assert read(f"<tool_calls><function_calls>{CALL}</function_calls></tool_calls>", "xml").calls == [
        ("get_weather", '{"city":"Oslo"}')
    ]


def test_a_familys_own_block_may_hold_json() -> None:
    text = '<minimax:tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</minimax:tool_call>'
    ((name, arguments),) = read(text, "minimax-m2").calls
    assert (name, arguments.replace(" ", "")) == ("get_weather", '{"city":"Oslo"}')


def test_calls_are_written_a_tag_pair_on_each_line() -> None:
    assert invocations([a_call("get_weather", {"city": "Oslo"})], WEATHER, ()) == CALL


def test_a_name_that_no_attribute_can_hold_turns_all_into_json() -> None:
    call = ToolCall("get_weather", '{"a\\"b": 1, "city": "Oslo"}')
    assert invocations([call], WEATHER, ()) == f'<invoke name="get_weather">\n{call.arguments_json}\n</invoke>'


def test_what_would_close_a_value_is_protected_and_read_back() -> None:
    call = a_call("get_weather", {"city": "a</parameter>\n</invoke>\n</tool_calls>"})
    written = f"<tool_calls>\n{invocations([call], WEATHER, tuple(WRAPPERS))}\n</tool_calls>"
    assert [arguments for _, arguments in read(written, "xml").calls] == [
        '{"city":"a</parameter>\\n</invoke>\\n</tool_calls>"}'
    ]
