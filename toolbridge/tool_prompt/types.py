"""A JSON schema in TypeScript's words: `{ city: string, days?: integer }[]`, `"c" | "f"`, `Record<string, number>`.

One word is not TypeScript's: `integer`. What a type cannot say is left to the line it stands on (limits, defaults,
descriptions) or, where no line can say it, to the JSON schema itself: `exact` is false then.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from toolbridge import schema as schemas

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
"""Words of a schema that neither a type nor a line can say."""
_ORDER = ("string", "integer", "number", "boolean", "object", "array", "null")
_LEVELS = 2
"""Objects within objects that a line can hold."""
_MOST = 400
"""Types written for one parameter; a schema that goes on is shown as it is."""


class Types:
    """Writes the types of one parameter. `exact` turns false where a type could not say everything."""

    __slots__ = ("_path", "_room", "_root", "exact")

    def __init__(self, root: Any) -> None:
        self._root = root
        self._path: list[Any] = []
        self._room = _MOST
        self.exact = True

    def write(self, schema: Any, level: int = 0) -> str:
        """The type of a schema that stands `level` objects deep."""
        self._room -= 1
        if self._room < 0:
            self.exact = False
            return "any"
        pointer = schema.get("$ref") if isinstance(schema, Mapping) else None
        if pointer is not None and pointer in self._path:
            self.exact = False
            return "any"
        self._path.append(pointer)
        try:
            return self._resolved(schemas.resolve(schema, self._root), level)
        finally:
            self._path.pop()

    def _resolved(self, schema: Mapping[str, Any], level: int) -> str:
        if any(word in schema for word in _BEYOND):
            self.exact = False
        null = ["null"] if schema.get("nullable") is True else []
        if "const" in schema or isinstance(schema.get("enum"), list):
            return _union([*map(compact, schemas.named_values(schema)), *null])
        every = schema.get("allOf")
        if isinstance(every, list) and len(every) == 1:
            return self._resolved({**schemas.resolve(every[0], self._root), **_without(schema, "allOf")}, level)
        kinds = schemas.kinds(schema, self._root)
        for word in ("anyOf", "oneOf"):
            branches = schema.get(word)
            if isinstance(branches, list) and branches and not isinstance(schema.get("properties"), Mapping):
                return self._either(branches, null, level)
        if isinstance(every, list) and kinds != {"object"}:
            self.exact = False
        if kinds == schemas.KINDS:
            return "any"
        return _union([self._kind(kind, schema, level) for kind in _simplest(kinds)])

    def _either(self, branches: list[Any], null: list[str], level: int) -> str:
        objects = [one for one in branches if "object" in schemas.kinds(one, self._root)]
        if sum(1 for one in objects if schemas.properties(one, self._root)) > 1:
            self.exact = False
        return _union([*(self.write(one, level) for one in branches), *null])

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
            self.exact = self.exact and all(isinstance(place, Mapping) and place.keys() <= {"type"} for place in places)
            return f"[{', '.join(self.write(place, level) for place in places)}]"
        item = self.write(schema["items"], level) if schema.get("items") not in (None, True, {}) else "any"
        return f"({item})[]" if " | " in _outside(item) else f"{item}[]"

    def _object(self, schema: Mapping[str, Any], level: int) -> str:
        if any(isinstance(schema.get(word), list) for word in ("anyOf", "oneOf")):
            self.exact = False
        members = schemas.properties(schema, self._root)
        others = schema.get("additionalProperties")
        if level >= _LEVELS and members:
            self.exact = False
            return "object"
        if not members:
            return f"Record<string, {self.write(others, level + 1)}>" if isinstance(others, Mapping) else "object"
        must = schemas.required(schema)
        # The members as they stand, not resolved, so that a schema that holds itself is seen to.
        as_written = schema.get("properties")
        raw = as_written if isinstance(as_written, Mapping) else {}
        written = [
            f"{_key(name)}{'' if name in must else '?'}: {self.write(raw.get(name, member), level + 1)}"
            for name, member in members.items()
        ]
        if isinstance(others, Mapping):
            written.append(f"[name: string]: {self.write(others, level + 1)}")
        return f"{{ {', '.join(written)} }}"


def compact(value: Any) -> str:
    """JSON with no blank in it, in the characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _union(types: Iterable[str]) -> str:
    """The types once each, null last."""
    once = dict.fromkeys(types)
    return " | ".join(sorted(once, key=lambda one: one == "null")) or "any"


def _outside(written: str) -> str:
    """A type without what stands in its own brackets."""
    return re.sub(r"\{.*\}|\[.*\]|<.*>|\(.*\)", "", written)


def _key(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else compact(name)


def _simplest(kinds: frozenset[str]) -> list[str]:
    return [kind for kind in _ORDER if kind in kinds and not (kind == "integer" and "number" in kinds)]


def _without(schema: Mapping[str, Any], word: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != word}
