"""A model that makes the same call again and again is told so, and at last stopped."""

import json
from typing import Any

from toolbridge.events import ToolCall
from toolbridge.loops import NUDGE, nudged, stopped
from toolbridge.messages import Message

HI = Message("user", "hi")


def turn(number: int, result: str = "error: b is missing", name: str = "add", **arguments: Any) -> list[Message]:
    """A call and its result; without a number neither has an id, as clients of Ollama's wire send them."""
    link = f"call_{number}" if number else None
    call = ToolCall(name, json.dumps(arguments or {"a": 1}), link)
    named = None if link else name
    return [Message("assistant", tool_calls=(call,)), Message("tool", result, tool_call_id=link, tool_name=named)]


def talk(*turns: list[Message]) -> tuple[Message, ...]:
    return (HI, *(message for each in turns for message in each))


def told(messages: tuple[Message, ...]) -> list[bool]:
    return ["(This is call number" in message.content for message in nudged(messages) if message.role == "tool"]


def test_the_third_time_is_told_and_so_are_those_behind_it() -> None:
    messages = talk(*(turn(number) for number in range(1, 6)))
    assert told(messages) == [False, False, True, True, True]
    last = nudged(messages)[-1].content
    assert last == f"error: b is missing\n\n{NUDGE.format(number=5)}"


def test_two_times_are_no_loop() -> None:
    messages = talk(turn(1), turn(2))
    assert nudged(messages) is messages
    assert nudged(()) == ()


def test_other_arguments_another_result_and_another_tool_are_other_calls() -> None:
    messages = talk(turn(1), turn(2, a=2), turn(3, result="3"), turn(4, name="sub"), turn(5))
    assert nudged(messages) is messages


def test_calls_in_between_do_not_end_the_row_and_members_have_no_order() -> None:
    messages = talk(turn(1, a=1, b=2), turn(2, name="read"), turn(3, b=2, a=1), turn(4, a=1, b=2))
    assert told(messages) == [False, False, False, True]


def test_calls_without_ids_count_as_well() -> None:
    assert told(talk(turn(0), turn(0), turn(0))) == [False, False, True]


def test_the_turns_keep_their_bytes_in_the_next_request() -> None:
    first, second = talk(*(turn(n) for n in range(1, 5))), talk(*(turn(n) for n in range(1, 6)))
    assert nudged(second)[: len(first)] == nudged(first)


def test_at_the_last_time_the_client_gets_an_end() -> None:
    messages = talk(*(turn(number) for number in range(1, 6)))
    words = stopped(messages, 5)
    assert words is not None
    assert words.startswith("I stopped, because I called add 5 times")
    assert stopped(messages, 6) is None
    assert stopped((*messages, Message("user", "Go on.")), 5) is None, "somebody took part"


def test_arguments_that_are_no_json_are_compared_as_text() -> None:
    call = ToolCall("add", "{", "c")
    messages = (HI, *([Message("assistant", tool_calls=(call,)), Message("tool", "no", tool_call_id="c")] * 3))
    assert told(messages) == [False, False, True]
