"""The response around the items, in each of its states."""

import json
from typing import Any

import pytest

from toolbridge.events import Error, Finish, Usage
from toolbridge.messages import ChatRequest
from toolbridge.wire.codec import Verbatim
from toolbridge.wire.responses.envelope import Envelope, constant, error_of
from toolbridge.wire.responses.read_request import read_request

ITEM = {"type": "message", "id": "msg_1_0"}
OUTPUT = [Verbatim(json.dumps(ITEM))]
NOW = 7.9


def envelope(request: ChatRequest | None = None) -> Envelope:
    return Envelope(constant(request or ChatRequest("m", source="responses")), "resp_1", 5)


def ended(finish: Finish, *, status: str = "completed", incomplete: str | None = None) -> Any:
    return json.loads(envelope().ended(OUTPUT, finish, NOW, status=status, incomplete=incomplete))


def test_a_response_begins_empty() -> None:
    response = json.loads(envelope().running())
    state = {
        "id": "resp_1",
        "object": "response",
        "created_at": 5,
        "status": "in_progress",
        "output": [],
        "usage": None,
    }
    assert state.items() <= response.items()
    assert (response["model"], response["tool_choice"]) == ("m", "auto")


def test_a_completed_response_has_its_items_and_its_time() -> None:
    response = ended(Finish("stop", Usage(7, 4)))
    assert (response["status"], response["completed_at"], response["output"]) == ("completed", 7, [ITEM])
    assert response["incomplete_details"] is None
    assert response["usage"]["total_tokens"] == 11


@pytest.mark.parametrize("reason", ["max_output_tokens", None])
def test_an_incomplete_response_names_the_reason_if_there_is_a_word_for_it(reason: str | None) -> None:
    response = ended(Finish("length"), status="incomplete", incomplete=reason)
    assert response["incomplete_details"] == {"reason": reason}
    assert response["completed_at"] is None


def test_a_failed_response_has_the_code_and_the_message_alone() -> None:
    error = error_of(Error("gone"))
    response = json.loads(envelope().failed(OUTPUT, error))
    assert response["error"] == {"code": "server_error", "message": "gone"}
    assert (response["status"], response["output"], response["usage"]) == ("failed", [ITEM], None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Error("x", status=400), "invalid_prompt"),
        (Error("x", status=429), "rate_limit_exceeded"),
        (Error("x", status=502), "server_error"),
        (Error("the request exceeds the available context size", status=400), "context_length_exceeded"),
    ],
)
def test_an_error_has_a_code_that_sdks_know(error: Error, code: str) -> None:
    fields = error_of(error)
    assert (fields["code"], fields["message"]) == (code, error.message)
    assert fields.keys() == {"message", "type", "param", "code"}


def test_usage_has_the_details_that_the_backend_counted() -> None:
    account = {"prompt_tokens_details": {"cached_tokens": 5}, "completion_tokens_details": {"reasoning_tokens": 3}}
    assert ended(Finish("stop", Usage(7, 4), {"usage": account}))["usage"] == {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 0},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 11,
    }


@pytest.mark.parametrize("account", ["odd", {"prompt_tokens_details": [5]}, {"prompt_tokens_details": {}}, None])
def test_usage_that_cannot_be_read_is_zero(account: Any) -> None:
    usage = ended(Finish("stop", None, {"usage": account}))["usage"]
    assert usage["total_tokens"] == usage["input_tokens_details"]["cached_tokens"] == 0


def test_the_response_repeats_what_was_asked() -> None:
    tool = {"type": "function", "name": "f", "description": "Does.", "parameters": {"type": "object"}, "strict": True}
    body = {
        "instructions": "Be brief.",
        "tools": [tool],
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "temperature": 0.5,
        "max_output_tokens": 9,
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"verbosity": "low"},
        "metadata": {"a": "b"},
        "store": True,
    }
    response = json.loads(envelope(read_request({"model": "m", "input": "hi"} | body)).running())
    expected = body | {
        "store": False,
        "text": {"format": {"type": "text"}, "verbosity": "low"},
        "tools": [tool | {"parameters": {"type": "object", "properties": {}}}],
        "top_p": None,
        "previous_response_id": None,
    }
    assert {name: response[name] for name in expected} == expected


@pytest.mark.parametrize(("size", "repeated"), [(1000, True), (300_000, False)])
def test_a_clients_own_words_are_repeated_unless_they_are_too_large_for_it(size: int, repeated: bool) -> None:
    """Eight megabytes of descriptions of tools, written twice, held up every other stream for 50 ms."""
    tool = {"type": "function", "name": "now", "description": "x" * size, "parameters": {"type": "object"}}
    request = read_request({"model": "m", "input": "Hi", "instructions": "Be brief.", "tools": [tool]})
    response = json.loads(envelope(request).running())
    assert bool(response["tools"]) is repeated
    assert response["instructions"] == ("Be brief." if repeated else None)
    assert response["model"] == "m"
