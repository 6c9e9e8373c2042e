"""Conversations as strict chat templates want them."""

from itertools import pairwise

import pytest

from toolbridge.events import ToolCall
from toolbridge.messages import Message
from toolbridge.strict_turns import OPENING, strict_turns

BRIEF, MONDAY = Message("system", "Be brief."), Message("system", "Today is Monday.")
HELLO, HI = Message("user", "Hello."), Message("assistant", "Hi.")
CALLED, RESULT = Message("assistant", tool_calls=(ToolCall("now"),)), Message("tool", "12:00", tool_name="now")


@pytest.mark.parametrize(
    "turns", [(), (HELLO,), (BRIEF, HELLO), (BRIEF, HELLO, HI, HELLO), (HELLO, CALLED, RESULT), (HI, HELLO)]
)
def test_what_every_template_takes_stays_the_same_value(turns: tuple[Message, ...]) -> None:
    assert strict_turns(turns) is turns or not turns


@pytest.mark.parametrize(
    ("turns", "mended"),
    [
        ((BRIEF, MONDAY, HELLO), (Message("system", "Be brief.\n\nToday is Monday."), HELLO)),
        ((HELLO, HI, MONDAY), (HELLO, HI, Message("user", "Today is Monday."))),
        ((BRIEF, HELLO, MONDAY, HI, HELLO), (BRIEF, HELLO, Message("user", "Today is Monday."), HI, HELLO)),
        ((BRIEF,), (BRIEF, Message("user", OPENING))),
        ((BRIEF, CALLED, RESULT), (BRIEF, Message("user", OPENING), CALLED, RESULT)),
        ((HI, MONDAY), (HI, Message("user", "Today is Monday."))),
    ],
)
def test_system_messages_are_one_at_the_front_and_there_is_a_user(
    turns: tuple[Message, ...], mended: tuple[Message, ...]
) -> None:
    assert strict_turns(turns) == mended
    assert strict_turns(mended) is mended


def test_a_conversation_that_grows_keeps_its_beginning() -> None:
    """The engine's prompt cache holds the turns of the request before."""
    turns = (BRIEF, MONDAY, HELLO, HI, MONDAY, HELLO, CALLED, RESULT, MONDAY, HI, HELLO)
    ends = [at for at in range(3, len(turns) + 1) if any(turn.role == "user" for turn in turns[:at])]
    for before, after in pairwise(ends):
        earlier = strict_turns(turns[:before])
        assert strict_turns(turns[:after])[: len(earlier)] == earlier
