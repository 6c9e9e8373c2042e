"""A JSON schema as a type of TypeScript: `{ city: string, days?: integer }[]`, `"c" | "f"`, `Record<string, number>`.

Only the word `integer` is not TypeScript's. A type cannot say everything: limits, defaults and descriptions stand on
the line behind the type (`remarks`). For a schema that type and line together cannot express, `exact` is false, and the
list shows the JSON schema itself.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from toolbridge import schema as schemas
from toolbridge.tool_prompt.compact_json import compact_json

_PLAIN_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_BEYOND = (
    "not",
    "if",
    "then",
    "else",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "contains",
)
"""Words of a schema that neither a type nor the line behind it can express."""
_ORDER = ("string", "integer", "number", "boolean", "object", "array", "null")
_LEVELS = 2
"""Levels of objects within objects that one line can show."""
_MOST = 400
"""Types that are written for one parameter; a schema with more types is shown as JSON schema."""
_DEEPEST = 32
"""Levels of types within types, such as arrays of arrays."""
_NAMED = 8
"""Values of an `enum` that are written in the time of one visit."""

_PAIRS = {"{": "}", "[": "]", "<": ">", "(": ")"}
_OPENS = re.compile(r"[\[{(<]")


class Types:
    """Writes the types of one parameter.

    `exact` turns false once a type could not say everything; the text that is written after that must not be used.
    """

    __slots__ = ("_document", "_path", "_room", "exact")

    def __init__(self, document: schemas.Document) -> None:
        self._document = document
        self._path: list[Any] = []
        self._room = _MOST
        self.exact = True

    def write(self, schema: Any, level: int = 0) -> str:
        """The type of a schema that lies inside `level` objects."""
        self._room -= 1
        pointer = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not self._may_go_on(pointer):
            self.exact = False
            return "any"
        self._path.append(pointer)
        try:
            return self._resolved(self._document.resolve(schema), level)
        finally:
            self._path.pop()

    def _may_go_on(self, pointer: Any) -> bool:
        """Whether there is room for another type, and this schema does not lie within itself."""
        inside_itself = isinstance(pointer, str) and pointer in self._path
        return self.exact and self._room >= 0 and len(self._path) < _DEEPEST and not inside_itself

    def _resolved(self, schema: Mapping[str, Any], level: int) -> str:
        if any(word in schema for word in _BEYOND):
            self.exact = False
        null = ["null"] if schema.get("nullable") is True else []
        if "const" in schema or isinstance(schema.get("enum"), list):
            return _union([*self._named(schemas.named_values(schema)), *null])
        every = schema.get("allOf")
        if isinstance(every, list) and len(every) == 1:
            # The only schema of an allOf counts as a level of its own; otherwise an allOf of itself would never end.
            return self.write({**self._document.resolve(every[0]), **_without(schema, "allOf")}, level)
        kinds = self._document.kinds(schema)
        for word in ("anyOf", "oneOf"):
            branches = schema.get(word)
            if isinstance(branches, list) and branches and not isinstance(schema.get("properties"), Mapping):
                return self._either(branches, null, level)
        if isinstance(every, list) and kinds != {"object"}:
            self.exact = False
        if kinds == schemas.KINDS:
            return "any"
        return _union([self._kind(kind, schema, level) for kind in _simplest(kinds)])

    def _named(self, values: list[Any]) -> list[str]:
        self._document.budget.spend("visits", 1 + len(values) // _NAMED)
        return [compact_json(value, self._document.budget) for value in values]

    def _either(self, branches: list[Any], null: list[str], level: int) -> str:
        if len(branches) > self._room:
            self.exact = False
            return "any"
        objects = [branch for branch in branches if "object" in self._document.kinds(branch)]
        if sum(1 for branch in objects if self._document.properties(branch)) > 1:
            self.exact = False
        return _union([*(self.write(branch, level) for branch in branches), *null])

    def _kind(self, kind: str, schema: Mapping[str, Any], level: int) -> str:
        if kind == "array":
            return self._array(schema, level)
        if kind == "object":
            return self._object(schema, level)
        return kind

    def _array(self, schema: Mapping[str, Any], level: int) -> str:
        places = schema.get("prefixItems")
        if not isinstance(places, list):
            places = schema.get("items")
        if isinstance(places, list):
            few = len(places) <= self._room
            plain = few and all(isinstance(place, Mapping) and place.keys() <= {"type"} for place in places)
            self.exact = self.exact and plain
            if not self.exact:
                return "any"
            return f"[{', '.join(self.write(place, level) for place in places)}]"
        item = self.write(schema["items"], level) if schema.get("items") not in (None, True, {}) else "any"
        return f"({item})[]" if " | " in _outside(item) else f"{item}[]"

    def _object(self, schema: Mapping[str, Any], level: int) -> str:
        if any(isinstance(schema.get(word), list) for word in ("anyOf", "oneOf")):
            self.exact = False
        as_written = schema.get("properties")
        raw = as_written if isinstance(as_written, Mapping) else {}
        if len(raw) > self._room:
            self.exact = False
            return "object"
        members = self._document.properties(schema)
        others = schema.get("additionalProperties")
        if level >= _LEVELS and members:
            self.exact = False
            return "object"
        if not members:
            return f"Record<string, {self.write(others, level + 1)}>" if isinstance(others, Mapping) else "object"
        if len(members) > self._room:
            self.exact = False
            return "object"
        must = frozenset(self._document.required(schema))
        # The unresolved members: only their references show that a schema holds itself.
        written = [
            f"{_key(name)}{'' if name in must else '?'}: {self.write(raw.get(name, member), level + 1)}"
            for name, member in members.items()
        ]
        if isinstance(others, Mapping):
            written.append(f"[name: string]: {self.write(others, level + 1)}")
        return f"{{ {', '.join(written)} }}"


def _union(types: Iterable[str]) -> str:
    """Each type once, joined by bars; null comes last."""
    once = dict.fromkeys(types)
    return " | ".join(sorted(once, key=lambda written: written == "null")) or "any"


def _outside(written: str) -> str:
    """A type without the text in its brackets, from each opening bracket to the last closing bracket of its kind."""
    ends = {opens: written.rfind(closes) for opens, closes in _PAIRS.items()}
    kept: list[str] = []
    at = 0
    for found in _OPENS.finditer(written):
        if at <= found.start() < ends[found[0]]:
            kept.append(written[at : found.start()])
            at = ends[found[0]] + 1
    return "".join([*kept, written[at:]])


def _key(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else compact_json(name)


def _simplest(kinds: frozenset[str]) -> list[str]:
    return [kind for kind in _ORDER if kind in kinds and not (kind == "integer" and "number" in kinds)]


def _without(schema: Mapping[str, Any], word: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != word}
