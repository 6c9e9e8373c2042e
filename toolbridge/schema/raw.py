"""Raw text into JSON by a schema, and back.

schema                      raw text           JSON
string                      007                "007"          text is never changed, so it can stream
integer                     007 / 5.0 / abc    7 / 5 / "abc"  a value that cannot be read stays text
string or null              null / 123 Main    null / "123 Main"
string or integer           7 / 7a / "7"       7 / "7a" / "7" quotes mark text that looks like a number
array, object               ['a', True]        ["a", true]    JSON as it was written, or else a Python literal
{} (anything)               7 / 7a / "7"       7 / "7a" / "7" JSON if it is JSON
"""

import ast
import json
import re
from collections.abc import Sequence
from typing import Any

from toolbridge.json_string import StringText
from toolbridge.json_text import BadJson, JsonText, escaped
from toolbridge.limits import KIB
from toolbridge.schema.questions import KINDS, NUMERIC, kinds, named_values, resolve

_CONTAINERS = frozenset({"array", "object"})

_PYTHON_TEXT = 64 * KIB
_PYTHON_DEPTH = 64
_DIGITS = 400
"""Digits up to which an exponent is written out."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LOOSE_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?")
_FENCED = re.compile(r"```[a-zA-Z0-9]*[ \t]*\n(.*)\n[ \t]*```", re.DOTALL)
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
_PYTHON_ESCAPES = "\n\\'\"abfnrtv01234567xNuU"
_LOOSE = {"bare key", "number"}
"""Tolerances that would turn prose in braces into an object. They do not apply if the value may also be text."""


def to_json(text: str, schema: Any, root: Any = None) -> str:
    """The JSON text of a raw value by its schema. A `schema` of None means that the tool does not declare it: text.

    A value that fits none of the schema's kinds becomes a string. Never raises.
    """
    wanted = frozenset({"string"}) if schema is None else kinds(schema, root)
    if wanted == {"string"}:
        return _string(text)
    bare = text.strip()
    if "string" not in wanted:
        return _value(bare, wanted) or _string(text)
    return _beside_text(bare, wanted, _texts(schema, root)) or _string(text)


def to_text(value: Any, schema: Any, root: Any = None) -> str:
    """The raw text that `to_json` reads as this value: a string as it is, any other value as JSON.

    A string is quoted if its raw text would be read as another value (`null` if the schema allows null).
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
    """JSON for a value that must not be text, or None. JSON of a kind that the schema does not name stays as it is."""
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
    # Models quote values of other kinds: "5" where the schema asks for a number, or an object as a JSON string.
    value = _value(inner.strip(), wanted, quoted=True)
    return value if value and _fits(value, wanted) else _string(inner)


def _texts(schema: Any, root: Any) -> list[str]:
    """The strings among the values of an `enum`."""
    return [value for value in named_values(resolve(schema, root)) if isinstance(value, str)]


def _beside_text(bare: str, wanted: frozenset[str], texts: Sequence[str]) -> str | None:
    """JSON for a value that may also be text: only if it is clearly of another kind, else None."""
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
    # Quotes count if the text would be another value without them, so that every string can be written.
    other = _beside_text(inner.strip(), wanted, texts)
    decoded = not inner or wanted == KINDS or inner in texts or (other is not None and other != _string(inner))
    return _string(inner) if decoded else None


def _fits(value: str, wanted: frozenset[str]) -> bool:
    """Whether JSON text is of a wanted kind, judged by its first character."""
    first = {"{": "object", "[": "array", '"': "string", "n": "null", "t": "boolean", "f": "boolean"}
    return bool(wanted & {first[value[0]]}) if value[0] in first else bool(wanted & NUMERIC)


def _number(bare: str, wanted: frozenset[str]) -> str | None:
    """A number as it was written, mended if JSON has no such number (`+5`, `.5`, `007`). An integer becomes whole."""
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
    """An object or an array: JSON as it was written, mended if it has mistakes, or else a Python literal."""
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
    """The characters inside a JSON string; None if the text is not exactly a JSON string."""
    if len(bare) < 2 or bare[0] != '"' or bare[-1] != '"':
        return None
    reader = StringText()
    try:
        end, inner = reader.feed(bare, 1, len(bare))
    except (BadJson, ValueError):
        return None
    return inner if reader.ended and end == len(bare) else None


def _python(bare: str) -> str | None:
    """A list, tuple or dict in Python's notation as compact JSON; None for other text and for too much text."""
    if len(bare) > _PYTHON_TEXT or _nesting(bare) > _PYTHON_DEPTH:
        return None
    # Python reads an unknown escape as a backslash, but warns about it.
    known = _BACKSLASH.sub(lambda found: found[0] if found[1] in _PYTHON_ESCAPES else "\\" + found[0], bare)
    try:
        value = ast.literal_eval(known)
        if not isinstance(value, list | tuple | dict):
            return None
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _nesting(text: str) -> int:
    """The greatest depth of nested brackets; brackets in strings count too."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[({\])}]", text):
        depth += 1 if bracket in "[({" else -1
        deepest = max(deepest, depth)
    return deepest
