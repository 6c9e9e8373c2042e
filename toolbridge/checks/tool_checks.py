"""Calls held to the schemas of the offered tools: what is changed in them, and what does not fit."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from toolbridge.byte_cache import ByteCache, digest
from toolbridge.checks.arguments import Arguments, rewritten
from toolbridge.checks.places import Place
from toolbridge.events import ToolCall
from toolbridge.limits import KIB, MIB
from toolbridge.messages import Tool
from toolbridge.notation.names import Offered
from toolbridge.schema.plain import Plain, plain
from toolbridge.tools import read_tools

_PLACES: ByteCache[Place] = ByteCache(8 * MIB)
_TIMES = 16
"""How much more memory a place and its validators take than the text of the schema."""
MOST = 64 * KIB
"""Characters of arguments that are held to a whole schema. The values in longer arguments are still coerced."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call does not fit its tool."""

    tool: str
    where: str
    """The part of the arguments that does not fit, as a JSON pointer; empty for the arguments as a whole."""
    why: str
    """Words that quote the schema, and no value of the call."""

    def __str__(self) -> str:
        return f"{self.tool}{self.where}: {self.why}"


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A call as it was meant, how often something was changed in it, and why it does not fit, if it does not."""

    call: ToolCall
    changes: Mapping[str, int] = field(default_factory=dict)
    fault: Fault | None = None


class ToolChecks:
    """The schemas of some tools, made ready for their calls when a tool is called for the first time.

    With `coerces`, values and names in calls are changed that can only be meant otherwise. With `notes`, calls are held
    to the whole schema. A schema with thousands of parts is not followed: its calls are taken as they are. What is made
    ready is kept for later requests if `remembers`, which takes a look at the whole of a schema.
    """

    def __init__(
        self, tools: Iterable[Tool], *, coerces: bool = True, notes: bool = True, remembers: bool = True
    ) -> None:
        self.coerces = coerces
        self.notes = notes
        self._remembers = remembers
        self._tools = {tool.name: tool for tool in tools}
        self._offered: Offered | None = None
        self._places: dict[str, Place] = {}

    def meant(self, name: str) -> str:
        """The offered tool that was called, where its name is spelled nearly so and no other's is; else the name."""
        if name in self._tools or not self.coerces:
            return name
        if self._offered is None:
            self._offered = Offered(self._tools)
        return self._offered.meant(name) or name

    def place(self, name: str) -> Place | None:
        """What the arguments of a tool have to be, or None if the tool was not offered, or its schema is too large."""
        found = self._places.get(name)
        if found is None and name in self._tools:
            parameters = self._tools[name].parameters
            found = _known_place(parameters) if self._remembers else _place(parameters)
            if found is not None:
                self._places[name] = found
        return found

    def arguments(self, name: str) -> Arguments | None:
        """What changes the arguments of a call to this tool while they come, or None if nothing does."""
        place = self.place(name) if self.coerces else None
        return None if place is None else Arguments(place)

    def fault(self, name: str, arguments: str) -> Fault | None:
        """Why the whole arguments of a call do not fit the schema of their tool, or None."""
        place = self.place(name) if self.notes and len(arguments) <= MOST else None
        if place is None:
            return None
        try:
            found = place.fault(json.loads(arguments))
        except (ValueError, RecursionError):
            return None
        return None if found is None else Fault(name, *found)


def _known_place(parameters: Mapping[str, Any]) -> Place | None:
    """The place of all arguments, from the cache if these parameters were seen before."""
    try:
        text = orjson.dumps(parameters).decode()
    except (TypeError, ValueError, RecursionError):
        return _place(parameters)
    key = (digest((text,)),)
    found = _PLACES.find(key)
    if found is None:
        found = _place(parameters)
        if found is not None:
            _PLACES.keep(key, found, (text,) * _TIMES)
    return found


def _place(parameters: Any) -> Place | None:
    """The place of all arguments, which are an object whatever the schema says; None if the schema is too large."""
    for patterns in (True, False):
        schema = plain(parameters, patterns=patterns)
        if schema is None:
            return None
        found = Place(Plain({"type": ["object"]}, schema))
        if found.compiles:
            return found
    return None


def check_call(call: ToolCall, tools: Iterable[Any]) -> CheckedCall:
    """A whole call, held to the schema of its tool; `tools` in any shape that the library takes.

    A value that does not fit and has exactly one meaning that does is changed to that; a value that fits is never
    changed. The arguments of a tool that is not among the tools stay as they are.
    """
    checks = ToolChecks(read_tools(tools))
    changes: Counter[str] = Counter()
    name = checks.meant(call.name)
    if name != call.name:
        changes["renamed"] += 1
    place, arguments = checks.place(name), call.arguments_json
    if place is not None:
        arguments, changed = rewritten(arguments, place)
        changes += changed
    return CheckedCall(replace(call, name=name, arguments_json=arguments), dict(changes), checks.fault(name, arguments))
