"""Loops: a model that makes the same call again and again, with the same result.

    1st, 2nd    add {"a": 1} → "error: b is missing"      nothing
    3rd         the same                                  the result ends with a sentence that tells the model
    Nth         the same                                  the client gets an end with the reason, and no model is asked

A call counts as the same if its tool, its arguments and its result are the same; the order of members does not matter.
Other calls in between do not end a row, as agents read a file between two failing calls. The sentence depends on what
stands in front of it alone, so the turns keep their bytes in the next request, and the backend keeps its cache.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from toolbridge.messages import Message
from toolbridge.wire.linking import linked

NUDGED = 3
"""The time from which on the model is told."""
NUDGE = (
    "(This is call number {number} with the same arguments, and the result is the same each time. It will not change: "
    "use other arguments or another tool, or answer without a tool.)"
)
STOPPED = (
    "I stopped, because I called {name} {number} times with the same arguments and always got the same result. "
    "Please tell me how to go on."
)


def nudged(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation with a sentence behind each result that came for the third time; the same tuple without one."""
    times = _times(messages)
    if not times or max(number for _, number in times.values()) < NUDGED:
        return messages
    return tuple(
        replace(message, content=f"{message.content}\n\n{NUDGE.format(number=times[at][1])}")
        if at in times and times[at][1] >= NUDGED
        else message
        for at, message in enumerate(messages)
    )


def stopped(messages: tuple[Message, ...], most: int) -> str | None:
    """The words that end the loop, if one of the newest results came for the `most`th time; else None."""
    newest = _newest(messages)
    looped = [found for at, found in _times(messages).items() if at >= newest and found[1] >= most]
    if not looped:
        return None
    name, number = max(looped, key=lambda found: found[1])
    return STOPPED.format(name=name, number=number)


def _newest(messages: Sequence[Message]) -> int:
    """The place from which on only results stand."""
    at = len(messages)
    while at and messages[at - 1].role == "tool":
        at -= 1
    return at


def _times(messages: tuple[Message, ...]) -> dict[int, tuple[str, int]]:
    """For the place of each result, the name of its tool, and how often this call had this result so far."""
    counts: Counter[tuple[str, str, str]] = Counter()
    calls: dict[str, tuple[str, str]] = {}
    found: dict[int, tuple[str, int]] = {}
    for at, message in enumerate(linked(messages)):
        for call in message.tool_calls:
            if call.id is not None:
                calls[call.id] = call.name, _canonical(call.arguments_json)
        if message.role == "tool" and message.tool_call_id in calls:
            name, arguments = calls[message.tool_call_id]
            key = name, arguments, message.content
            counts[key] += 1
            found[at] = name, counts[key]
    return found


def _canonical(arguments: str) -> str:
    """The arguments in a form that does not depend on blanks and on the order of members."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments
