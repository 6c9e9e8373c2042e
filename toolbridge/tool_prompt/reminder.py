"""A reminder of the form of a call at the end of a long conversation, where small models have forgotten the prompt.

It stands behind the last turn of the user, and in no other place: all in front of it is the conversation as it was, so
the backend's cache stays good up to there. In a short conversation it would only cost tokens, and press for tools.
"""

from collections.abc import Sequence
from dataclasses import replace

from toolbridge.messages import Message
from toolbridge.notation.dialect import Form

REMINDER = "(To use a tool, end your reply with a block of this form; otherwise answer in plain text. {skeleton})"
_CHARACTERS = 4
"""Characters of a token, about."""


def reminded(turns: Sequence[Message], form: Form, tokens: int) -> list[Message]:
    """The turns; the user's last one ends with the reminder if all of them have more than these tokens."""
    if not tokens or not turns or turns[-1].role != "user":
        return list(turns)
    if sum(len(turn.content) for turn in turns) <= tokens * _CHARACTERS:
        return list(turns)
    words = REMINDER.format(skeleton=" ".join(form.skeleton.split()))
    return [*turns[:-1], replace(turns[-1], content=f"{turns[-1].content}\n\n{words}")]
