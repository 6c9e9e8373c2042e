"""Reads the JSON of frames, and writes JSON.

orjson does most of the work. It reads 2^64 as a float. It refuses to read `1e400` and a lone surrogate (half of an
emoji that a backend cut in two), and to write an integer over 64 bits. The standard library does all that. The
arguments of a tool must survive unchanged, so they are read with `exact` and travel on as JSON text.
"""

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, NoReturn

import orjson

from toolbridge.errors import FrameError
from toolbridge.frames import Frame
from toolbridge.limits import Limits
from toolbridge.wire.json_values import count_values

_SAFE_DIGITS = 18
"""Digits of an integer that every JSON library reads exactly."""
_DEPTH = Limits().depth
_STANDARD_DEPTH = 500
"""How deep the standard library may read. By itself it stops at another depth on each version of Python, and it stops
earlier the deeper its caller stands."""
_VALUES = Limits().values
_STRUCTURE = re.compile(r'[{}\[\]"]')
_IN_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*){0,256}', re.DOTALL)
"""A part of a string with at most 256 escapes. The engine keeps a way back for each escape, so a string with a million
of them is read in many parts."""
_HIGH = re.compile(r"[\ud800-\udbff]\Z")


def refuse_constant(constant: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which are not JSON and which the standard library reads. Raises `ValueError`."""
    raise ValueError(f"{constant} is no JSON value")


class _TooDeepError(FrameError):
    """JSON that the standard library is not asked to read."""


class Verbatim:
    """A value that is kept as its JSON text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_COMMA = Verbatim(",")


def loads(data: bytes) -> Any:
    """The value of JSON bytes. Raises `FrameError`."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return standard(data)


def standard(data: bytes) -> Any:
    """The value of JSON bytes that orjson refused. It may hold lone surrogates (see `mended`). Raises `FrameError`."""
    if not data:
        raise FrameError("the backend sent more in one piece than limits.frame allows")
    return _standard(data)


def object_of(data: bytes) -> dict[str, Any]:
    """The object in JSON bytes; an empty object if they hold something else."""
    try:
        value = loads(data)
    except FrameError:
        return {}
    return value if isinstance(value, dict) else {}


def exact(frame: Frame) -> Any:
    """A frame's JSON with every number that might lose digits as `Verbatim`. Raises `FrameError`.

    In a frame that is too deep for the standard library, numbers keep the digits that orjson gives them.
    """
    try:
        return _standard(frame.data, parse_float=Verbatim, parse_int=_digits)
    except _TooDeepError:
        try:
            return orjson.loads(frame.data)
        except orjson.JSONDecodeError:
            pass
        raise


def json_text(value: Any) -> str:
    """A value as compact JSON text on one line, however deep; infinity becomes null."""
    try:
        return orjson.dumps(value, default=_fragment).decode()
    except TypeError:
        # Integers over 64 bits, lone surrogates, more than 254 levels.
        return _patient_text(value)


def write_json(value: Any) -> bytes:
    """A body as bytes. Unlike orjson alone it writes integers of any size."""
    return json_text(value).encode()


def encoded(text: str) -> bytes:
    """Text as a JSON string, quotes included."""
    try:
        return orjson.dumps(text)
    except TypeError:
        return _patient_text(text).encode()


def one_line(arguments: str) -> Verbatim:
    """The JSON text of a call's arguments, to be written into a document unchanged, but with blanks for line ends."""
    if "\n" in arguments or "\r" in arguments:
        arguments = arguments.replace("\n", " ").replace("\r", " ")
    return Verbatim(arguments.strip() or "{}")


def is_object(text: str) -> bool:
    """Whether text is the JSON of one object that is within the limits, so that the next program can read it, too."""
    try:
        return (
            _is_small(text)
            and _is_shallow(text, _DEPTH)
            and isinstance(json.loads(text, parse_constant=refuse_constant), dict)
        )
    except (ValueError, RecursionError):
        return False


def mended(text: str, *, ended: bool) -> tuple[str, str]:
    """Text with the halves of its surrogate pairs joined, and a high half at its end whose low half may still come.

    Halves that stay alone become U+FFFD, as UTF-8 has no bytes for them. The second string is empty once the text has
    `ended`.
    """
    held = ""
    if not ended and (found := _HIGH.search(text)):
        text, held = text[: found.start()], found.group()
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), held


def _standard(data: bytes, **options: Any) -> Any:
    try:
        text = data.decode()
        deep = not _is_shallow(text, _STANDARD_DEPTH)
        value = None if deep else json.loads(text, parse_constant=refuse_constant, **options)
    except ValueError as error:
        beginning = data[:80].decode("utf-8", "replace")
        raise FrameError(f"the backend sent what is not JSON ({error}): {beginning}") from None
    if deep:
        raise _TooDeepError("the backend sent JSON that is nested too deeply")
    return value


def _is_small(text: str) -> bool:
    """Whether the text holds few enough values. Most texts are short, and need not be counted."""
    return len(text) <= _VALUES or count_values(text.encode("utf-8", "replace"), _VALUES) <= _VALUES


def _is_shallow(text: str, most: int) -> bool:
    if text.count("{") + text.count("[") <= most:
        return True
    depth = pos = 0
    while found := _STRUCTURE.search(text, pos):
        pos = found.end()
        if found[0] == '"':
            pos = _behind_string(text, pos)
        else:
            depth += 1 if found[0] in "{[" else -1
        if depth > most:
            return False
    return True


def _behind_string(text: str, pos: int) -> int:
    """The position behind the quote that closes a string, or the end of the text."""
    while found := _IN_STRING.match(text, pos):
        pos = found.end()
        if pos + 1 >= len(text) or text[pos] == '"':
            break
    return pos + 1


def _patient_text(value: Any) -> str:
    """A value that orjson refuses. It is written in a loop, as the standard library stops at some 500 levels."""
    out: list[str] = []
    ahead: list[Any] = [value]
    while ahead:
        item = ahead.pop()
        if isinstance(item, Verbatim):
            out.append(item.text)
        elif isinstance(item, Mapping):
            parts = [
                part for name, inner in item.items() for part in (_COMMA, Verbatim(f"{_scalar(str(name))}:"), inner)
            ]
            ahead += [Verbatim("}"), *reversed(parts[1:]), Verbatim("{")]
        elif isinstance(item, list | tuple):
            parts = [part for inner in item for part in (_COMMA, inner)]
            ahead += [Verbatim("]"), *reversed(parts[1:]), Verbatim("[")]
        elif item is None or isinstance(item, str | int | float):
            out.append(_scalar(item))
        else:
            raise TypeError(f"{type(item).__name__} is not JSON")
    # A lone surrogate stands in a string, where the escape of it means the same.
    return "".join(out).encode("utf-8", "backslashreplace").decode()


_ENCODER = json.JSONEncoder(ensure_ascii=False)
"""An encoder that is made once: `json.dumps` would make a new one for every value that is not escaped to ASCII."""


def _scalar(value: str | float | None) -> str:
    return "null" if isinstance(value, float) and not isfinite(value) else _ENCODER.encode(value)


def _digits(text: str) -> int | Verbatim:
    return int(text) if len(text) <= _SAFE_DIGITS else Verbatim(text)


def _fragment(value: Any) -> orjson.Fragment:
    if isinstance(value, Verbatim):
        return orjson.Fragment(value.text.encode("utf-8", "backslashreplace"))
    raise TypeError(type(value).__name__)
