"""The list of `/v1/models` for Anthropic's clients, made of the list of a server of OpenAI's wire, or of Ollama.

An entry keeps the fields that it came with, so that the same body serves OpenAI's clients, too.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_EPOCH = "1970-01-01T00:00:00Z"
"""The date that Anthropic's own server gives for a model of unknown age."""


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
    """An entry of the list."""
    name = entry.get("id")
    own = {"type": "model", "id": name, "display_name": name, "created_at": _date(entry.get("created"))}
    return own | dict(entry) | {"type": "model"}


def _date(seconds: Any) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return _EPOCH
