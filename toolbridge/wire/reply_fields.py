"""The fields of a backend's reply: a value of another type than the wanted one counts as missing."""

from collections.abc import Mapping
from typing import Any

from toolbridge.events import Usage


def text_of(value: Any) -> str | None:
    """A string, else None."""
    return value if isinstance(value, str) else None


def mapping_of(value: Any) -> Mapping[str, Any]:
    """An object; the empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def count_of(value: Any) -> int | None:
    """An integer, else None; JSON's `true` is not an integer."""
    return value if type(value) is int else None


def seconds_of(value: Any) -> float | None:
    """A time in unix seconds, else None."""
    return value if isinstance(value, int | float) else None


def usage_of(prompt: Any, completion: Any) -> Usage | None:
    """The counts of tokens; None if the backend counted neither side."""
    counted = Usage(count_of(prompt), count_of(completion))
    return None if counted == Usage() else counted
