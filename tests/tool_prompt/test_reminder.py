"""A reminder at the end of a long conversation, and nowhere else."""

from typing import Any

from toolbridge import inject_tools
from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.tool_prompt.reminder import REMINDER

TOOLS = (Tool("now", "The time."),)
LONG = (Message("user", "a" * 5000), Message("assistant", "Yes."), Message("user", "And now?"))
WORDS = REMINDER.partition(";")[0]


def injected(messages: tuple[Message, ...] = LONG, **more: Any) -> tuple[Message, ...]:
    return inject_tools(ChatRequest("m", messages, **{"tools": TOOLS} | more), "xml", reminds=1000).messages


def test_the_last_turn_ends_with_the_form_of_a_call() -> None:
    last = injected()[-1].content
    assert last.startswith("And now?\n\n(To use a tool, ")
    assert "<tool_calls> <invoke name=" in last
    assert WORDS not in "".join(message.content for message in injected()[:-1])


def test_all_in_front_of_it_is_as_it_was() -> None:
    plain = inject_tools(ChatRequest("m", LONG, TOOLS), "xml").messages
    assert injected()[:-1] == plain[:-1]
    assert injected()[-1].content.startswith(plain[-1].content)


def test_a_short_conversation_and_one_without_tools_get_none() -> None:
    assert WORDS not in injected((Message("user", "hi"),))[-1].content
    assert WORDS not in injected(tools=())[-1].content


def test_a_result_is_the_last_turn_as_well() -> None:
    messages = (*LONG, Message("assistant", "One moment."), Message("tool", "12:00", tool_name="now"))
    assert WORDS in injected(messages)[-1].content
