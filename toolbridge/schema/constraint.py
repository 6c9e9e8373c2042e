"""Schemas that a backend is held to while it writes: the arguments of a tool, and calls of offered tools.

A constraint says only what every engine can enforce: kinds, members, entries and listed values. Of the rest of JSON
schema each engine refuses something else, and a refused constraint is worth nothing. So a constraint refers to nothing,
has no patterns and no bounds, and is made by the same questions by which calls are read.

    arguments_constraint(parameters)        {"type": "object", "properties": {"city": {"type": "string"}}, …}
    calls_constraint(tools, several=False)  {"type": "object", "properties": {"name": …, "arguments": …}, …}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit
from toolbridge.messages import Tool
from toolbridge.schema.document import Document
from toolbridge.schema.questions import KINDS, items_schema, named_values

MOST_CALLS = 8
"""Calls in one reply that is held to calls: a small model would write them without an end."""
_LEVELS = 6
"""Levels of the arguments that are held to a kind. A schema may refer to itself."""
_LISTED = 200
"""Values of an `enum` that a constraint lists."""
_MEMBERS = 300
"""Members of an object that a constraint names."""
_MOST = 4_000
"""Places of all tools together; the parameters of further tools are held to their kinds."""
_EITHER = ("anyOf", "oneOf")
_OBJECT: Mapping[str, Any] = {"type": "object"}


def arguments_constraint(parameters: Mapping[str, Any], budget: Budget | None = None) -> dict[str, Any]:
    """The constraint for the arguments of a tool with these parameters; any object where the budget ends."""
    return _Constraint(parameters, budget or Budget(), [_MOST]).arguments()


def calls_constraint(tools: Sequence[Tool], *, several: bool, budget: Budget | None = None) -> dict[str, Any]:
    """The constraint that only a call of these tools fits; with `several`, a list of calls."""
    budget, left = budget or Budget(), [_MOST]
    calls = [_call(tool, _Constraint(tool.parameters, budget, left).arguments()) for tool in tools]
    call = calls[0] if len(calls) == 1 else {"anyOf": calls}
    return {"type": "array", "items": call, "minItems": 1, "maxItems": MOST_CALLS} if several else call


def _call(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """A call. Engines write the members in this order, and the reader wants the name first."""
    return {
        "type": "object",
        "properties": {"name": {"type": "string", "enum": [tool.name]}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


class _Constraint:
    """The constraint of one tool's arguments; `left` counts the places that all tools may still take."""

    __slots__ = ("_document", "_left", "_root")

    def __init__(self, root: Mapping[str, Any], budget: Budget, left: list[int]) -> None:
        self._document = Document(root, budget)
        self._root = root
        self._left = left

    def arguments(self) -> dict[str, Any]:
        try:
            return self._object(self._root, 0)
        except OverLimit:
            return dict(_OBJECT)

    def _object(self, schema: Mapping[str, Any], level: int) -> dict[str, Any]:
        declared = self._document.properties(schema)
        if not declared:
            return dict(_OBJECT)
        members = {name: self._value(part, level + 1) for name, part in list(declared.items())[:_MEMBERS]}
        return {
            "type": "object",
            "properties": members,
            "required": [name for name in self._document.required(schema) if name in members],
            "additionalProperties": False,
        }

    def _value(self, schema: Any, level: int) -> dict[str, Any]:
        self._left[0] -= 1
        schema = self._document.inlined(schema)
        listed = [value for value in named_values(schema) if value is None or isinstance(value, str | int | float)]
        if listed and len(listed) <= _LISTED and len(listed) == len(named_values(schema)):
            return {"enum": listed}
        allowed = self._document.kinds(schema)
        if level >= _LEVELS or self._left[0] < 0:
            return _kinds(allowed)
        if "properties" not in schema and (branches := self._branches(schema, level)):
            return {"anyOf": branches}
        found = _kinds(allowed)
        if allowed == {"object"}:
            return self._object(schema, level)
        if allowed == {"array"} and (entry := items_schema(schema, 0, self._root)) is not None:
            found["items"] = self._value(entry, level + 1)
        return found

    def _branches(self, schema: Mapping[str, Any], level: int) -> list[dict[str, Any]]:
        either: list[Any] = next((schema[word] for word in _EITHER if isinstance(schema.get(word), list)), [])
        found: list[dict[str, Any]] = []
        for branch in either:
            made = self._value(branch, level + 1)
            if made not in found:
                found.append(made)
        return found


def _kinds(allowed: frozenset[str]) -> dict[str, Any]:
    """A schema of these kinds. llama.cpp takes an empty schema for an object, so all kinds are named too."""
    words = sorted((allowed or KINDS) - ({"integer"} if "number" in allowed else frozenset()))
    return {"type": words[0] if len(words) == 1 else words}
