"""Error answers of backends: one readable message, whatever they look like."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import recorded
from toolbridge.events import Error
from toolbridge.wire import backend_wire, wire
from toolbridge.wire.failures import kind_of, read_error, read_error_value

OVERFLOW = {
    "code": 400,
    "message": "the request exceeds the available context size",
    "type": "exceed_context_size_error",
}


ANSWERS = [case for case in recorded("ollama_errors")["cases"] if "body" in case["response"]]
"""Ollama's errors, but for the plain text of routes that it has not."""


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case["case"])
def test_ollamas_own_errors_are_read_and_written_as_they_were(case: dict[str, dict[str, Any]]) -> None:
    body, status = case["response"]["body"], case["response"]["status"]
    error = backend_wire("ollama").read_error(status, json.dumps(body).encode())
    assert (error.message, error.status) == (body["error"], status)
    assert json.loads(wire("ollama").write_error(error)) == body


@pytest.mark.parametrize("case", recorded("openai_errors")["cases"], ids=lambda case: case["case"])
def test_openais_envelopes_are_read_and_written_as_they_were(case: dict[str, dict[str, Any]]) -> None:
    body, status = case["response"]["body"], case["response"]["status"]
    error = backend_wire("openai").read_error(status, json.dumps(body).encode())
    assert (error.message, error.kind, error.status) == (body["error"]["message"], body["error"]["type"], status)
    assert json.loads(wire("openai").write_error(error)) == body


@pytest.mark.parametrize("case", recorded("openai_errors")["cases"], ids=lambda case: case["case"])
def test_an_ollama_backends_error_reaches_an_openai_client_in_its_envelope(case: dict[str, dict[str, Any]]) -> None:
    body, status = case["response"]["body"], case["response"]["status"]
    plain = json.dumps({"error": body["error"]["message"]}).encode()
    assert json.loads(wire("openai").write_error(backend_wire("ollama").read_error(status, plain))) == body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({"error": "text"}, "text", id="a string"),
        pytest.param({"error": {"message": "text"}}, "text", id="an object"),
        pytest.param({"message": "text"}, "text", id="flat"),
        pytest.param({"object": "error", "message": "text", "code": 400}, "text", id="vLLM's flat form"),
        pytest.param({"detail": "text"}, "text", id="FastAPI"),
        pytest.param({"detail": [{"loc": ["body"], "msg": "one"}, {"msg": "two"}]}, "one; two", id="FastAPI's list"),
        pytest.param({"error": json.dumps({"error": OVERFLOW})}, OVERFLOW["message"], id="JSON inside the string"),
        pytest.param({"error": True, "message": "text"}, "text", id="a flag beside the message"),
        pytest.param({"error": "{not json"}, "{not json", id="text that only looks like JSON"),
        pytest.param({"error": {"code": 5}}, '{"code":5}', id="no message at all"),
        pytest.param("text", "text", id="a string alone"),
        pytest.param([{"error": "text"}], "text", id="a list"),
        pytest.param({}, "the backend answered with status 503 (Service Unavailable) and no message", id="nothing"),
    ],
)
def test_the_message_is_found(body: object, message: str) -> None:
    assert read_error(503, json.dumps(body).encode()).message == message


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (500, b"plain text\n", "plain text"),
        (502, b"<html><head><title>502 Bad\n Gateway</title></head></html>", "502 Bad Gateway"),
        (404, b"<p>nothing</p>", "the backend answered with status 404 (Not Found) and no message"),
        (404, b"", "the backend answered with status 404 (Not Found) and no message"),
        (599, b"", "the backend answered with status 599 and no message"),
        (500, b'{"error":', "the backend answered with status 500 (Internal Server Error) and no message"),
        (500, b"\xff\xfe", "\ufffd\ufffd"),
        (500, b"[]", "the backend answered with status 500 (Internal Server Error) and no message"),
        (500, b"5", "5"),
    ],
)
def test_answers_that_are_no_json_objects(status: int, body: bytes, message: str) -> None:
    assert read_error(status, body) == Error(message, kind_of(status), status)


def test_a_long_answer_is_cut() -> None:
    assert len(read_error(500, b"x" * 100_000).message) == 2000


def test_an_error_in_a_stream_carries_the_status_of_its_code() -> None:
    assert read_error_value(OVERFLOW) == Error(str(OVERFLOW["message"]), "exceed_context_size_error", 400)
    assert read_error_value("text") == Error("text", "api_error", 502)
    assert read_error_value({"message": "text", "code": "rate_limited"}) == Error("text", "api_error", 502)
    assert read_error_value([]).message == "the backend reported an error without a message"


@given(st.integers(100, 599), st.binary())
def test_any_answer_has_a_message(status: int, body: bytes) -> None:
    assert read_error(status, body).message


@given(
    st.recursive(
        st.text() | st.none() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "message", "detail"]), inner),
    )
)
def test_any_json_has_a_message(value: object) -> None:
    assert read_error(500, json.dumps(value).encode()).message
    nested = json.dumps({"error": json.dumps({"error": json.dumps(value)})})
    assert read_error(500, nested.encode()).message
