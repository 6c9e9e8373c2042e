"""A value that was written raw, into JSON, by its schema; and back.

schema                      raw text           JSON
string                      007                "007"          never looked at: it streams while it is written
integer                     007 / 5.0 / abc    7 / 5 / "abc"  what cannot be read stays text
string or null              null / 123 Main    null / "123 Main"
string or integer           7 / 7a / "7"       7 / "7a" / "7" quotes count where they are needed
array, object               ['a', True]        ["a", true]    JSON as it was written, else a Python literal
{} (anything)               7 / 7a / "7"       7 / "7a" / "7" JSON if it is JSON
"""

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from toolbridge.json_text import BadJson, JsonText, StringText, escaped
from toolbridge.limits import KIB
from toolbridge.schema.questions import KINDS, NUMERIC, kinds, named_values, resolve

_CONTAINERS = frozenset({"array", "object"})

_PYTHON_TEXT = 64 * KIB
_PYTHON_DEPTH = 64
_DIGITS = 400
"""Most digits that an exponent is written out to."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LOOSE_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?")
_FENCED = re.compile(r"```[a-zA-Z0-9]*[ \t]*\n(.*)\n[ \t]*```", re.DOTALL)
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
_PYTHON_ESCAPES = "\n\\'\"abfnrtv01234567xNuU"
_LOOSE = {"bare key", "number"}
"""Tolerances that make prose in braces an object; not where the value may as well be text."""


def to_json(text: str, schema: Any, root: Any = None) -> str:
    """The JSON text of a value that was written raw, by its schema (None: not declared, which is text).

    What cannot be read as any of the schema's kinds is a string. Never raises.
    """
    wanted = frozenset({"string"}) if schema is None else kinds(schema, root)
    if wanted == {"string"}:
        return _string(text)
    bare = text.strip()
    if "string" not in wanted:
        return _value(bare, wanted) or _string(text)
    return _beside_text(bare, wanted, _texts(schema, root)) or _string(text)


def to_text(value: Any, schema: Any, root: Any = None) -> str:
    """The raw text that `to_json` reads as this value: text as it is, all else as JSON.

    A string is quoted where its raw text would be read as something else (`null` where null is allowed).
    """
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if schema is None:
        return value
    wanted = kinds(schema, root)
    if wanted == {"string"}:
        return value
    if "string" not in wanted:
        quoted = json.dumps(value, ensure_ascii=False)
        return quoted if _value(value.strip(), wanted) or value != value.strip() else value
    return value if to_json(value, schema, root) == _string(value) else json.dumps(value, ensure_ascii=False)


def _string(text: str) -> str:
    return f'"{escaped(text)}"'


def _value(bare: str, wanted: frozenset[str], *, quoted: bool = False) -> str | None:
    """JSON for a value that is not to be text, or None. JSON of another kind is what the model meant, and stays."""
    word = bare.lower()
    if word in ("null", "none") or (not bare and "null" in wanted):
        return "null"
    if word in ("true", "false") and ("boolean" in wanted or word == bare):
        return word
    if number := _number(bare, wanted):
        return number
    if container := _container(bare):
        return container
    if fenced := _FENCED.fullmatch(bare):
        return _container(fenced[1].strip())
    inner = None if quoted else _unquoted_string(bare)
    if inner is None:
        return None
    # Models quote what they know as a value: "5" where a number is asked for, or an object as a JSON string.
    value = _value(inner.strip(), wanted, quoted=True)
    return value if value and _fits(value, wanted) else _string(inner)


def _texts(schema: Any, root: Any) -> list[str]:
    """The texts that an `enum` names, beside values of other kinds."""
    return [value for value in named_values(resolve(schema, root)) if isinstance(value, str)]


def _beside_text(bare: str, wanted: frozenset[str], texts: Sequence[str]) -> str | None:
    """JSON where the value may be text as well: only what is plainly of another kind, else None."""
    if bare in texts:
        return _string(bare)
    if bare.lower() == "null":
        return "null" if "null" in wanted else None
    if bare in ("true", "false", "True", "False"):
        return bare.lower() if "boolean" in wanted else None
    if _NUMBER.fullmatch(bare):
        whole = _INTEGER.fullmatch(bare) is not None
        return bare if "number" in wanted or (whole and "integer" in wanted) else None
    if wanted & _CONTAINERS and bare[:1] in ("[", "{"):
        container = _container(bare, loose=False)
        return container if container and _fits(container, wanted) else None
    inner = _unquoted_string(bare)
    if inner is None:
        return None
    # Quotes count where text would otherwise be something else, so that every string can be written.
    other = _beside_text(inner.strip(), wanted, texts)
    decoded = not inner or wanted == KINDS or inner in texts or (other is not None and other != _string(inner))
    return _string(inner) if decoded else None


def _fits(value: str, wanted: frozenset[str]) -> bool:
    """Whether JSON text is of a wanted kind, by its first character."""
    first = {"{": "object", "[": "array", '"': "string", "n": "null", "t": "boolean", "f": "boolean"}
    return bool(wanted & {first[value[0]]}) if value[0] in first else bool(wanted & NUMERIC)


def _number(bare: str, wanted: frozenset[str]) -> str | None:
    """A number as it was written, mended where it is none of JSON's (`+5`, `.5`, `007`); whole for an integer."""
    written = _NUMBER.fullmatch(bare) is not None
    if not wanted & NUMERIC:
        return bare if written else None
    found = _LOOSE_NUMBER.fullmatch(bare)
    if not found or not (found[2] or found[3]):
        return bare if written else None
    sign, whole, fraction, exponent = found[1].strip("+"), found[2] or "0", found[3], found[4]
    if "number" not in wanted and (fraction is not None or exponent is not None):
        digits = whole + (fraction or "")
        point = len(whole) + int(exponent or 0)
        if point <= _DIGITS + len(whole) and not digits[max(point, 0) :].strip("0"):
            whole = digits[: max(point, 0)].ljust(point, "0").lstrip("0") or "0"
            return whole if whole == "0" else sign + whole
    if written:
        return bare
    shown = f".{fraction or '0'}" if fraction is not None else ""
    return f"{sign}{whole.lstrip('0') or '0'}{shown}{f'e{exponent}' if exponent else ''}"


def _container(bare: str, *, loose: bool = True) -> str | None:
    """An object or an array: JSON as it was written, mended where need be, else a Python literal."""
    if bare[:1] not in ("{", "[", "("):
        return None
    reader = JsonText()
    try:
        end = reader.feed(bare, 0, len(bare))
    except BadJson:
        return _python(bare)
    if reader.ended and end == len(bare) and (loose or not _LOOSE & reader.tolerances.keys()):
        return reader.taken()
    return _python(bare)


def _unquoted_string(bare: str) -> str | None:
    """The characters of a text that is one whole JSON string, else None."""
    if len(bare) < 2 or bare[0] != '"' or bare[-1] != '"':
        return None
    reader = StringText()
    try:
        end, inner = reader.feed(bare, 1, len(bare))
    except (BadJson, ValueError):
        return None
    return inner if reader.ended and end == len(bare) else None


def _python(bare: str) -> str | None:
    """A list, tuple or dict as Python writes it, as compact JSON; None for anything else and anything too big."""
    if len(bare) > _PYTHON_TEXT or _nesting(bare) > _PYTHON_DEPTH:
        return None
    # An unknown escape is a backslash in Python too, but Python warns about it.
    known = _BACKSLASH.sub(lambda found: found[0] if found[1] in _PYTHON_ESCAPES else "\\" + found[0], bare)
    try:
        value = ast.literal_eval(known)
        if not isinstance(value, list | tuple | dict):
            return None
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _nesting(text: str) -> int:
    """How deep brackets nest, at most; those in strings count too."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[({\])}]", text):
        depth += 1 if bracket in "[({" else -1
        deepest = max(deepest, depth)
    return deepest
