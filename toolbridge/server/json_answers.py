"""The JSON in an answer of the backend, which may be anything: read without an error."""

from collections.abc import Mapping
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.wire.codec import loads


def json_value(body: bytes) -> Any:
    """The value in a body; None where the body is no JSON."""
    try:
        return loads(body)
    except FrameError:
        return None


def json_object(body: bytes) -> Mapping[str, Any]:
    """The object in a body; empty where the body is no JSON object."""
    value = json_value(body)
    return value if isinstance(value, Mapping) else {}
