"""Errors as HTTP answers in the client's wire."""

from collections.abc import Mapping
from typing import cast

from aiohttp import web

from toolbridge.errors import ToolbridgeError
from toolbridge.events import Error
from toolbridge.traits import WireName
from toolbridge.wire import wire
from toolbridge.wire.codec import encoded

PLAIN = "text/plain"
VERSION = "anthropic-version"
"""The header by which Anthropic's clients are known."""
_MESSAGES = "/v1/messages"
_ID = b'"request_id"'
_NO_RETRY = frozenset({500, 504})
"""Statuses of our own errors that a second try would not mend. OpenAI's and Anthropic's packages send a request with
such a status again, twice, and would load a backend that is busy already. A backend's own error may well pass."""


def wire_of(path: str, headers: Mapping[str, str]) -> WireName:
    """The wire whose errors a client of this path can read.

    Two wires ask for models at one path, where Anthropic's clients are known by their header.
    """
    if path.startswith(_MESSAGES) or (path.startswith("/v1/models") and VERSION in headers):
        return "anthropic"
    return "openai" if path.startswith("/v1/") else "ollama"


def error_answer(name: str, error: Error | ToolbridgeError, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error as the answer that a client of this wire expects."""
    target = wire(name)
    extra = {}
    if isinstance(error, ToolbridgeError):
        if error.status in _NO_RETRY:
            extra["x-should-retry"] = "false"
        error = Error(error.message, error.kind, error.status)
    return web.Response(
        status=error.status,
        body=target.write_error(error),
        headers={"Content-Type": target.WHOLE_TYPE, **extra, **(headers or {})},
    )


def signed(response: web.StreamResponse, wire: str, request_id: str) -> web.StreamResponse:
    """The answer; an error on Anthropic's wire, whose envelope alone has a place for it, with the request's id."""
    body = response.body if isinstance(response, web.Response) and response.status >= 400 else None
    if wire == "anthropic" and isinstance(body, bytes) and body.startswith(b'{"type":"error"') and _ID not in body:
        cast("web.Response", response).body = body[:-1] + b"," + _ID + b":" + encoded(request_id) + b"}"
    return response


def not_found() -> web.Response:
    """Ollama's answer for a path that it does not know."""
    return web.Response(status=404, body=b"404 page not found", headers={"Content-Type": PLAIN})


def not_allowed(methods: tuple[str, ...]) -> web.Response:
    """Ollama's answer for a path that it knows with other methods than this one."""
    headers = {"Content-Type": PLAIN, "Allow": ", ".join(methods)}
    return web.Response(status=405, body=b"405 method not allowed", headers=headers)
