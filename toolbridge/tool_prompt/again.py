"""A conversation that goes on where a reply was to make a call and made none: the model is shown what it wrote.

The words stand behind everything else, so that the backend's cache of the conversation stays good.
"""

from collections.abc import Sequence
from dataclasses import replace

from toolbridge.messages import Message, ToolChoice

NO_CALL = "This reply calls no tool. Call a listed tool in your next reply, and write nothing but the call."
NO_CALL_OF = "This reply does not call {name}. Call {name} in your next reply, and write nothing but the call."
CALLED = "{other} must not be called here."


def asked_again(
    messages: Sequence[Message], choice: ToolChoice, *, said: str = "", other: str = ""
) -> tuple[Message, ...]:
    """The conversation with the reply that the model `said`, and with the demand for a call behind it.

    `other` names a tool that the reply called although it must not be called. A reply without text leaves no turn, as
    templates refuse an empty turn; the demand then joins the last turn of the user.
    """
    words = NO_CALL if choice.name is None else NO_CALL_OF.format(name=choice.name)
    demand = f"{CALLED.format(other=other)} {words}" if other else words
    if said.strip():
        return (*messages, Message("assistant", said.strip()), Message("user", demand))
    if messages and messages[-1].role == "user":
        last = messages[-1]
        return (*messages[:-1], replace(last, content=f"{last.content}\n\n{demand}".strip()))
    return (*messages, Message("user", demand))
