"""The log line of one request: its facts, and not a word of the client's or the model's."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tests.fake_ollama import FakeOllama, line, stream
from tests.server.conftest import OLLAMA, OPENAI, SHAPES, Bridge, Start, calls
from toolbridge.errors import BackendTimeout, BodyTooLarge, RequestError
from toolbridge.events import Error, Finish, Usage
from toolbridge.server.exchange import GONE, Exchange

CANARY = "canary"
"""A part of every word that must not be logged."""
LOOK = {
    "type": "function",
    "function": {
        "name": "canary_look",
        "description": "A canary-description.",
        "parameters": {"type": "object", "properties": {"canary_where": {"type": "string"}}},
    },
}
CALL = (
    '<tool_calls>\n<invoke name="canary_look">\n<parameter name="canary_where">canary-argument</parameter>\n'
    "</invoke>\n</tool_calls>"
)
MESSAGES = [
    {"role": "system", "content": "canary-system"},
    {"role": "user", "content": "canary-prompt"},
]
KEYS = {"Authorization": "Bearer canary-key", "x-api-key": "canary-key", "Cookie": "canary-cookie"}


def exchange() -> Exchange:
    return Exchange(make_mocked_request("POST", OLLAMA), OLLAMA)


@pytest.mark.parametrize(("status", "word"), [(200, "ok"), (204, "ok"), (400, "error"), (GONE, "client_gone")])
def test_without_more_the_status_is_the_outcome(status: int, word: str) -> None:
    assert exchange().outcome_of(status) == word


def test_what_went_wrong_is_a_word() -> None:
    for error, word in ((BackendTimeout("late"), "backend_timeout"), (BodyTooLarge("big"), "body_too_large")):
        one = exchange()
        one.failed(error)
        assert one.outcome_of(error.status) == word


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "info"), (404, "warning"), (400, "warning"), (GONE, "info"), (500, "error"), (502, "error")],
)
def test_a_failure_is_logged_at_a_level_of_its_own(status: int, level: str) -> None:
    assert exchange().level_of(status) == level


def test_a_reply_that_broke_off_is_logged_as_an_error() -> None:
    one = exchange()
    one.ended(Error("out of memory"))
    assert one.level_of(200) == "error"


@pytest.mark.parametrize(
    ("message", "logged"),
    [
        ("messages is required: send at least one", "messages is required: send at least one"),
        (
            "messages[0].role must be user or assistant, not 'canary\\' \"canary'",
            "messages[0].role must be user or assistant, not …",
        ),
        ('think is "canary"', "think is …"),
    ],
)
def test_the_reason_is_logged_up_to_what_it_quotes(message: str, logged: str) -> None:
    one = exchange()
    one.failed(RequestError(message))
    assert one.facts == {"error": logged}


def test_an_answer_that_could_not_say_what_went_wrong_was_cut() -> None:
    one = exchange()
    one.failed(BackendTimeout("late"))
    one.broke_off()
    assert one.outcome_of(200) == "cut"


def test_an_end_tells_its_reason_and_the_tokens_that_were_counted() -> None:
    one = exchange()
    one.ended(Finish("length", Usage(11, None)))
    assert one.facts == {"finish": "length", "prompt_tokens": 11}
    assert one.outcome_of(200) == "ok"
    one.ended(Finish("stop", Usage(1, 2)))
    assert one.facts == {"finish": "stop", "prompt_tokens": 1, "completion_tokens": 2}


def test_an_error_in_the_midst_of_an_answer_is_its_outcome_though_the_status_was_200() -> None:
    one = exchange()
    one.ended(Error("it said canary-answer", "overloaded_error", 503))
    assert one.outcome_of(200) == "overloaded_error"
    assert one.facts == {"error_status": 503}


def test_no_end_says_nothing() -> None:
    one = exchange()
    one.ended(None)
    assert (one.facts, one.outcome_of(200)) == ({}, "ok")


# Whole conversations.


def lines(bridge: Bridge) -> list[dict[str, Any]]:
    return [one for one in bridge.log if one["event"] == "request"]


@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_a_conversation_leaves_nothing_of_it_in_the_log(
    start: Start, backend: FakeOllama, path: str, streamed: bool, model: str
) -> None:
    bridge = await start(backends={"url": backend.url, "api_key": "canary-backend-key"})
    backend.says("A canary-answer. <think>canary-thought</think>", CALL)
    first = await bridge.ask(path, model=model, messages=MESSAGES, tools=[LOOK], stream=streamed, headers=KEYS)
    assert calls(first) == [("canary_look", {"canary_where": "canary-argument"})]
    arguments: Any = {"canary_where": "canary-argument"}
    made = {"name": "canary_look", "arguments": arguments if path == OLLAMA else json.dumps(arguments)}
    turns = [
        *MESSAGES,
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": made}]},
        {"role": "tool", "content": "canary-result", "tool_call_id": "c1", "tool_name": "canary_look"},
    ]
    second = await bridge.ask(path, model=model, messages=turns, tools=[LOOK], stream=streamed, headers=KEYS)
    assert second.status == 200
    text = json.dumps(bridge.log)
    assert [one["outcome"] for one in lines(bridge)] == ["ok", "ok"]
    assert CANARY not in text


@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_an_error_leaves_nothing_of_what_it_quotes_in_the_log(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool
) -> None:
    backend.chat = backend.answering(500, {"error": "cannot render canary-prompt"})
    await bridge.ask(path, messages=MESSAGES, tools=[LOOK], stream=streamed, headers=KEYS)

    async def breaks(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [line("A canary-answer"), b'{"error":"canary-error"}\n'])

    backend.chat = breaks
    await bridge.ask(path, messages=MESSAGES, tools=[LOOK], stream=streamed, headers=KEYS)

    async def garbage(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [line("A canary-answer"), b"canary-garbage\n"])

    backend.chat = garbage
    await bridge.ask(path, messages=MESSAGES, tools=[LOOK], stream=streamed, headers=KEYS)
    await bridge.send(path, b'{"canary-body": ', headers=KEYS)
    await bridge.send(path, b'{"model": "m", "messages": "canary-messages"}', headers=KEYS)
    await bridge.ask(path, messages=MESSAGES, headers=KEYS | {"X-Toolbridge-Tools": "canary-mode"})
    await bridge.send("/api/echo?key=canary-query", b"canary-body", headers=KEYS)
    assert CANARY not in json.dumps(bridge.log)
    assert len(lines(bridge)) == 7
    assert [one["outcome"] for one in lines(bridge)][3:] == ["request_error", "request_error", "request_error", "ok"]


async def test_one_line_says_what_was_done_for_whom_and_how_fast(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(OPENAI, tools=[LOOK], headers={"X-Request-Id": "mine-7"})
    (logged,) = lines(bridge)
    known: dict[str, Any] = {
        "id": "mine-7",
        "model": "plain:1b",
        "wire": "openai",
        "backend_wire": "ollama",
        "mode": "prompted",
    }
    known |= {"dialect": "xml", "outcome": "ok", "stream": False, "method": "POST"}
    assert {name: logged[name] for name in known} == known
    assert 0 < logged["backend_ms"] <= logged["first_ms"] <= logged["ms"]


@pytest.mark.parametrize("path", [OLLAMA, OPENAI])
async def test_a_client_that_leaves_in_the_midst_is_told_from_one_that_stays(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False)
        while True:
            await response.write(line("more " * 2000))
            await asyncio.sleep(0)

    backend.chat = chat
    body = json.dumps({"model": "plain:1b", "messages": MESSAGES, "tools": [LOOK], "stream": True}).encode()
    async with bridge.client.post(bridge.url + path, data=body) as answer:
        assert b"One" in await answer.content.readany()
        answer.close()
    await backend.gone.wait()
    await bridge.stop()
    assert [(one["outcome"], one["status"]) for one in lines(bridge)] == [("client_gone", GONE)]
    assert "bad request" not in json.dumps(bridge.log)


@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_tokens_are_told_where_the_backend_counted_them(
    bridge: Bridge, path: str, streamed: bool, model: str
) -> None:
    await bridge.ask(path, model=model, tools=[LOOK], stream=streamed)
    (logged,) = lines(bridge)
    assert (logged["prompt_tokens"], logged["completion_tokens"], logged["finish"]) == (11, 7, "stop")


@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_an_error_in_the_midst_of_an_answer_is_no_success_in_the_log(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool, model: str
) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [line("One"), b'{"error":"canary-error"}\n'])

    backend.chat = chat
    await bridge.ask(path, model=model, tools=[LOOK], stream=streamed)
    (logged,) = lines(bridge)
    assert logged["outcome"] not in ("ok", "client_gone")


async def test_failures_are_logged_above_info_with_the_reason_that_the_client_got(start: Start) -> None:
    bridge = await start(backend="http://127.0.0.1:9")
    bad = await bridge.ask(OPENAI, messages=[])
    lost = await bridge.ask(OPENAI)
    probed = await bridge.send("/readyz", method="GET")
    assert [bad.status, lost.status, probed.status] == [400, 502, 503]
    assert [(one["level"], one["status"]) for one in lines(bridge)] == [
        ("warning", 400),
        ("error", 502),
        ("debug", 503),
    ]
    assert lines(bridge)[0]["error"] == "[] is too short - …"
    assert lines(bridge)[1]["error"] == lost.json["error"]["message"]
