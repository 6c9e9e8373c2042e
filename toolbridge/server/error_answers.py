"""Errors as HTTP answers in the client's wire."""

from collections.abc import Mapping

from aiohttp import web

from toolbridge.errors import ToolbridgeError
from toolbridge.events import Error
from toolbridge.wire import Wire, wires
from toolbridge.wire.ollama import WIRE as OLLAMA

PLAIN = "text/plain"
_SHARED = "/v1/models"
"""The path of more than one wire."""
_NO_RETRY = frozenset({500, 504})
"""Statuses of our own errors that a second try would not mend. OpenAI's and Anthropic's packages send a request with
such a status again, twice, and would load a backend that is busy already. A backend's own error may well pass."""


def wire_of(path: str, headers: Mapping[str, str]) -> Wire:
    """The wire whose errors a client of this path can read.

    Two wires ask for models at one path, where the clients of one of them are known by a header.
    """
    if path.startswith(_SHARED):
        for each in wires().values():
            if each.known_by and each.known_by in headers:
                return each
    below = [each for each in wires().values() if each.errors_below and path.startswith(each.errors_below)]
    return max(below, key=lambda each: len(each.errors_below), default=OLLAMA)


def error_answer(wire: Wire, error: Error | ToolbridgeError, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error as the answer that a client of this wire expects."""
    extra = {}
    if isinstance(error, ToolbridgeError):
        if error.status in _NO_RETRY:
            extra["x-should-retry"] = "false"
        error = Error(error.message, error.kind, error.status)
    return web.Response(
        status=error.status,
        body=wire.write_error(error),
        headers={"Content-Type": wire.whole_type, **extra, **(headers or {})},
    )


def signed(response: web.StreamResponse, wire: Wire, request_id: str) -> web.StreamResponse:
    """The answer; an error of a wire whose envelope has a place for the request's id, with the id."""
    if wire.sign is not None and isinstance(response, web.Response) and response.status >= 400:
        body = response.body
        if isinstance(body, bytes):
            response.body = wire.sign(body, request_id)
    return response


def not_found() -> web.Response:
    """Ollama's answer for a path that it does not know."""
    return web.Response(status=404, body=b"404 page not found", headers={"Content-Type": PLAIN})


def not_allowed(methods: tuple[str, ...]) -> web.Response:
    """Ollama's answer for a path that it knows with other methods than this one."""
    headers = {"Content-Type": PLAIN, "Allow": ", ".join(methods)}
    return web.Response(status=405, body=b"405 method not allowed", headers=headers)
