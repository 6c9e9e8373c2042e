"""What a schema says: which parameters there are, which of them a call must have, and what kind a value is.

The kinds of a schema are JSON's type names; a schema without an opinion has all of them. `$ref` is followed through the
client's own document and nowhere else, and every walk is bounded, as clients' schemas may refer to themselves.

One question (`kinds`, `required` …) looks at 256 sub-schemas at the most. Who asks many of them, as the list of tools
does, gives a budget, and each place looked at draws "visits" from it. A visit is about a microsecond of work, so a step
over a wide object or a long `enum` draws a fraction of its length.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from toolbridge.budget import Budget
from toolbridge.limits import KIB

T = TypeVar("T")

KINDS = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})
"""What a value can be. Where `number` is allowed, `integer` is too."""
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
"""Type words of tools written by hand. A word that is not here (str, text, varchar, uuid, enum …) means text."""
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
"""What a schema without a type means by what else it says."""

_HOPS = 32
"""References followed in a row."""
_LEVELS = 16
_VISITS = 256
"""Sub-schemas looked at for one question, and how deep; what lies beyond has no say."""
_ALIKE = 32
"""Schemas of one name that a further one is compared with, to leave out what is said twice."""
_POINTER = 16 * KIB
"""Characters of a reference that is followed; names have 128 and schemas a hundred levels."""
_WORD = 256
"""Characters of a type word that is read."""
_QUICK = 16
"""Entries that are passed over in the time of a visit, and the words that are copied in it."""


# The parameters of a tool.


def resolve(schema: Any, root: Any, budget: Budget | None = None) -> Mapping[str, Any]:
    """The schema with its `$ref` followed inside `root`; words beside the `$ref` count before those it points to.

    `{}` stands for what says nothing: `true`, a reference that leads nowhere, to itself or out of the document.
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
    """Every parameter that the schema declares, in its order, resolved; those in branches at the root as well.

    `root` is the document that references point into, where it is not the parameters themselves.
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
    """The schema of one parameter, resolved; None where the tool does not declare it.

    A tool that takes any name declares them all by its `additionalProperties` or `patternProperties`.
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
    """Whether a parameter of this name stands in the schema. Where nothing is combined none of the others is read."""
    if not _is_plain(parameters):
        return name in properties(parameters)
    declared = parameters.get("properties")
    return isinstance(declared, Mapping) and name in declared


def _is_plain(parameters: Any) -> bool:
    """Whether all parameters stand in the schema itself, in no branch of it."""
    return isinstance(parameters, Mapping) and not any(word in parameters for word in ("$ref", *_COMBINED))


def items_schema(schema: Any, index: int, root: Any = None) -> Mapping[str, Any] | None:
    """The schema of an array's item, resolved; None where the array does not say."""
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
    """The parameters that a call must have; of the branches at the root, those that every branch demands."""
    return tuple(dict.fromkeys(_Walk(parameters, budget).required(parameters)))


def inlined(schema: Any, root: Any, budget: Budget | None = None) -> Mapping[str, Any]:
    """The schema with `$ref` followed in it and in the branches of its combinators, so that it needs no root."""
    return _Walk(root, budget).inlined(schema)


def _pointed(pointer: str, root: Any) -> Any:
    """What a JSON pointer (RFC 6901, as a URI fragment) leads to, or None."""
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
    """The schema of the parameters and, where it is combined, the branches it is made of, each once."""
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
    """What a value of this schema can be: a part of `KINDS`, all of it where the schema does not say."""
    return _Walk(root, budget).kinds(schema)


def is_text(schema: Any, root: Any = None) -> bool:
    """Whether a value is text whatever it looks like, so that it can be passed on while it is being written.

    None stands for a parameter that the tool does not declare: text.
    """
    return schema is None or kinds(schema, root) == {"string"}


class _Walk:
    """One walk over a schema that may refer to itself, bounded in steps and in depth."""

    __slots__ = ("_budget", "_depth", "_path", "_root", "_visits")

    def __init__(self, root: Any, budget: Budget | None = None) -> None:
        self._root = root
        self._budget = budget
        self._visits = _VISITS
        self._depth = 0
        self._path: list[Any] = []

    def _passed(self, entries: int) -> None:
        """Draw for entries that are passed over quickly."""
        if self._budget and entries >= _QUICK:
            self._budget.spend("visits", entries // _QUICK)

    def _deeper(self, ask: Callable[[Any], T], branches: Any) -> list[T]:
        """What `ask` finds in each branch, as far as the walk may go."""
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
        # OpenAPI's way to say it, and that of Python functions with `= None` and no more.
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
            # Draft 3 marked the parameter itself, and tools written by hand still do.
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
    """Both hold; where they contradict each other, the first."""
    return before & after or before


def _meant(word: str) -> frozenset[str]:
    """A type word as kinds: `integer`, `INT64`, `varchar(80)`, `list[str]`, `string | null`, `int?`."""
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
    """What JSON calls values of a Python type."""
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
"""Types of Python and their names in JSON; a bool is an int as well, so it comes first."""
