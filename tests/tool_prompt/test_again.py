"""A conversation that goes on behind a reply that should have been a call."""

from toolbridge.messages import Message, ToolChoice
from toolbridge.tool_prompt import asked_again
from toolbridge.tool_prompt.again import NO_CALL

HI = Message("user", "hi")
RESULT = Message("tool", "12:00", tool_name="now")
REQUIRED, NAMED = ToolChoice("required"), ToolChoice("required", "now")


def test_the_model_is_shown_its_answer() -> None:
    assert asked_again([HI], REQUIRED, said=" No.\n") == (HI, Message("assistant", "No."), Message("user", NO_CALL))


def test_a_named_tool_is_asked_for_by_its_name() -> None:
    words = asked_again([HI], NAMED, said="No.")[-1].content
    assert words == "This reply does not call now. Call now in your next reply, and write nothing but the call."


def test_a_tool_that_must_not_be_called_is_named() -> None:
    assert asked_again([HI], NAMED, other="later")[-1].content.startswith("hi\n\nlater must not be called here. ")


def test_a_reply_without_text_leaves_no_turn() -> None:
    assert asked_again([HI], REQUIRED) == (Message("user", f"hi\n\n{NO_CALL}"),)
    assert asked_again([HI, RESULT], REQUIRED, said=" ") == (HI, RESULT, Message("user", NO_CALL))
    assert asked_again([], REQUIRED) == (Message("user", NO_CALL),)
