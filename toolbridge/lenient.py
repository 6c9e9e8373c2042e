"""Fields of descriptions from servers of every age: a field of the wrong type counts as missing."""

import math
from collections.abc import Mapping
from typing import Any


def count(value: Any, most: int) -> int | None:
    """A positive whole number up to `most`; None for every other value, `true` included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return int(value) if 1 <= value <= most else None


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty mapping."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    """The value if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""
