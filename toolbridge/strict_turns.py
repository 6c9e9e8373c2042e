"""A conversation as strict chat templates want it: one system message, at the front, and a turn of the user.

Templates of Qwen 3.5 and later end with an error otherwise: "System message must be at the beginning", "No user query
found in messages". Codex and Claude Code send several messages of the system, some behind the first turns.

    system   Be brief.            system   Be brief.
    system   Today is Monday.              (a blank line)
                                           Today is Monday.
    user     Hello.               user     Hello.
    system   The file changed.    user     The file changed.

A later message of the system stays in its place, as a turn of the user: at the front it would change the beginning of
the prompt, which the engine keeps from turn to turn.
"""

from dataclasses import replace

from toolbridge.messages import Message

OPENING = "(There is no message of the user.)"
"""The user's turn where there is none."""


def strict_turns(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation as strict templates want it; the very same tuple if it is so already."""
    front = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
    has_user = any(message.role == "user" for message in messages)
    if front <= 1 and has_user and all(message.role != "system" for message in messages[front:]):
        return messages
    turns = [message if message.role != "system" else replace(message, role="user") for message in messages[front:]]
    if not any(message.role == "user" for message in turns):
        turns.insert(0, Message("user", OPENING))
    return (*_merged(messages[:front]), *turns)


def _merged(system: tuple[Message, ...]) -> tuple[Message, ...]:
    """One message of the system with the text of all; none if there is none."""
    if len(system) < 2:
        return system
    content = "\n\n".join(message.content for message in system if message.content.strip())
    images = tuple(image for message in system for image in message.images)
    return (replace(system[0], content=content, images=images),)
