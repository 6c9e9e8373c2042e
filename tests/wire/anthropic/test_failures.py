"""Errors in Anthropic's envelope."""

import json
from typing import Any

import pytest

from tests.wire.exchanges import recorded
from toolbridge.events import Error
from toolbridge.wire import backend_wire, wire


@pytest.mark.parametrize("case", recorded("anthropic_errors")["cases"], ids=lambda case: case["case"])
def test_anthropics_envelopes_are_read_and_written_as_they_were(case: dict[str, dict[str, Any]]) -> None:
    """But for the id of the request, which only a server knows."""
    body, status = case["response"]["body"], case["response"]["status"]
    error = backend_wire("anthropic").read_error(status, json.dumps(body).encode())
    assert (error.message, error.kind, error.status) == (body["error"]["message"], body["error"]["type"], status)
    body.pop("request_id", None)
    assert json.loads(wire("anthropic").write_error(error)) == body


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (408, "invalid_request_error"),
        (413, "request_too_large"),
        (415, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
    ],
)
def test_a_status_has_a_word_whatever_word_another_wire_has_for_it(status: int, kind: str) -> None:
    for word in ("api_error", "server_error", "exceed_context_size_error", "x"):
        assert json.loads(wire("anthropic").write_error(Error("x", word, status)))["error"]["type"] == kind


def test_an_error_in_a_stream_keeps_its_word() -> None:
    error = backend_wire("anthropic").read_error(200, b"")
    assert json.loads(wire("anthropic").write_error(Error(error.message, "overloaded_error", 502)))["error"] == {
        "type": "overloaded_error",
        "message": error.message,
    }


def test_a_body_that_is_too_large_is_called_so() -> None:
    out = wire("anthropic").write_error(Error("x", "invalid_request_error", 413))
    assert json.loads(out)["error"]["type"] == "request_too_large"
