"""Values as JSON text for a prompt, drawn from the budget by their length."""

import json
from collections.abc import Mapping
from typing import Any

from toolbridge.budget import Budget

_QUICK = 64
"""Characters that are written in the time of one visit."""


def _plain(value: Any) -> Any:
    """A value of a library's caller that JSON cannot express: any mapping as a dict, every other value as text."""
    return dict(value) if isinstance(value, Mapping) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), skipkeys=True, default=_plain)


def compact_json(value: Any, budget: Budget | None = None) -> str:
    """The value as JSON text without blanks; letters outside ASCII are not escaped."""
    text = _ENCODER.encode(value)
    if budget and len(text) >= _QUICK:
        budget.spend("visits", len(text) // _QUICK)
    return text
