"""Errors in the words of Anthropic's wire."""

from collections.abc import Mapping
from typing import Any

from toolbridge.events import Error
from toolbridge.wire.codec import encoded, write_json
from toolbridge.wire.failures import read_error as read_any
from toolbridge.wire.failures import read_error_value

_KINDS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The word for a status. Any other status below 500 is an `invalid_request_error`, from 500 on an `api_error`."""
_BEGINNING = b'{"type":"error"'
_ID = b'"request_id"'
_STATUSES: Mapping[str, int] = {kind: status for status, kind in _KINDS.items()}
"""The status for an error in a stream, by its word."""


def write_error(error: Error) -> bytes:
    """The body of an error answer, and the data of the event that ends a stream."""
    return write_json({"type": "error", "error": {"type": _kind(error), "message": error.message}})


def sign(body: bytes, request_id: str) -> bytes:
    """The body of an error answer with the id of its request in it, if it has the form of this wire and no id yet."""
    if not body.startswith(_BEGINNING) or _ID in body:
        return body
    return body[:-1] + b"," + _ID + b":" + encoded(request_id) + b"}"


def read_error(status: int, body: bytes) -> Error:
    """A backend's error answer, whatever its body holds."""
    return read_any(status, body)


def read_stream_error(value: Any) -> Error:
    """An error in a reply that had begun; `value` is the object inside the envelope."""
    error = read_error_value(value)
    return Error(error.message, error.kind, _STATUSES.get(error.kind, error.status))


def _kind(error: Error) -> str:
    if word := _KINDS.get(error.status):
        return word
    if error.kind in _STATUSES:
        return error.kind
    return "invalid_request_error" if error.status < 500 else "api_error"
