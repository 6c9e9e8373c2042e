"""Makes one readable message, and a word for its kind, of the answer of a backend that failed.

The answer may be JSON, text, HTML or empty. Its `error` may be a string, an object, a list, or a string with JSON in it
(Ollama passes on llama-server's whole answer as its error text).
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.events import Error
from toolbridge.wire.codec import json_text, loads

_KINDS = {400: "invalid_request_error", 404: "not_found_error", 413: "invalid_request_error"}
"""The words that Ollama's OpenAI routes have for a status; every other status is an `api_error`."""
_MESSAGE_FIELDS = ("error", "message", "detail", "msg", "error_description")
_TITLE = re.compile(r"<title\b[^<>]*>", re.IGNORECASE)
_TITLE_END = re.compile(r"</title", re.IGNORECASE)
_LONGEST = 2000
"""Characters of a backend's error text that are passed on."""
_LEVELS = 6


def kind_of(status: int) -> str:
    """The `type` in OpenAI's error envelope for a status."""
    return _KINDS.get(status, "api_error")


def read_error(status: int, body: bytes) -> Error:
    """A backend's error answer, whatever its body holds."""
    value = _json(body)
    message = "" if value is None else readable(value)
    if not message:
        message = _plain(body, status)
    return Error(message[:_LONGEST], _kind(value) or kind_of(status), status)


def read_error_value(value: Any) -> Error:
    """An error in a reply that had begun with status 200; `value` is its `error` field, or the object itself."""
    code = value.get("code") if isinstance(value, Mapping) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 502
    message = readable(value) or "the backend reported an error without a message"
    return Error(message[:_LONGEST], _kind(value) or kind_of(status), status)


def readable(value: Any, levels: int = _LEVELS) -> str:
    """The message inside an error that may be wrapped several times; empty if no message is found."""
    match value:
        case str():
            text = value.strip()
            inner = _json(text.encode("utf-8", "replace")) if levels and text[:1] in ("{", "[") else None
            return (readable(inner, levels - 1) if inner is not None else "") or text
        case Mapping():
            found = (value.get(name) for name in _MESSAGE_FIELDS)
            texts = (readable(item, levels - 1) for item in found if levels and isinstance(item, str | Mapping | list))
            return next((text for text in texts if text), "") or (json_text(value) if value else "")
        case list():
            return "; ".join(filter(None, (readable(item, levels - 1) for item in value[:8]))) if levels else ""
        case _:
            return ""


def _json(body: bytes) -> Any:
    """The object, array or string of a JSON body, else None."""
    try:
        value = loads(body)
    except FrameError:
        return None
    return value if isinstance(value, dict | list | str) else None


def _kind(value: Any) -> str | None:
    """The `type` in the backend's own error envelope."""
    if not isinstance(value, Mapping):
        return None
    inner = value.get("error")
    kind = inner.get("type") if isinstance(inner, Mapping) else value.get("type")
    return kind if isinstance(kind, str) and kind and kind != "error" else None


def _plain(body: bytes, status: int) -> str:
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        text = _title(text)
    if text and text[0] not in "{[":
        return text
    try:
        phrase = f" ({HTTPStatus(status).phrase})"
    except ValueError:
        phrase = ""
    return f"the backend answered with status {status}{phrase} and no message"


def _title(page: str) -> str:
    """The title of an HTML page; empty if the page has no title."""
    begin = _TITLE.search(page)
    end = _TITLE_END.search(page, begin.end()) if begin else None
    return " ".join(page[begin.end() : end.start()].split()) if begin and end else ""
