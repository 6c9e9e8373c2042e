"""A client's body as JSON: as many values as the limit allows, and all the digits of their numbers.

orjson makes a float of an integer over 64 bits, and refuses `1e400` and lone surrogates. So the standard library reads
a body that holds a long number or that orjson refuses. Both build the whole value in one call that lets no other thread
run. A short body can hold very many values (`[],[],[],…`), and each of them costs as much as a long string, so they are
counted before they are built.
"""

import gc
import json
from typing import Any

import orjson

from toolbridge.budget import Budget
from toolbridge.errors import RequestError
from toolbridge.wire.codec import refuse_constant
from toolbridge.wire.json_values import STEP, count_values

_LONG = 19
"""Digits of an integer that may be over 64 bits."""
_AS_ZEROS = bytes(ord("0") if 48 <= byte <= 57 else ord(" ") for byte in range(256))
_DECODER = json.JSONDecoder(parse_constant=refuse_constant)


def read_json(data: bytes, budget: Budget | None = None) -> dict[str, Any]:
    """A client's body. Ollama's decoder ignores bytes behind the first JSON value, and so does this function.

    The values are drawn from the budget. Raises `RequestError`, and `OverLimit` for more values than the budget holds.
    """
    if not data or data.isspace():
        raise RequestError("missing request body")
    budget = budget or Budget()
    budget.spend("values", count_values(data, budget.left("values")))
    body = _built(data)
    if not isinstance(body, dict):
        raise RequestError("the body must be a JSON object")
    return body


def _built(data: bytes) -> Any:
    # The garbage collector would look through all the new values again and again, and find nothing to free.
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


def has_long_number(data: bytes) -> bool:
    """Whether the body holds a row of digits so long that orjson may lose some of them."""
    row = b"0" * _LONG
    return any(row in data[at : at + STEP + _LONG - 1].translate(_AS_ZEROS) for at in range(0, len(data), STEP))
