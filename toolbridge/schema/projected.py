"""Schemas in the form that a backend takes: what it would refuse is left out, and all else stays as it was.

A server that makes a grammar of the tools refuses a whole request for a single word that its grammar cannot express:
llama.cpp's answer is "failed to parse grammar", and a pair of bounds that cross ends its process. `Traits.schemas` says
what a server takes. A schema with nothing to leave out is returned itself, so that a client's own bytes can go on.
What is left out still binds a call, as calls are checked by the client's own schema.

    projected(schema, form, budget)         one schema
    projected_tools(tools, form, budget)    the tools of a request, together within the size that the form allows
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from operator import is_
from typing import Any

import orjson

from toolbridge.budget import Budget
from toolbridge.byte_cache import ByteCache, digest
from toolbridge.limits import MIB
from toolbridge.messages import Tool
from toolbridge.schema.questions import KINDS, kinds, resolve
from toolbridge.traits import SchemaForm

_HELD = ("properties", "patternProperties", "$defs", "definitions")
"""Words that hold schemas by name."""
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
"""Words that hold a list of schemas, which must not be empty."""
_REPEATED = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))
"""Bounds that become repetitions in a grammar, as pairs of the lower and the upper bound."""
_COUNTS = frozenset(word for pair in _REPEATED for word in pair)
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_LARGEST = 2**63
"""Bounds of numbers have 64 bits in llama.cpp."""
_TEXTS = frozenset({"pattern", "format"})
_NOTES = frozenset({"description", "title", "examples", "default", "$comment"})
"""Words of which no grammar is made."""
_PLAIN = _NOTES | {"type"}
_KIND_WORDS = tuple(KINDS)
_FLAT = frozenset({"type", "description", "enum", "const", "properties", "required"})
"""Words that are left in a tool whose schema is too large: its parameters with their kinds."""
_LEVELS = 100
"""Levels of a schema, as `read_tool` allows them."""
_QUICK = 16
"""Entries that are copied in the time of one visit."""
_LONGEST = 256
"""Characters of a pattern that goes to a grammar."""
_REPEATS = re.compile(r"\{[0-9]{0,9},?[0-9]{3,9}\}|\{[0-9]{3,9},[0-9]{0,9}\}")
"""A repetition in a pattern of a hundred times and more."""

_CACHE: ByteCache["_Projection"] = ByteCache(8 * MIB)
"""The projections of tools' schemas."""


class _Projection:
    """A schema as a server takes it; `weight` counts the characters of its constraints."""

    __slots__ = ("_flat", "schema", "weight")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.weight = _weight(schema)
        self._flat: _Projection | None = None

    @property
    def flat(self) -> "_Projection":
        """The parameters with their kinds, and nothing of what lies inside the parameters."""
        if self._flat is None:
            self._flat = _Projection(_flat(self.schema))
        return self._flat


def projected(schema: Mapping[str, Any], form: SchemaForm, budget: Budget | None = None) -> Mapping[str, Any]:
    """The schema as a server of this form takes it: the same object if the server takes all of it.

    Each place is drawn from the budget as "visits"; places that the budget does not afford stay as they are.
    """
    return _Walk(schema, form, budget or Budget()).schema(schema, 1, 0)


def projected_tools(tools: tuple[Tool, ...], form: SchemaForm | None, budget: Budget | None = None) -> tuple[Tool, ...]:
    """The tools with their schemas as a server takes them: the same tuple if the server takes all of them.

    A server without a form takes every schema. Where the constraints of all tools are too large together, the largest
    schemas keep only their parameters, with the kinds of these.
    """
    if form is None or not tools:
        return tools
    budget = budget or Budget()
    found = [_projection(tool.parameters, form, budget) for tool in tools]
    total = sum(projection.weight for projection in found)
    if total > form.most:
        for place in sorted(range(len(tools)), key=lambda place: -found[place].weight):
            flat = found[place].flat
            total += flat.weight - found[place].weight
            found[place] = flat
            if total <= form.most:
                break
    given = tuple(map(_given, tools, found))
    return tools if all(map(is_, given, tools)) else given


def _given(tool: Tool, projection: _Projection) -> Tool:
    schema = projection.schema
    return tool if schema is tool.parameters or schema == tool.parameters else replace(tool, parameters=schema)


def _projection(schema: Mapping[str, Any], form: SchemaForm, budget: Budget) -> _Projection:
    """The projection of a tool's schema, made once for all requests."""
    text = _text(schema)
    key = (digest((text,)), form)
    known = _CACHE.find(key)
    if known is not None:
        return known
    made = _Projection(projected(schema, form, budget))
    # What was made as the budget ended may be incomplete.
    return _CACHE.keep(key, made, (text, text)) if budget.left("visits") > len(text) else made


class _Walk:
    """A walk over one document that leaves out what its server does not take."""

    __slots__ = ("_budget", "_form", "_root")

    def __init__(self, root: Mapping[str, Any], form: SchemaForm, budget: Budget) -> None:
        self._root = root
        self._form = form
        self._budget = budget

    def schema(self, schema: Any, times: int, level: int) -> Mapping[str, Any]:
        """The schema at a place that a grammar repeats so many `times`."""
        if isinstance(schema, str):
            return self.schema({"type": schema}, times, level)
        if type(schema) is dict and schema.keys() <= _PLAIN and schema.get("type") in _KIND_WORDS:
            return schema
        if not isinstance(schema, Mapping):
            return {}
        if level > _LEVELS or not self._budget.affords("visits", 1 + len(schema) // _QUICK):
            return schema
        counts = self._counts(schema, times)
        repeated = times * max(1, counts.get("maxItems", counts.get("minItems", 1)))
        found: dict[str, Any] = {}
        for word, value in schema.items():
            if word in _COUNTS:
                if word in counts:
                    found[word] = counts[word]
            else:
                found |= self._word(word, value, repeated, level)
        same = len(found) == len(schema) and all(found[word] is value for word, value in schema.items())
        return schema if same else found

    def _word(self, word: str, value: Any, times: int, level: int) -> dict[str, Any]:
        """The word with its value as the server takes it; empty if the server does not take the word."""
        keep = {word: value}
        if word in _HELD:
            return {word: self._held(value, times, level)} if isinstance(value, Mapping) else {}
        if word in _LISTED or (word == "items" and isinstance(value, list)):
            return {word: self._list(value, times, level)} if isinstance(value, list) and value else {}
        if word == "items":
            return {} if value is None or isinstance(value, bool) else {word: self.schema(value, times, level + 1)}
        if word == "additionalProperties":
            if isinstance(value, Mapping):
                return {word: self.schema(value, times, level + 1)}
            return keep if isinstance(value, bool) else {}
        if word == "type":
            return self._type(value)
        takes = (
            (word != "enum" or (isinstance(value, list) and bool(value)))
            and (word not in _TEXTS or isinstance(value, str))
            and (word != "pattern" or self._takes_pattern(value))
            and (word not in _NUMBERS or _is_bound(value))
            and (word != "$ref" or self._leads(value))
        )
        return keep if takes else {}

    def _held(self, schemas: Mapping[str, Any], times: int, level: int) -> Mapping[str, Any]:
        found = {name: self.schema(schema, times, level + 1) for name, schema in schemas.items()}
        return schemas if all(found[name] is schema for name, schema in schemas.items()) else found

    def _list(self, schemas: list[Any], times: int, level: int) -> list[Any]:
        found = [self.schema(schema, times, level + 1) for schema in schemas]
        return schemas if all(new is old for new, old in zip(found, schemas, strict=True)) else found

    def _counts(self, schema: Mapping[str, Any], times: int) -> dict[str, int]:
        """The bounds of this schema that a grammar can repeat. Bounds that cross would end llama.cpp's process."""
        found: dict[str, int] = {}
        for word in _COUNTS & schema.keys():
            value = schema[word]
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value * times <= self._form.repetitions:
                found[word] = value
        for lower, upper in _REPEATED:
            if found.get(lower, 0) > found.get(upper, _LARGEST):
                del found[lower], found[upper]
        return found

    def _type(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str) and value in KINDS:
            return {"type": value}
        if isinstance(value, list) and value and all(isinstance(word, str) and word in KINDS for word in value):
            return {"type": value}
        meant = kinds({"type": value}) if isinstance(value, str | list) else KINDS
        if meant == KINDS:
            return {}
        words = sorted(meant - {"integer"} if "number" in meant else meant)
        return {"type": words[0] if len(words) == 1 else words}

    def _takes_pattern(self, pattern: str) -> bool:
        """Whether all versions of llama.cpp make a grammar of it: no look-ahead, no class with a backslash."""
        return (
            len(pattern) <= _LONGEST
            and pattern.startswith("^")
            and pattern.endswith("$")
            and "\\" not in pattern
            and "(?" not in pattern
            and _REPEATS.search(pattern) is None
        )

    def _leads(self, pointer: Any) -> bool:
        """Whether a reference leads to a schema of the same document."""
        if not isinstance(pointer, str) or not pointer.startswith("#/") or "~" in pointer or "%" in pointer:
            return False
        return self._budget.affords("visits") and bool(resolve({"$ref": pointer}, self._root))


def _is_bound(value: Any) -> bool:
    return isinstance(value, int | float) and -_LARGEST <= value < _LARGEST


def _flat(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a tool with their kinds, and nothing of what lies inside the parameters."""
    held = schema.get("properties")
    if not isinstance(held, Mapping):
        return schema
    inner = _FLAT - {"properties", "required"}
    plain = {
        name: {word: value for word, value in part.items() if word in inner} if isinstance(part, Mapping) else {}
        for name, part in held.items()
    }
    return {word: value for word, value in schema.items() if word in _FLAT} | {"properties": plain}


def _weight(schema: Any) -> int:
    """The characters of a schema of which a grammar is made."""
    size, places = 0, [schema]
    while places:
        place = places.pop()
        if isinstance(place, str):
            size += len(place) + 2
        elif isinstance(place, dict):
            for word, value in place.items():
                if word not in _NOTES:
                    size += len(word) + 4
                    places.append(value)
        elif isinstance(place, list):
            places += place
        else:
            size += 4
    return size


def _text(schema: Mapping[str, Any]) -> str:
    """The schema as a text that no other schema has."""
    try:
        return orjson.dumps(schema).decode()
    except TypeError:  # integers beyond 64 bits, and values of a library's caller
        return json.dumps(schema, default=str)
