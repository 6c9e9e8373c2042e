"""The attempts at a call that the client demands."""

import pytest

from toolbridge.events import ContentDelta, Error, ToolCallStart
from toolbridge.messages import ChatRequest, Message, ToolChoice
from toolbridge.plan import Plan
from toolbridge.server.attempts import Attempts
from toolbridge.translate.watch import Watch

HI = Message("user", "hi")


def attempts(most: int = 2, name: str | None = None) -> Attempts:
    return Attempts(ChatRequest("m", (HI,), tool_choice=ToolChoice("required", name)), most)


def watch(text: str = "", *called: str) -> Watch:
    seen = Watch(["now"])
    seen.note([ContentDelta(text), *(ToolCallStart(0, "a", name) for name in called)] if text or called else [])
    return seen


def test_there_are_so_many_attempts() -> None:
    two = attempts()
    assert two.missed(watch("No."), cut=False)
    assert not two.missed(watch("No."), cut=False)
    assert not attempts(1).missed(watch("No."), cut=False)


def test_the_number_stands_in_the_plan_from_the_second_on() -> None:
    two, plan = attempts(), Plan("prompted", "why")
    assert two.told(plan) is plan
    two.missed(watch("No."), cut=False)
    assert two.told(plan).why == "why, attempt 2"


@pytest.mark.parametrize(
    ("seen", "cut", "message"),
    [
        (watch("No,\nthanks."), False, "no tool call in 1 attempt: it wrote 'No, thanks.'"),
        (watch("x" * 500), False, f"no tool call in 1 attempt: it wrote '{'x' * 200}'"),
        (watch(), False, "no tool call in 1 attempt: it wrote nothing"),
        (watch(), True, "no tool call in 1 attempt: it wrote nothing, and reached the limit of its length"),
        (watch("", "later"), False, "no tool call in 1 attempt: it called 'later'"),
        (watch("", "now"), False, "no tool call in 1 attempt: its call was not complete"),
    ],
)
def test_the_error_says_what_the_model_wrote(seen: Watch, cut: bool, message: str) -> None:
    one = attempts(1)
    one.missed(seen, cut=cut)
    assert one.error() == Error(f"the model made {message}", "tool_use_failed", 400)


def test_a_named_tool_stands_in_the_error() -> None:
    two = attempts(2, "now")
    two.missed(watch("No."), cut=False)
    two.missed(watch("Never."), cut=False)
    assert two.error().message == "the model made no call of now in 2 attempts: it wrote 'Never.'"


def test_each_reply_joins_the_conversation() -> None:
    three = attempts(3)
    assert three.messages == (HI,)
    three.missed(watch("No."), cut=False)
    three.missed(watch("Never."), cut=False)
    assert [message.role for message in three.messages] == ["user", "assistant", "user", "assistant", "user"]
    assert [message.content for message in three.messages if message.role == "assistant"] == ["No.", "Never."]
