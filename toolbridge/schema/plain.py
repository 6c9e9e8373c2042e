"""A client's schema in the words of the standard, without references: what a validator of JSON Schema can be given.

Schemas of tools are written by hand, by many libraries, and for other drafts. `plain` keeps the words that decide
whether a value fits, spells them as draft 2020-12 does, and puts the target of each `$ref` in its place. A definition
that holds itself is followed once and then takes any value. Words that no validator could read are left out: a call is
better held to too little than refused for a mistake of its client's.

The result has no references, so a validator looks at each of its nodes once for each part of a value. Without this a
few bytes (`allOf` of two references to the next definition, and so on) cost a validator seconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from toolbridge.schema.questions import KINDS, kinds, resolve

_Words: TypeAlias = dict[str, Any]

_NODES = 500
"""Sub-schemas and listed values of a tool's schema. All of them are walked over and compiled in one step, in some 15 µs
each."""
_LOOKS = 20
"""A name is looked for in every branch around it. So many looks count as a sub-schema."""
_LEVELS = 48
_PATTERNS = 12
"""Patterns that are kept: half a millisecond may go by until one is compiled."""
_NESTED_VALUE = 100
"""What a listed value counts that holds values itself."""
_PATTERN_LENGTH = 512
_TEXT = 16_384
"""Characters that the names and listed values of a schema may have together."""

_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
SEVERAL = ("anyOf", "oneOf", "allOf")
_MOST = 2**53
"""A count beyond this bounds nothing."""


class Plain(dict[str, Any]):
    """A schema in the words of the standard. What is asked of it again and again is found out once."""

    __slots__ = ("_kinds", "branches", "names")

    def __init__(self, *words: Mapping[str, Any]) -> None:
        super().__init__()
        for each in words:
            self.update(each)
        self._kinds: frozenset[str] | None = None
        within = [branch for word in SEVERAL for branch in self.get(word, ()) if isinstance(branch, Plain)]
        self.branches: int = 1 + sum(branch.branches for branch in within)
        """How many schemas it is combined of, itself included."""
        self.names: int = len(self.get("properties", ())) + sum(branch.names for branch in within)
        """How many members these declare."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of value that may fit."""
        if self._kinds is None:
            self._kinds = kinds(self)
        return self._kinds


class TooLarge(Exception):
    """The schema has more parts than are worth following for each of its calls."""


def plain(parameters: Any, *, patterns: bool = True) -> Plain | None:
    """The schema of a tool's arguments in the words of the standard; None if it is too large to check calls by.

    Without `patterns`, they are left out: for a schema with a pattern that a validator cannot compile (look-ahead).
    """
    try:
        return _Walk(parameters, patterns=patterns).node(parameters, ())
    except TooLarge:
        return None


class _Walk:
    """One walk over a schema. `path` holds the references that are being followed.

    What is left out makes a schema take more values. Under `not`, `if` and `oneOf` it would make the schema take fewer,
    so `_lost` counts the parts that were left out.
    """

    def __init__(self, root: Any, *, patterns: bool) -> None:
        self._root = root
        self._patterns = _PATTERNS if patterns else 0
        self._lost = 0
        self._nodes = _NODES
        self._text = _TEXT

    def node(self, schema: Any, path: tuple[str, ...]) -> Plain:
        """This sub-schema, plain. Raises `TooLarge`."""
        self._spend()
        pointer = schema.get("$ref") if isinstance(schema, Mapping) else None
        if len(path) > _LEVELS or (isinstance(pointer, str) and pointer in path):
            self._lost += 1
            return Plain()
        schema = resolve(schema, self._root)
        path = (*path, pointer if isinstance(pointer, str) else "")
        readers = (self._kind, self._values, self._members, self._items, self._branches)
        out = Plain(*(read(schema, path) for read in readers), _numbers(schema), self._pattern(schema))
        if out.branches > 1:
            self._spend(out.branches * out.names // _LOOKS)
        takes_null = schema.get("nullable") is True or ("default" in schema and schema["default"] is None)
        return Plain({"anyOf": [out, Plain({"type": "null"})]}) if takes_null and out else out

    def _spend(self, nodes: int = 1) -> None:
        self._nodes -= nodes
        if self._nodes < 0:
            raise TooLarge

    def _written(self, text: str) -> str:
        self._text -= len(text)
        if self._text < 0:
            raise TooLarge
        return text

    def _pattern(self, schema: Mapping[str, Any]) -> _Words:
        pattern = schema.get("pattern")
        if not isinstance(pattern, str):
            return {}
        if not self._patterns or len(pattern) > _PATTERN_LENGTH:
            self._lost += 1
            return {}
        self._patterns -= 1
        return {"pattern": pattern}

    def _kind(self, schema: Mapping[str, Any], _path: tuple[str, ...]) -> _Words:
        named = schema.get("type")
        if not isinstance(named, str | Sequence):
            return {}
        found = kinds({word: schema[word] for word in ("type", "enum", "const") if word in schema})
        if found == KINDS:
            return {}
        return {"type": sorted(found - {"integer"} if "number" in found else found)}

    def _values(self, schema: Mapping[str, Any], _path: tuple[str, ...]) -> _Words:
        out: _Words = {}
        listed = schema.get("enum")
        if isinstance(listed, list | tuple) and listed:
            self._spend(len(listed))
            for value in listed:
                self._written(value if isinstance(value, str) else "")
                self._spend(0 if isinstance(value, str | int | float | bool | None) else _NESTED_VALUE)
            out["enum"] = list(listed)
        if "const" in schema:
            self._written(schema["const"] if isinstance(schema["const"], str) else "")
            out["const"] = schema["const"]
        return out

    def _members(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> _Words:
        out: _Words = {}
        declared, matched = schema.get("properties"), schema.get("patternProperties")
        if isinstance(declared, Mapping) and declared:
            out["properties"] = {self._written(str(name)): self.node(sub, path) for name, sub in declared.items()}
        singles = ["additionalProperties", "propertyNames"]
        if isinstance(matched, Mapping) and matched:
            if len(matched) <= self._patterns:
                self._patterns -= len(matched)
                out["patternProperties"] = {
                    self._written(str(name)): self.node(sub, path) for name, sub in matched.items()
                }
            else:
                # Such a member is no additional one, and nothing else is known of it.
                self._lost += 1
                singles.remove("additionalProperties")
        for word in singles:
            out |= self._single(schema, word, path)
        needed = self._required(schema)
        return out | ({"required": needed} if needed else {})

    def _required(self, schema: Mapping[str, Any]) -> list[str]:
        named, declared = schema.get("required"), schema.get("properties")
        needed = [name for name in named if isinstance(name, str)] if isinstance(named, list | tuple) else []
        # JSON Schema's draft 3 marked the member itself, and schemas written by hand still do.
        if isinstance(declared, Mapping):
            needed += [str(name) for name, sub in declared.items() if isinstance(sub, Mapping) and _marked(sub)]
        self._spend(len(needed))
        return list(dict.fromkeys(map(self._written, needed)))

    def _items(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> _Words:
        out: _Words = {}
        places, rest = schema.get("prefixItems"), "items"
        if not isinstance(places, list) and isinstance(schema.get("items"), list):
            # Drafts before 2020-12 wrote tuples so.
            places, rest = schema["items"], "additionalItems"
        if isinstance(places, list) and places:
            out["prefixItems"] = [self.node(sub, path) for sub in places]
        for word, found in self._single(schema, rest, path).items():
            out["items" if word == rest else word] = found
        if schema.get("uniqueItems") is True:
            out["uniqueItems"] = True
        return out | self._single(schema, "contains", path)

    def _branches(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> _Words:
        out: _Words = {}
        for word in SEVERAL:
            branches = schema.get(word)
            if not isinstance(branches, list) or not branches:
                continue
            lost = self._lost
            nodes = [self.node(branch, path) for branch in branches]
            if word == "oneOf" and self._lost > lost:
                # Two branches may look the same without what was left out of them.
                out.setdefault("allOf", []).append({"anyOf": nodes})
            else:
                out.setdefault(word, []).extend(nodes)
        lost = self._lost
        conditions = [self._single(schema, word, path) for word in ("not", "if", "then", "else")]
        if self._lost == lost:
            for condition in conditions:
                out |= condition
        return out

    def _single(self, schema: Mapping[str, Any], word: str, path: tuple[str, ...]) -> _Words:
        sub = schema.get(word)
        if isinstance(sub, bool):
            return {word: sub}
        return {word: self.node(sub, path)} if isinstance(sub, Mapping | str) else {}


def _marked(schema: Mapping[str, Any]) -> bool:
    return schema.get("required") is True


def _numbers(schema: Mapping[str, Any]) -> _Words:
    out: _Words = {}
    for word in _COUNTS:
        count = schema.get(word)
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _MOST:
            out[word] = count
    for word in _BOUNDS:
        bound = schema.get(word)
        if isinstance(bound, int | float) and not isinstance(bound, bool) and (word != "multipleOf" or bound > 0):
            out[word] = bound
    for word, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        # JSON Schema's draft 4 made the bound itself exclusive by a flag.
        if schema.get(flag) is True and word in out:
            out[flag] = out.pop(word)
    return out
