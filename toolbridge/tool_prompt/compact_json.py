"""Values as JSON text for a prompt, drawn from the budget by their length."""

import json
from collections.abc import Mapping
from typing import Any

from toolbridge.budget import Budget

_QUICK = 64
"""Characters that are written in the time of a visit."""


def _plain(value: Any) -> Any:
    """What the library was given that JSON has no word for: any mapping is an object, all else its text."""
    return dict(value) if isinstance(value, Mapping) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), skipkeys=True, default=_plain)


def compact_json(value: Any, budget: Budget | None = None) -> str:
    """JSON with no blank in it, in the characters as they are."""
    text = _ENCODER.encode(value)
    if budget and len(text) >= _QUICK:
        budget.spend("visits", len(text) // _QUICK)
    return text
