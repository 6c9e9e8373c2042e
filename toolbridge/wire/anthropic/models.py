"""`/v1/models` as Anthropic's clients read it, made of what servers of OpenAI's wire, and Ollama, say there.

An entry keeps the fields it came with, so that one body serves both kinds of clients.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_EPOCH = "1970-01-01T00:00:00Z"
"""What Anthropic's own server says of a model whose age nobody knows."""


def write_listed(listed: Mapping[str, Any]) -> dict[str, Any]:
    """A list of models, or one model of it."""
    return write_model(listed) if "id" in listed else write_models(listed)


def write_models(listed: Mapping[str, Any]) -> dict[str, Any]:
    """A list of models, all of them on one page."""
    data = listed.get("data")
    entries = [write_model(entry) for entry in data if isinstance(entry, Mapping)] if isinstance(data, list) else []
    ids = [entry["id"] for entry in entries]
    page = {"has_more": False, "first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    return {"data": entries} | page | {"object": "list"}


def write_model(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One model."""
    name = entry.get("id")
    own = {"type": "model", "id": name, "display_name": name, "created_at": _date(entry.get("created"))}
    return own | dict(entry) | {"type": "model"}


def _date(seconds: Any) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return _EPOCH
