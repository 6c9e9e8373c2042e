"""Past turns that a client or a model broke, mended."""

import pytest

from toolbridge.events import ToolCall
from toolbridge.mended_history import mended
from toolbridge.messages import Message, Tool

HI = Message("user", "hi")
TOOLS = (Tool("now"), Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}}))
OSLO = ToolCall("get_weather", '{"city": "Oslo"}', "a")
TEXT = '<tool_call>\n{"name": "get_weather", "arguments": {"city":"Oslo"}}\n</tool_call>'


def test_a_conversation_without_a_fault_is_returned_itself() -> None:
    messages = (HI, Message("assistant", "Let me see.", tool_calls=(OSLO,)), Message("tool", "4", tool_call_id="a"))
    assert mended(messages, TOOLS) is messages


def test_a_call_that_stands_as_text_too_leaves_the_text() -> None:
    said = Message("assistant", f"Let me see.\n{TEXT}", tool_calls=(OSLO,))
    assert mended((HI, said), TOOLS)[1] == Message("assistant", "Let me see.", tool_calls=(OSLO,))


@pytest.mark.parametrize("text", [TEXT.replace("Oslo", "Rome"), f"{TEXT}{TEXT.replace('Oslo', 'Rome')}", "It rains."])
def test_text_of_another_call_stays(text: str) -> None:
    messages = (HI, Message("assistant", text, tool_calls=(OSLO,)))
    assert mended(messages, TOOLS) is messages


def call(name: str | None) -> Message:
    return Message("assistant", tool_calls=(ToolCall("now", "{}", name),))


def result(name: str | None, text: str = "12:00") -> Message:
    return Message("tool", text, tool_call_id=name)


def ids(messages: tuple[Message, ...]) -> list[str | None]:
    return [one.tool_call_id if one.role == "tool" else one.tool_calls[0].id for one in messages if one != HI]


def test_ids_that_come_twice_are_numbered_and_results_follow() -> None:
    messages = (HI, call("call_0"), result("call_0"), call("call_0"), result("call_0"), call("b"), result("b"))
    assert ids(mended(messages)) == ["call_0", "call_0", "call_0_2", "call_0_2", "b", "b"]


def test_two_calls_of_a_turn_with_one_id_get_the_results_in_their_order() -> None:
    twice = Message("assistant", tool_calls=(ToolCall("now", "{}", "x"), OSLO, ToolCall("now", '{"a": 1}', "x")))
    whole = mended((HI, twice, result("x", "1"), result("a", "2"), result("x", "3")))
    assert [one.id for one in whole[1].tool_calls] == ["x", "a", "x_2"]
    assert [(one.tool_call_id, one.content) for one in whole[2:]] == [("x", "1"), ("a", "2"), ("x_2", "3")]


def test_a_call_without_a_result_does_not_shift_the_others() -> None:
    messages = (call("x"), HI, call("x"), result("x"))
    assert ids(mended(messages)) == ["x", "x_2", "x_2"]


def test_results_of_no_call_and_calls_without_ids_stay() -> None:
    messages = (result("x"), call(None), result(None))
    assert mended(messages) is messages


def test_neighbouring_turns_of_the_assistant_are_joined() -> None:
    messages = (HI, Message("assistant", "One."), Message("assistant", "Two.", tool_calls=(OSLO,)), result("a"))
    assert mended(messages) == (HI, Message("assistant", "One.\n\nTwo.", tool_calls=(OSLO,)), result("a"))


def test_what_is_mended_needs_no_mending() -> None:
    messages = (HI, Message("assistant", TEXT, tool_calls=(OSLO,)), call("a"), result("a"), call("a"), result("a"))
    whole = mended(messages, TOOLS)
    assert mended(whole, TOOLS) is whole
