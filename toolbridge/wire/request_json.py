"""A client's body as JSON: not more of it than the limit allows, and with all the digits of its numbers.

orjson reads a body where it can. It makes a float of an integer over 64 bits, and refuses `1e400` and lone surrogates,
so the standard library reads what holds a long number and what orjson refuses. Either builds the whole value in one
call that lets no other thread run. A short body can hold very many values (`[],[],[],…`), and each of them costs as
much as a long string, so they are counted before they are built.
"""

import gc
import json
from typing import Any

import orjson

from toolbridge.budget import Budget
from toolbridge.errors import RequestError
from toolbridge.wire.codec import refuse_constant

_STEP = 1 << 18
"""Bytes that are looked at in one call, so that other threads can run in between."""
_LONG = 19
"""Digits of an integer that may be over 64 bits."""
_AS_ZEROS = bytes(ord("0") if 48 <= byte <= 57 else ord(" ") for byte in range(256))
_DECODER = json.JSONDecoder(parse_constant=refuse_constant)
_STRUCTURE = (b",", b"[", b"{")


def read_json(data: bytes, budget: Budget | None = None) -> dict[str, Any]:
    """A client's body. As in Ollama's decoder, what follows the first JSON value is ignored.

    Its values are drawn from the budget. Raises `RequestError`, and `OverLimit` for more values than there may be.
    """
    if not data or data.isspace():
        raise RequestError("missing request body")
    budget = budget or Budget()
    budget.spend("values", _counted(data, budget.left("values")))
    body = _built(data)
    if not isinstance(body, dict):
        raise RequestError("the body must be a JSON object")
    return body


def _built(data: bytes) -> Any:
    # The collector would look through all that has been built, again and again, and find nothing to free.
    collects = gc.isenabled()
    gc.disable()
    try:
        if has_long_number(data):
            return _first_value(data)
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            return _first_value(data)
    finally:
        if collects:
            gc.enable()


def _first_value(data: bytes) -> Any:
    try:
        return _DECODER.raw_decode(data.decode().lstrip())[0]
    except RecursionError:
        raise RequestError("the body is nested too deeply") from None
    except ValueError as error:
        raise RequestError(f"the body is not valid JSON: {error}") from None


def _counted(data: bytes, most: int) -> int:
    """The number of values where it is over `most`; what lies within may be counted too high."""
    roughly = structure(data)
    return roughly if roughly <= most else count_values(data, most)


def structure(data: bytes) -> int:
    """How many commas and opening brackets there are, those inside strings included: never less than the values."""
    return 1 + sum(data.count(char, at, at + _STEP) for at in range(0, len(data), _STEP) for char in _STRUCTURE)


def count_values(data: bytes, most: int) -> int:
    """How many values a JSON text holds, itself included, counted without building them; it may stop behind `most`.

    Strings are counted as well, a key as half a value, so that no text makes many of them for nothing.
    """
    found, strings, inside, carry = 1, 0, False, b""
    for at in range(0, len(data), _STEP):
        piece = carry + data[at : at + _STEP]
        # An odd number of backslashes at the end: the last of them belongs to what follows.
        odd = (len(piece) - len(piece.rstrip(b"\\"))) % 2
        carry = piece[len(piece) - odd :]
        parts = piece[: len(piece) - odd].replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
        outside = b"".join(parts[inside::2])
        found += sum(outside.count(char) for char in _STRUCTURE)
        strings += len(parts) // 2
        inside ^= len(parts) % 2 == 0
        if found > most or strings > 2 * most:
            return max(found, most + 1)
    return found


def has_long_number(data: bytes) -> bool:
    """Whether so many digits stand in a row that orjson may lose some of them."""
    row = b"0" * _LONG
    return any(row in data[at : at + _STEP + _LONG - 1].translate(_AS_ZEROS) for at in range(0, len(data), _STEP))
