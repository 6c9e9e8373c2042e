"""Questions about a schema: which parameters does it declare, which must a call have, which kinds can a value be?

The kinds of a schema are JSON's type names; a schema that says nothing of its kind has all of them. `$ref` is followed
inside the client's own document only, and every walk is bounded, as clients' schemas may refer to themselves.

A question (`kinds`, `required` …) looks at 256 sub-schemas at most. A caller with many questions, such as the list of
tools, gives a budget, and each place looked at draws "visits" from it. A visit is about a microsecond of work, so a
step over a wide object or a long `enum` draws a fraction of its length.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from toolbridge.budget import Budget
from toolbridge.limits import KIB

T = TypeVar("T")

KINDS = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})
"""The kinds of value. A schema that allows `number` allows `integer` too."""
NUMERIC = frozenset({"integer", "number"})
_COMBINED = ("allOf", "anyOf", "oneOf")
_EITHER = ("anyOf", "oneOf")

_ALIASES: Mapping[str, frozenset[str]] = {
    alias: kinds
    for kinds, aliases in (
        ({"integer"}, "integer int long short byte bigint smallint tinyint unsigned"),
        ({"integer", "number"}, "number num float double decimal real numeric"),
        ({"boolean"}, "boolean bool"),
        ({"null"}, "null none nil void nonetype undefined"),
        ({"array"}, "array list tuple set sequence arr"),
        ({"object"}, "object dict dictionary map mapping record struct hash"),
        ({"array", "object"}, "json"),
        (KINDS, "any unknown mixed"),
    )
    for alias in aliases.split()
    for kinds in (frozenset(kinds),)
}
"""Type words in schemas that were written by hand. Every other word (str, text, varchar, uuid, enum …) means text."""
_HINTS: Mapping[str, frozenset[str]] = {
    "properties": frozenset({"object"}),
    "additionalProperties": frozenset({"object"}),
    "patternProperties": frozenset({"object"}),
    "items": frozenset({"array"}),
    "prefixItems": frozenset({"array"}),
    "minItems": frozenset({"array"}),
    "maxItems": frozenset({"array"}),
    "pattern": frozenset({"string"}),
    "minLength": frozenset({"string"}),
    "maxLength": frozenset({"string"}),
    "format": frozenset({"string"}),
    "minimum": NUMERIC,
    "maximum": NUMERIC,
    "exclusiveMinimum": NUMERIC,
    "exclusiveMaximum": NUMERIC,
    "multipleOf": NUMERIC,
}
"""Words that tell the kind of a schema without a type."""

_HOPS = 32
"""References that are followed one after the other."""
_LEVELS = 16
_VISITS = 256
"""Sub-schemas that a question looks at, and how deep they lie (`_LEVELS`); further sub-schemas are ignored."""
_ALIKE = 32
"""A parameter may be declared by many branches. Its schema in a branch is compared with so many others, to leave out
repetitions."""
_POINTER = 16 * KIB
"""Characters of a reference; a longer one is not followed. Names have 128 characters, schemas a hundred levels."""
_WORD = 256
"""Characters of a type word that is read."""
_QUICK = 16
"""Entries that are passed over, or words that are copied, in the time of one visit."""


# The parameters of a tool.


def resolve(schema: Any, root: Any, budget: Budget | None = None) -> Mapping[str, Any]:
    """The schema with its `$ref` followed inside `root`; words beside the `$ref` override words of its target.

    A schema that says nothing gives `{}`: `true`, and a reference that leads nowhere, to itself or out of the document.
    """
    if budget:
        budget.spend("visits")
    if type(schema) is dict and "$ref" not in schema:
        return schema
    if isinstance(schema, str):
        return {"type": schema}
    if not isinstance(schema, Mapping):
        return {}
    beside: dict[str, Any] = {}
    for _ in range(_HOPS):
        pointer = schema.get("$ref")
        if budget and (beside or isinstance(pointer, str)):
            budget.spend("visits", 1 + (len(schema) + len(beside)) // _QUICK)
        if not isinstance(pointer, str):
            return {**schema, **beside} if beside else schema
        if len(schema) > 1:
            beside = {**{word: value for word, value in schema.items() if word != "$ref"}, **beside}
        target = _pointed(pointer, root)
        schema = _pointed(pointer, schema) if target is None else target
        if not isinstance(schema, Mapping):
            return beside
    return beside


def properties(parameters: Any, root: Any = None, budget: Budget | None = None) -> dict[str, Mapping[str, Any]]:
    """Every parameter that the schema or a branch at its root declares, in the schema's order, resolved.

    `root` is the document that references point into, if that is not `parameters` itself.
    """
    root = parameters if root is None else root
    found: dict[str, list[Any]] = {}
    for part in _parts(parameters, root, budget):
        declared = part.get("properties")
        if isinstance(declared, Mapping):
            if budget:
                budget.spend("visits", 1 + len(declared) // _QUICK)
            for name, schema in declared.items():
                others = found.setdefault(str(name), [])
                if others and budget:
                    budget.spend("visits")
                if schema not in others[:_ALIKE]:
                    others.append(schema)
    return {name: _either(schemas, root, budget) for name, schemas in found.items()}


def property_schema(
    parameters: Any, name: str, root: Any = None, budget: Budget | None = None
) -> Mapping[str, Any] | None:
    """The schema of one parameter, resolved; None if the tool does not declare the parameter.

    `additionalProperties` and `patternProperties` declare parameters of any name.
    """
    root = parameters if root is None else root
    if _is_plain(parameters):
        declared = parameters.get("properties")
        if isinstance(declared, Mapping) and name in declared:
            return inlined(declared[name], root, budget)
    else:
        declared = properties(parameters, root, budget)
        if name in declared:
            return declared[name]
    others: list[Any] = []
    for part in _parts(parameters, root, budget):
        patterns = part.get("patternProperties")
        if isinstance(patterns, Mapping):
            others += patterns.values()
        others.append(part.get("additionalProperties"))
    others = [schema for schema in others if isinstance(schema, Mapping) and schema]
    return _either(others, root, budget) if others else None


def declares(parameters: Any, name: str) -> bool:
    """Whether the schema declares a parameter of this name. Without combined branches only this name is looked up."""
    if not _is_plain(parameters):
        return name in properties(parameters)
    declared = parameters.get("properties")
    return isinstance(declared, Mapping) and name in declared


def _is_plain(parameters: Any) -> bool:
    """Whether all parameters stand in the schema itself and not in branches."""
    return isinstance(parameters, Mapping) and not any(word in parameters for word in ("$ref", *_COMBINED))


def items_schema(schema: Any, index: int, root: Any = None) -> Mapping[str, Any] | None:
    """The schema of an array's item, resolved; None if the array does not declare its items."""
    root = schema if root is None else root
    for part in _parts(schema, root):
        places = part.get("prefixItems")
        items = part.get("items")
        if not isinstance(places, list) and isinstance(items, list):
            places = items
        if isinstance(places, list) and index < len(places):
            return inlined(places[index], root)
        if isinstance(items, Mapping | str):
            return inlined(items, root)
    return None


def required(parameters: Any, budget: Budget | None = None) -> tuple[str, ...]:
    """The parameters that a call must have. Of alternative branches, the names that every branch demands."""
    return tuple(dict.fromkeys(_Walk(parameters, budget).required(parameters)))


def inlined(schema: Any, root: Any, budget: Budget | None = None) -> Mapping[str, Any]:
    """The schema with `$ref` followed in itself and in its branches, so that it needs no root any more."""
    return _Walk(root, budget).inlined(schema)


def _pointed(pointer: str, root: Any) -> Any:
    """The target of a JSON pointer (RFC 6901, as a URI fragment), or None."""
    if pointer == "#":
        return root
    if not pointer.startswith("#/") or len(pointer) > _POINTER:
        return None
    here = root
    for step in pointer[2:].split("/"):
        key = _unquoted(step).replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping):
            here = here.get(key)
        elif isinstance(here, list) and key.isdecimal() and len(key) < 6 and int(key) < len(here):
            here = here[int(key)]
        else:
            return None
    return here


def _unquoted(step: str) -> str:
    return re.sub(r"%([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), step) if "%" in step else step


def _either(schemas: list[Any], root: Any, budget: Budget | None = None) -> Mapping[str, Any]:
    return inlined(schemas[0] if len(schemas) == 1 else {"anyOf": schemas}, root, budget)


def _parts(parameters: Any, root: Any, budget: Budget | None = None) -> Iterator[Mapping[str, Any]]:
    """The schema of the parameters and then the branches that it combines, each once."""
    waiting: deque[Any] = deque([parameters])
    seen: dict[int, Mapping[str, Any]] = {}
    for _ in range(_VISITS):
        if not waiting:
            return
        part = resolve(waiting.popleft(), root, budget)
        if id(part) in seen:
            continue
        seen[id(part)] = part
        yield part
        for word in _COMBINED:
            branches = part.get(word)
            if isinstance(branches, list):
                waiting += branches[:_VISITS]


# The kinds of a value.


def kinds(schema: Any, root: Any = None, budget: Budget | None = None) -> frozenset[str]:
    """The kinds of value that this schema allows: a part of `KINDS`, or all of `KINDS` if the schema does not say."""
    return _Walk(root, budget).kinds(schema)


def is_text(schema: Any, root: Any = None) -> bool:
    """Whether a value is text whatever its characters are, so that it can be passed on while the model writes it.

    A `schema` of None means that the tool does not declare the parameter: text.
    """
    return schema is None or kinds(schema, root) == {"string"}


class _Walk:
    """A walk over a schema that may refer to itself, bounded in steps and in depth."""

    __slots__ = ("_budget", "_depth", "_path", "_root", "_visits")

    def __init__(self, root: Any, budget: Budget | None = None) -> None:
        self._root = root
        self._budget = budget
        self._visits = _VISITS
        self._depth = 0
        self._path: list[Any] = []

    def _passed(self, entries: int) -> None:
        """Draw visits for entries that are passed over quickly."""
        if self._budget and entries >= _QUICK:
            self._budget.spend("visits", entries // _QUICK)

    def _deeper(self, ask: Callable[[Any], T], branches: Any) -> list[T]:
        """The answers of `ask` for each branch, as far as the walk may go."""
        found: list[T] = []
        if isinstance(branches, list) and self._depth < _LEVELS:
            self._depth += 1
            for branch in branches:
                self._visits -= 1
                pointer = branch.get("$ref") if isinstance(branch, Mapping) else None
                if self._visits < 0:
                    break
                if isinstance(pointer, str) and pointer in self._path:
                    continue
                self._path.append(pointer)
                found.append(ask(branch))
                self._path.pop()
            self._depth -= 1
        return found

    def kinds(self, schema: Any) -> frozenset[str]:
        schema = resolve(schema, self._root, self._budget)
        found = _narrowed(self._typed(schema), self._valued(schema))
        for word in _EITHER:
            if either := self._deeper(self.kinds, schema.get(word)):
                found = _narrowed(found, frozenset().union(*either))
        for every in self._deeper(self.kinds, schema.get("allOf")):
            found = _narrowed(found, every)
        if found == KINDS and "type" not in schema:
            found = next((meant for word, meant in _HINTS.items() if schema.get(word) is not None), KINDS)
        # OpenAPI writes `nullable`; a Python function may only have `= None`.
        if schema.get("nullable") is True or ("default" in schema and schema["default"] is None):
            found |= {"null"}
        return found

    def _typed(self, schema: Mapping[str, Any]) -> frozenset[str]:
        named = schema.get("type")
        if isinstance(named, str):
            return _meant(named) if named.strip().lower() != "enum" or not named_values(schema) else KINDS
        if isinstance(named, Sequence):
            words = dict.fromkeys(word for word in named if isinstance(word, str))
            self._passed(len(named) + _QUICK * len(words) - _QUICK)
            return frozenset().union(*map(_meant, words)) or KINDS
        return KINDS

    def _valued(self, schema: Mapping[str, Any]) -> frozenset[str]:
        """The kinds of the values that an `enum` or a `const` allows."""
        values = named_values(schema)
        self._passed(len(values))
        return frozenset().union(*map(_kind, set(map(type, values)))) or KINDS

    def required(self, part: Any) -> list[str]:
        part = resolve(part, self._root, self._budget)
        named = part.get("required")
        names = [name for name in named if isinstance(name, str)] if isinstance(named, list | tuple) else []
        declared = part.get("properties")
        if isinstance(declared, Mapping):
            self._passed(len(declared))
            # JSON schema draft 3 marked the parameter itself, and schemas written by hand still do.
            names += [
                str(name)
                for name, schema in declared.items()
                if isinstance(schema, Mapping) and schema.get("required") is True
            ]
        self._passed(len(names))
        for every in self._deeper(self.required, part.get("allOf")):
            names += every
        for word in _EITHER:
            if either := self._deeper(self.required, part.get(word)):
                common = set(either[0]).intersection(*either[1:])
                names += [name for name in either[0] if name in common]
        return list(dict.fromkeys(names))

    def inlined(self, schema: Any) -> Mapping[str, Any]:
        resolved = resolve(schema, self._root, self._budget)
        branches = {word: self._deeper(self.inlined, resolved.get(word)) for word in _COMBINED if word in resolved}
        if not branches:
            return resolved
        self._passed(len(resolved))
        return {**resolved, **branches}


def _narrowed(before: frozenset[str], after: frozenset[str]) -> frozenset[str]:
    """The kinds in both sets; if they have none in common, the first set."""
    return before & after or before


def _meant(word: str) -> frozenset[str]:
    """The kinds that a type word means: `integer`, `INT64`, `varchar(80)`, `list[str]`, `string | null`, `int?`."""
    word = word[:_WORD].strip().lower()
    if not word:
        return KINDS
    bare = re.split(r"[\[(<{]", word, maxsplit=1)[0].strip()
    if "|" in word and "|" not in bare.partition("|")[0] and bare.count("|") == word.count("|"):
        return frozenset().union(*(_meant(part) for part in word.split("|") if part.strip())) or KINDS
    if word.endswith("?"):
        return _meant(word.rstrip("? ")) | {"null"}
    if bare == "optional":
        return _meant(word[len(bare) + 1 : -1]) | {"null"}
    if word.endswith("[]"):
        return frozenset({"array"})
    # int32, uint64, float64
    plain = (bare[1:] if bare.startswith("uint") else bare).rstrip("0123456789")
    return _ALIASES.get(bare) or _ALIASES.get(plain) or frozenset({"string"})


def named_values(schema: Mapping[str, Any]) -> list[Any]:
    """The values that a `const` or an `enum` names."""
    listed = schema.get("enum")
    values = list(listed) if isinstance(listed, list | tuple) else []
    return [schema["const"], *values] if "const" in schema else values


def _kind(kind: type) -> frozenset[str]:
    """JSON's name for the values of a Python type."""
    found = next((name for base, name in _JSON_NAMES if issubclass(kind, base)), "array")
    return NUMERIC if found == "number" else frozenset({found})


_JSON_NAMES: tuple[tuple[type, str], ...] = (
    (type(None), "null"),
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (Mapping, "object"),
)
"""Types of Python and their names in JSON. `bool` stands before `int`, as a bool is an int too."""
