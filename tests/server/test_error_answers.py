"""Errors as answers, in the wire of the client; `test_chat_errors` meets them over HTTP."""

import json
from typing import Any

import pytest
from aiohttp import web

from toolbridge.errors import BackendError, BackendTimeout, RequestError, ToolbridgeError
from toolbridge.events import Error
from toolbridge.server.error_answers import error_answer, not_allowed, not_found, signed, wire_of
from toolbridge.wire import wire

ANTHROPIC = {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/api/chat", {}, "ollama"),
        ("/", ANTHROPIC, "ollama"),
        ("/nothing", {}, "ollama"),
        ("/v1/chat/completions", ANTHROPIC, "openai"),
        ("/v1/responses", {}, "openai"),
        ("/v1/models", {}, "openai"),
        ("/v1/models", ANTHROPIC, "anthropic"),
        ("/v1/models/tiny", ANTHROPIC, "anthropic"),
        ("/v1/messages", {}, "anthropic"),
        ("/v1/messages/count_tokens", {}, "anthropic"),
    ],
)
def test_the_path_tells_the_wire_of_an_error(path: str, headers: dict[str, str], name: str) -> None:
    assert wire_of(path, headers).name == name


def body(answer: web.Response) -> Any:
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


@pytest.mark.parametrize("name", ["ollama", "openai", "anthropic"])
def test_an_error_is_an_answer_of_the_wire_with_its_status_and_message(name: str) -> None:
    answer = error_answer(wire(name), Error("no", "not_found_error", 404), {"Retry-After": "7"})
    error = body(answer)["error"]
    assert (answer.status, error if name == "ollama" else error["message"]) == (404, "no")
    assert (answer.content_type, answer.headers["Retry-After"]) == ("application/json", "7")


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ToolbridgeError("ours"), False),
        (BackendTimeout("silent"), False),
        (BackendError("gone"), True),
        (RequestError("bad"), True),
        (Error("the backend's own", "api_error", 500), True),
    ],
)
def test_a_package_is_told_not_to_try_again_what_would_only_fail_again(
    error: Error | ToolbridgeError, again: bool
) -> None:
    answer = error_answer(wire("openai"), error)
    assert answer.status == error.status
    assert answer.headers.get("x-should-retry") == (None if again else "false")


def test_an_error_of_anthropics_wire_bears_its_requests_id_once() -> None:
    answer = error_answer(wire("anthropic"), RequestError("bad"))
    for _ in range(2):
        answer = signed(answer, wire("anthropic"), "req_7")  # type: ignore[assignment] # it is the same answer
        assert body(answer)["request_id"] == "req_7"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (error_answer(wire("openai"), RequestError("bad")), "openai"),
        (not_found(), "anthropic"),
        (web.Response(body=b'{"type":"error"}'), "anthropic"),
        (web.StreamResponse(status=500), "anthropic"),
    ],
    ids=["another wire", "no error of the wire", "no error", "a stream"],
)
def test_no_other_answer_is_signed(answer: web.StreamResponse, name: str) -> None:
    before = getattr(answer, "body", None)
    assert getattr(signed(answer, wire(name), "req_7"), "body", None) == before


def test_a_path_or_a_method_that_is_not_known_is_told_as_ollama_tells_it() -> None:
    assert (not_found().status, not_found().body) == (404, b"404 page not found")
    refused = not_allowed(("GET", "HEAD"))
    assert (refused.status, refused.body) == (405, b"405 method not allowed")
    assert refused.headers["Allow"] == "GET, HEAD"
