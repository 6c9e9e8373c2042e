"""Arguments that stand beside the name of a call, or under a key that no model was taught.

    {"name": "get_weather", "city": "Oslo"}
    {"name": "get_weather", "params": {"city": "Oslo"}}

Small models write both in a block of JSON calls. The tool's parameters tell which members are arguments. An object
whose members nobody understands is text and no call: a tool that runs without its arguments does the wrong thing.

    {"tool": "get_weather", "city": "Oslo"}

Agents ask for this form in their prompts, with no marker around it. There it counts only if every member is a parameter
of the offered tool and no required parameter is missing, as any other such object may be an answer.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from toolbridge import schema
from toolbridge.json_text import BadJson, JsonText
from toolbridge.messages import Tool
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import Found, Member, tolerated
from toolbridge.scanner import NotACall

_ABOUT = frozenset({"type", "index", "role", "content", "id", "tool_call_id", "call_id"})
"""Keys that OpenAI's shapes have beside a name. They are arguments only where the tool declares them."""
_KIND = '"function"'
"""The value of `type` in OpenAI's shapes, which is no argument of a tool that has a parameter `type`."""
_BY_PLACE = attrgetter("start")


def loose_arguments(reading: Reading, found: Found, *, strict: bool = False) -> str:
    """The arguments of a call that has none under their own key, as JSON text. Raises `NotACall`.

    A draft that holds the object must be open. `strict`: each member must be a parameter of an offered tool, and each
    required parameter must be there.
    """
    tool = reading.tools.get(reading.resolve(found.name))
    declared = schema.properties(tool.parameters) if tool else {}
    if strict:
        given = {one.key for one in found.members}
        if tool is None or not set(schema.required(tool.parameters)) <= given <= declared.keys() or not given:
            raise NotACall
    written = reading.drafted(reading.depth - 1)
    valid = partial(_valid, reading, written, len(written) - reading.scanner.here)
    members = [one for one in found.members if one.inside == found.named_inside]
    mine = [one for one in members if one.key in declared and not (one.key == "type" and valid(one) == _KIND)]
    others = [one for one in members if one.key not in declared and one.key not in _ABOUT]
    if not mine and (not others or (tool and not declared)):
        return "{}"  # a tool without parameters: models leave the arguments out
    if not mine and len(others) == 1:
        value = valid(others[0])
        if value.startswith("{") and _fits(value, tool, declared):
            reading.tolerate("loose arguments")
            return value
    if tool and not mine:
        raise NotACall
    if "id" in (one.key for one in mine):
        found.call_id = ""
    reading.tolerate("loose arguments")
    return _object(mine + others, valid)


def _object(members: Iterable[Member], valid: Callable[[Member], str]) -> str:
    """The members as an object, in their order. Of two with one key the first stays."""
    first = {one.key: one for one in sorted(members, key=_BY_PLACE, reverse=True)}
    kept = sorted(first.values(), key=_BY_PLACE)
    return "{" + ", ".join(f"{json.dumps(one.key, ensure_ascii=False)}: {valid(one)}" for one in kept) + "}"


def _fits(value: str, tool: Tool | None, declared: Mapping[str, Any]) -> bool:
    """Whether an object holds arguments of this tool. Where no tool is known, any object may."""
    return tool is None or json.loads(value).keys() <= declared.keys()


def _valid(reading: Reading, written: str, shift: int, member: Member) -> str:
    """The value of a member, as valid JSON. `shift` leads from a position of the scanner to the place in the text."""
    value = written[member.start + shift : member.end + shift]
    text = JsonText(depth=reading.limits.depth)
    try:
        text.feed(value, 0, len(value))
    except BadJson:
        raise NotACall from None
    if not text.ended:  # a number or a word, whose end shows only in the character behind it
        text.feed(" ", 0, 1)
    tolerated(reading, text)
    return text.taken()
