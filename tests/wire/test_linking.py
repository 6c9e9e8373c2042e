"""Calls and results find each other, by id, else name, else order."""

from toolbridge.events import ToolCall
from toolbridge.messages import Message
from toolbridge.wire.linking import linked, named

HI = Message("user", "Hi")


def calls(*calls: ToolCall) -> Message:
    return Message("assistant", tool_calls=calls)


def test_a_result_has_the_name_of_the_call_with_its_id() -> None:
    answer = Message("tool", "noon", tool_call_id="a")
    known = Message("tool", "noon", tool_call_id="a", tool_name="other")
    stray = Message("tool", "noon", tool_call_id="b")
    messages = [HI, calls(ToolCall("now", "{}", "a")), answer, known, stray]
    assert [message.tool_name for message in named(messages)] == [None, None, "now", "other", None]


def test_ids_that_are_missing_are_made_up_and_are_nobodys() -> None:
    first, second, result, other = list(
        linked(
            [
                calls(ToolCall("now"), ToolCall("now", "{}", "call_1")),
                calls(ToolCall("there")),
                Message("tool", "here", tool_name="there"),
                Message("tool", "noon"),
            ]
        )
    )
    assert [call.id for call in (*first.tool_calls, *second.tool_calls)] == ["call_2", "call_1", "call_3"]
    assert (result.tool_call_id, result.tool_name) == ("call_3", None)
    assert other.tool_call_id == "call_2"


def test_a_result_of_no_call_stays_as_it_is() -> None:
    stray = Message("tool", "noon", tool_name="now")
    assert list(linked([HI, stray])) == [HI, stray]
    assert (
        list(linked([calls(ToolCall("now", "{}", "a")), Message("tool", "x", tool_call_id="b")]))[1].tool_call_id == "b"
    )


def test_each_call_has_one_result() -> None:
    messages = [calls(ToolCall("now", "{}", "a")), Message("tool", "1"), Message("tool", "2")]
    assert [message.tool_call_id for message in linked(messages)] == [None, "a", None]
