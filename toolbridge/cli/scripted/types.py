"""The types of a tool list, read back: `{ city: string, days?: integer }[]`, `"c" | "f"`, `Record<string, number>`."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["string", "integer", "number", "boolean", "null", "any", "object", "array", "named"]

_KINDS: dict[str, Kind] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "any": "any",
    "object": "object",
}
_WORD = re.compile(r"[A-Za-z]+")
_KEY = re.compile(r'\s*([A-Za-z_$][\w$]*|"(?:[^"\\]|\\.)*"|\[name: string\])(\?)?: ')
_DEEPEST = 24
_JSON = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Type:
    """One type. `values` are those of an enum ("named"); `items` the types of an array's; `members` an object's."""

    kind: Kind
    values: tuple[Any, ...] = ()
    items: "tuple[Type, ...]" = ()
    members: "tuple[Member, ...]" = ()


Types = tuple[Type, ...]
"""A union: a value has one of these."""
ANY: Types = (Type("any"),)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object."""

    name: str
    types: Types = field(default=ANY)
    required: bool = True


class Unreadable(ValueError):
    """Text that is no type."""


def read_types(text: str, start: int = 0) -> tuple[Types, int]:
    """The union that begins here, and where it ends. Raises `Unreadable`."""
    return _union(text, start, 0)


def _union(text: str, at: int, depth: int) -> tuple[Types, int]:
    if depth > _DEEPEST:
        raise Unreadable("nested too deeply")
    found: list[Type] = []
    values: list[Any] = []
    while True:
        one, at = _suffixed(text, at, depth)
        if one.kind == "named":
            values += one.values
        else:
            found.append(one)
        if not text.startswith(" | ", at):
            break
        at += 3
    if values:
        found.insert(0, Type("named", values=tuple(values)))
    return tuple(found), at


def _suffixed(text: str, at: int, depth: int) -> tuple[Type, int]:
    """A type with any number of `[]` behind it."""
    one, at = _single(text, at, depth)
    while text.startswith("[]", at):
        one, at = Type("array", items=(one,)), at + 2
    return one, at


def _single(text: str, at: int, depth: int) -> tuple[Type, int]:
    if text.startswith("(", at):
        inner, at = _union(text, at + 1, depth + 1)
        if not text.startswith(")[]", at):
            raise Unreadable(f"no array at {at}")
        return Type("array", items=inner), at + 3
    if text.startswith("Record<string, ", at):
        _, at = _union(text, at + len("Record<string, "), depth + 1)
        if not text.startswith(">", at):
            raise Unreadable(f"no end of a record at {at}")
        return Type("object"), at + 1
    if text.startswith("{ ", at):
        return _members(text, at + 2, depth)
    if (literal := _literal(text, at)) is not None:
        return literal
    if text.startswith("[", at):
        return _places(text, at + 1, depth)
    word = _WORD.match(text, at)
    if word is None or word[0] not in _KINDS:
        raise Unreadable(f"no type at {at}")
    return Type(_KINDS[word[0]]), word.end()


def _literal(text: str, at: int) -> tuple[Type, int] | None:
    """A value of an enum; `null` is a type like any other."""
    try:
        value, end = _JSON.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return (Type("null") if value is None else Type("named", values=(value,))), end


def _members(text: str, at: int, depth: int) -> tuple[Type, int]:
    members: list[Member] = []
    while True:
        key = _KEY.match(text, at)
        if key is None:
            raise Unreadable(f"no member at {at}")
        types, at = _union(text, key.end(), depth + 1)
        if not key[1].startswith("["):
            name = json.loads(key[1]) if key[1].startswith('"') else key[1]
            members.append(Member(name, types, required=key[2] is None))
        if text.startswith(" }", at):
            return Type("object", members=tuple(members)), at + 2
        if not text.startswith(", ", at):
            raise Unreadable(f"no end of an object at {at}")
        at += 2


def _places(text: str, at: int, depth: int) -> tuple[Type, int]:
    """`[string, integer]`, read as an array of either."""
    items: Types = ()
    while not text.startswith("]", at):
        types, at = _union(text, at, depth + 1)
        items += types
        at += 2 if text.startswith(", ", at) else 0
        if at >= len(text):
            raise Unreadable("no end of a list")
    return Type("array", items=items or ANY), at + 1
