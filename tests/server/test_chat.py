"""Chats through the bridge: what the backend is sent, what the client gets, and when."""

import asyncio
import io
import json
import zlib
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, last, line, stream, whole
from tests.server.conftest import CALL, QUESTION, WEATHER, Bridge, Start, calls, text

OLLAMA, OPENAI = "/api/chat", "/v1/chat/completions"
PATHS = (OLLAMA, OPENAI)
SHAPES = [(path, stream) for path in PATHS for stream in (False, True)]
REFUSED = {"error": "registry.ollama.ai/library/able:8b does not support tools"}
HISTORY = [
    *QUESTION,
    {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
    {"role": "tool", "content": "12 degrees"},
]


# Prompted.


@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_a_model_without_tools_makes_a_call(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool
) -> None:
    backend.says("Let me look.\n", *CALL)
    answer = await bridge.ask(path, tools=[WEATHER], stream=streamed)
    assert answer.status == 200
    assert text(answer) == "Let me look."
    assert calls(answer) == [("get_weather", {"city": "Oslo"})]
    assert answer.headers["X-Toolbridge-Mode"].startswith("prompted; xml; the model has no tools")


@pytest.mark.parametrize("path", PATHS)
async def test_the_backend_gets_the_prompt_in_place_of_the_tools(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    await bridge.ask(path, tools=[WEATHER], stream=True, temperature=0.1, options={"temperature": 0.1})
    (sent,) = backend.chats
    assert sent.target == "/api/chat"
    assert sent.headers["Content-Type"] == "application/json"
    assert "tools" not in sent.json
    assert sent.json["stream"] is True
    assert sent.json["options"]["temperature"] == 0.1
    roles = [message["role"] for message in sent.json["messages"]]
    assert roles == ["system", "user"]
    assert "get_weather" in sent.json["messages"][0]["content"]


async def test_the_models_own_system_text_comes_first(bridge: Bridge, backend: FakeOllama) -> None:
    backend.shows["plain:1b"]["system"] = "You are a pirate."
    await bridge.ask(tools=[WEATHER])
    await bridge.ask(tools=[WEATHER], messages=[{"role": "system", "content": "Be brief."}, *QUESTION])
    own, given = (sent.json["messages"][0]["content"] for sent in backend.chats)
    assert own.startswith("You are a pirate.\n\n")
    assert given.startswith("Be brief.\n\n")
    assert "pirate" not in given


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_upstream_streams_as_the_client_does(bridge: Bridge, backend: FakeOllama, streamed: bool) -> None:
    for path in PATHS:
        await bridge.ask(path, tools=[WEATHER], stream=streamed)
    assert [sent.json["stream"] for sent in backend.chats] == [streamed, streamed]


async def test_absent_sampling_stays_absent(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(OPENAI)
    assert backend.chats[0].json.keys() == {"model", "messages", "stream"}


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_large_body_arrives_whole(bridge: Bridge, backend: FakeOllama, tools: list[Any]) -> None:
    picture = "A" * (3 << 20)
    body = {"model": "plain:1b", "messages": [{"role": "user", "content": "hi", "images": [picture]}], "tools": tools}
    answer = await bridge.send(OLLAMA, io.BytesIO(json.dumps(body).encode()))
    assert answer.status == 200
    (sent,) = backend.chats
    assert sent.json["messages"][-1]["images"] == [picture]
    assert sent.headers["Content-Length"] == str(len(sent.body))


@pytest.mark.parametrize("path", PATHS)
async def test_tool_history_without_tools_goes_out_as_text(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    history = json.loads(json.dumps(HISTORY))
    if path == OPENAI:
        history[1]["tool_calls"][0] = {
            "id": "1",
            "type": "function",
            "function": {"name": "f", "arguments": "{}"},
        }
        history[2]["tool_call_id"] = "1"
    backend.says(CALL)
    answer = await bridge.ask(path, messages=history)
    assert [message["role"] for message in backend.chats[0].json["messages"]] == ["user", "assistant", "user"]
    assert CALL in text(answer)
    assert calls(answer) == []


async def test_broken_markup_is_text_and_no_error(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says('<tool_calls>\n<invoke name="get_weather">\n<parameter name="ci')
    answer = await bridge.ask(tools=[WEATHER])
    assert answer.status == 200
    assert text(answer) == '<tool_calls>\n<invoke name="get_weather">\n<parameter name="ci'
    assert calls(answer) == []


@pytest.mark.parametrize("path", PATHS)
async def test_an_invented_result_is_cut_off_and_the_backend_stopped(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        invented = f"{CALL}\n<tool_results>\n<result name='get_weather'>It is 40 degrees."
        response = await stream(request, [line(invented)], finish=False)
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    await backend.gone.wait()
    assert calls(answer) == [("get_weather", {"city": "Oslo"})]
    assert b"40 degrees" not in answer.body
    assert answer.body.endswith(b'"done_reason":"stop"}\n' if path == OLLAMA else b"data: [DONE]\n\n")


# Left alone.


async def test_a_chat_without_tools_goes_through_as_it_is(bridge: Bridge, backend: FakeOllama) -> None:
    body = b' {"x-new" : [1.0], "stream":true,"messages": [{"role":"user","content":"\\u003chi\\u003e"}], "model":"plain:1b"}'
    reply = [
        b'{"created_at":"now", "message":{"content":"\\u003ca", "role":"assistant"},"odd":1e2 ,"done":false}\n',
        last(),
    ]

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, reply)

    backend.chat = chat
    answer = await bridge.send(OLLAMA, body, headers={"X-Mine": "1", "User-Agent": "me"})
    assert (answer.status, answer.body) == (200, b"".join(reply))
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["X-Toolbridge-Mode"] == "passthrough; -; no tools"
    (sent,) = backend.received
    assert sent.body == body
    assert (sent.headers["X-Mine"], sent.headers["User-Agent"]) == ("1", "me")


async def test_no_tools_means_that_nobody_is_asked_about_the_model(bridge: Bridge, backend: FakeOllama) -> None:
    for path in PATHS:
        await bridge.ask(path, tools=[])
    assert len(backend.chats) == 2
    assert backend.questions == []


async def test_a_body_of_odd_blanks_survives_to_a_model_with_tools(bridge: Bridge, backend: FakeOllama) -> None:
    body = json.dumps({"model": "able:8b", "messages": QUESTION, "tools": [WEATHER], "zz": 1}, indent=3).encode()
    call = {"tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}]}
    reply = [line("One < two.", model="able:8b", zz=[1.0]), line(message=call, model="able:8b"), last(model="able:8b")]

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, reply)

    backend.chat = chat
    answer = await bridge.send(OLLAMA, body)
    assert backend.chats[0].body == body
    assert answer.body == b"".join(reply)
    assert answer.headers["X-Toolbridge-Mode"] == "native; auto; the model has tools"
    assert answer.headers["Content-Type"] == "application/x-ndjson"


async def test_a_native_reply_in_one_piece_is_the_backends_bytes(bridge: Bridge, backend: FakeOllama) -> None:
    data = b'{ "done":true, "model":"able:8b","message":{"content":"\\u003c", "role":"assistant"}, "zz": 1.0}'
    backend.chat = backend.answering(200, data)
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert answer.body == data


async def test_a_query_goes_on_where_the_route_is_the_same(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(f"{OLLAMA}?a=%2F", model="able:8b", tools=[WEATHER])
    await bridge.ask(f"{OPENAI}?a=%2F", model="able:8b", tools=[WEATHER])
    assert [sent.target for sent in backend.chats] == ["/api/chat?a=%2F", "/api/chat"]


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_openai_client_gets_the_calls_of_a_native_model(
    bridge: Bridge, backend: FakeOllama, streamed: bool
) -> None:
    call = {"tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}]}

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return (
            await stream(request, [line("Yes."), line(message=call), last()]) if body["stream"] else whole("", **call)
        )

    backend.chat = chat
    answer = await bridge.ask(OPENAI, model="able:8b", tools=[WEATHER], stream=streamed)
    assert calls(answer) == [("get_weather", {"city": "Oslo"})]
    assert backend.chats[0].json["tools"] == [WEATHER]


# Native, and what it forgets.


@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_a_call_that_leaked_as_text_is_rescued(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool
) -> None:
    backend.says("Well. ", '<tool_call>\n{"name": "get_weather", ', '"arguments": {"city": "Oslo"}}\n</tool_call>')
    answer = await bridge.ask(path, model="able:8b", tools=[WEATHER], stream=streamed)
    assert calls(answer) == [("get_weather", {"city": "Oslo"})]
    assert text(answer).strip() == "Well."


async def test_rescue_can_be_switched_off(start: Start, backend: FakeOllama) -> None:
    backend.says(CALL)
    bridge = await start(tools={"rescue": False})
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert (text(answer), calls(answer)) == (CALL, [])


def refusing(backend: FakeOllama, fields: str, status: int, error: object) -> None:
    """The backend answers with this error as long as the request has what it does not take."""
    says = backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        refused = "tools" in body if fields == "tools" else body["messages"][0]["role"] == "system"
        return await (backend.answering(status, error) if refused else says)(request, body)

    backend.chat = chat


@pytest.mark.parametrize(("path", "streamed"), SHAPES)
async def test_a_refusal_of_tools_turns_to_prompting_unseen_and_is_remembered(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool
) -> None:
    refusing(backend, "tools", 400, REFUSED)
    for _ in range(2):
        answer = await bridge.ask(path, model="able:8b", tools=[WEATHER], stream=streamed)
        assert (answer.status, calls(answer)) == (200, [("get_weather", {"city": "Oslo"})])
        assert answer.headers["X-Toolbridge-Mode"].startswith("prompted; xml; the backend refused tools")
    assert ["tools" in sent.json for sent in backend.chats] == [True, False, False]


async def test_what_was_refused_is_forgotten_once_the_models_change(bridge: Bridge, backend: FakeOllama) -> None:
    refusing(backend, "tools", 400, REFUSED)
    await bridge.ask(model="able:8b", tools=[WEATHER])
    await bridge.send("/api/pull", b'{"model":"able:8b"}')
    backend.says("Hi.")
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert answer.headers["X-Toolbridge-Mode"].startswith("native")
    assert len(backend.questions) == 2


@pytest.mark.parametrize("error", ["System role not supported", "roles must alternate user/assistant/user"])
async def test_a_refusal_of_the_system_role_folds_the_prompt_and_is_remembered(
    bridge: Bridge, backend: FakeOllama, error: str
) -> None:
    refusing(backend, "system", 500, {"error": error})
    for _ in range(2):
        answer = await bridge.ask(tools=[WEATHER])
        assert (answer.status, calls(answer)) == (200, [("get_weather", {"city": "Oslo"})])
    roles = [[message["role"] for message in sent.json["messages"]] for sent in backend.chats]
    assert roles == [["system", "user"], ["user"], ["user"]]


async def test_a_backend_that_refuses_whatever_it_gets_is_asked_three_times_and_no_more(
    bridge: Bridge, backend: FakeOllama
) -> None:
    async def chat(_request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response(REFUSED if "tools" in body else {"error": "System role not supported"}, status=400)

    backend.chat = chat
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert (answer.status, answer.json) == (400, {"error": "System role not supported"})
    assert len(backend.chats) == 3


# The client's choice.


@pytest.mark.parametrize(
    ("model", "choice", "mode", "tools"),
    [
        ("plain:1b", "auto", "prompted", False),
        ("able:8b", "auto", "native", True),
        ("plain:1b", "native", "native", True),
        ("able:8b", "prompt", "prompted", False),
        ("able:8b", " Prompt ", "prompted", False),
        ("plain:1b", "off", "off", True),
        ("able:8b", "off", "off", True),
    ],
)
async def test_a_client_chooses_the_mode(
    bridge: Bridge, backend: FakeOllama, model: str, choice: str, mode: str, tools: bool
) -> None:
    backend.says(CALL)
    answer = await bridge.ask(model=model, tools=[WEATHER], headers={"X-Toolbridge-Tools": choice})
    assert answer.headers["X-Toolbridge-Mode"].startswith(f"{mode};")
    (sent,) = backend.chats
    assert ("tools" in sent.json) == tools
    assert "X-Toolbridge-Tools" not in sent.headers
    assert bool(calls(answer)) == (choice != "off")


@pytest.mark.parametrize("path", PATHS)
async def test_off_leaves_everything_as_it_is(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    backend.says(CALL)
    answer = await bridge.ask(path, tools=[WEATHER], headers={"X-Toolbridge-Tools": "off"})
    assert (text(answer), calls(answer)) == (CALL, [])
    assert backend.questions == []


async def test_who_asked_for_native_sees_the_refusal(bridge: Bridge, backend: FakeOllama) -> None:
    backend.chat = backend.answering(400, REFUSED)
    answer = await bridge.ask(tools=[WEATHER], headers={"X-Toolbridge-Tools": "native"})
    assert (answer.status, answer.json) == (400, REFUSED)
    assert len(backend.chats) == 1


async def test_a_choice_that_is_none_is_an_error(bridge: Bridge, backend: FakeOllama) -> None:
    answer = await bridge.ask(tools=[WEATHER], headers={"X-Toolbridge-Tools": "never"})
    assert answer.status == 400
    assert answer.json == {"error": "X-Toolbridge-Tools must be one of auto, native, prompt, off, not 'never'"}
    assert backend.received == []


async def test_the_operator_can_take_the_choice_away(start: Start, backend: FakeOllama) -> None:
    bridge = await start(tools={"header": False, "mode": "prompt"})
    for choice in ("off", "never"):
        answer = await bridge.ask(model="able:8b", tools=[WEATHER], headers={"X-Toolbridge-Tools": choice})
        assert answer.headers["X-Toolbridge-Mode"].startswith("prompted;")


async def test_the_operator_chooses_by_model(start: Start, backend: FakeOllama) -> None:
    bridge = await start(tools={"models": {"able*": {"mode": "prompt", "dialect": "hermes"}}})
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert answer.headers["X-Toolbridge-Mode"] == "prompted; hermes; prompting is set, dialect: set"


# What a client does wrong.


MISTAKES: list[tuple[str, bytes, str]] = [
    ("bad JSON", b"hello", "not valid JSON"),
    ("nothing", b"", "missing request body"),
    ("a list", b"[]", "must be a JSON object"),
    ("no model", b'{"messages":[{"role":"user","content":"hi"}]}', "model is required"),
    ("messages of the wrong type", b'{"model":"plain:1b","messages":"hi"}', "messages must be an array"),
    ("an unknown role", b'{"model":"plain:1b","messages":[{"role":"chef","content":"hi"}]}', "messages[0].role"),
    (
        "a tool without a name",
        b'{"model":"plain:1b","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{}}]}',
        "tools[0]",
    ),
    ("endless depth", b'{"model":"plain:1b","messages":' + b"[" * 100_000, "nested too deeply"),
    ("bytes that are no UTF-8", b'{"model":"\xff"}', "not valid JSON"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("body", "says"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
async def test_a_mistake_is_named_in_the_clients_words_and_nothing_reaches_the_backend(
    bridge: Bridge, backend: FakeOllama, path: str, body: bytes, says: str
) -> None:
    answer = await bridge.send(path, body)
    assert answer.status == 400
    assert says in problem(answer, path)
    assert backend.received == []


def problem(answer: Any, path: str) -> str:
    """The message of an error, whose shape is checked."""
    if path == OLLAMA:
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.json.keys() == {"error"}
        return str(answer.json["error"])
    error = answer.json["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] in ("invalid_request_error", "not_found_error", "api_error", "authentication_error")
    return str(error["message"])


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_over_the_limit_is_refused(start: Start, backend: FakeOllama, path: str) -> None:
    bridge = await start(limits={"body": 1000})
    long = json.dumps({"model": "plain:1b", "messages": QUESTION, "x": "y" * 1000}).encode()

    async def in_pieces() -> Any:
        yield long[:900]
        yield long[900:]

    packed = zlib.compress(long)
    assert len(packed) < 1000
    for body, headers in ((long, {}), (in_pieces(), {}), (packed, {"Content-Encoding": "deflate"})):
        answer = await bridge.send(path, body, headers=headers)
        assert answer.status == 413
        assert "larger than 1000 bytes, which limits.body allows" in problem(answer, path)
    assert backend.received == []


async def test_an_image_by_url_is_the_clients_mistake_on_an_ollama_backend(bridge: Bridge, backend: FakeOllama) -> None:
    picture = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    answer = await bridge.ask(OPENAI, messages=[{"role": "user", "content": picture}])
    assert answer.status == 400
    assert "image URLs are not currently supported" in problem(answer, OPENAI)
    assert backend.received == []


# What the backend does wrong.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_backend_that_is_down_is_named(start: Start, path: str, tools: list[Any]) -> None:
    bridge = await start(backend="http://127.0.0.1:9", backends={"name": "gpu box"})
    answer = await bridge.ask(path, tools=tools)
    assert answer.status == 502
    said = problem(answer, path)
    assert "no connection to the backend 'gpu box' at http://127.0.0.1:9: Connection refused" in said
    assert "backends.url" in said
    assert bridge.log[-1]["error"] == said


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, {"error": "model 'plain:1b' not found"}, "model 'plain:1b' not found"),
        (500, {"error": '{"error":{"code":500,"message":"out of memory"}}'}, "out of memory"),
        (503, b"<html><title>Service Unavailable</title></html>", "Service Unavailable"),
        (400, b"", "the backend answered with status 400 (Bad Request) and no message"),
    ],
)
async def test_the_backends_error_comes_in_the_clients_words(
    bridge: Bridge, backend: FakeOllama, path: str, status: int, body: object, says: str
) -> None:
    backend.chat = backend.answering(status, body, **{"Retry-After": "7"})
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert (answer.status, problem(answer, path)) == (status, says)
    assert answer.headers["Retry-After"] == "7"
    assert "x-should-retry" not in answer.headers


async def test_an_error_of_a_request_that_went_as_it_came_comes_as_it_is(bridge: Bridge, backend: FakeOllama) -> None:
    said = b'{"error": "unauthorized", "signin_url":"https://example.com"}'
    backend.chat = backend.answering(401, said)
    for body in ({}, {"model": "able:8b", "tools": [WEATHER]}):
        answer = await bridge.ask(**body)
        assert (answer.status, answer.body) == (401, said)


@pytest.mark.parametrize("path", PATHS)
async def test_a_model_that_nobody_knows_gets_the_backends_own_error(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    backend.chat = backend.answering(404, {"error": "model 'gone' not found"})
    answer = await bridge.ask(path, model="gone", tools=[WEATHER])
    assert (answer.status, problem(answer, path)) == (404, "model 'gone' not found")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"error":"cannot load"}\n', "cannot load"),
        (b'{"error":{"message":"cannot load"}}', "cannot load"),
        (b"", "broke off"),
        (b"\n", "broke off"),
        (b"what?", "not JSON"),
    ],
)
async def test_an_error_before_the_first_frame_is_a_status(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool, body: bytes, says: str
) -> None:
    backend.chat = backend.answering(200, body)
    answer = await bridge.ask(path, tools=[WEATHER], stream=streamed)
    assert answer.status == 502
    assert says in problem(answer, path)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
async def test_an_error_in_mid_stream_is_said_in_the_stream(
    bridge: Bridge, backend: FakeOllama, path: str, model: str
) -> None:
    read = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def second(number: int) -> None:
            if number:
                await read.wait()

        return await stream(request, [line("Half an ans"), b'{"error":"out of memory"}\n'], before_each=second)

    backend.chat = chat
    got = await bridge.read_while(path, read.set, model=model, tools=[WEATHER], stream=True)
    assert b"Half an ans" in got
    end = got.strip().split(b"\n")[-1].removeprefix(b"data: ")
    assert b"out of memory" in end
    assert b"[DONE]" not in got
    assert b'"done":true' not in got
    assert json.loads(end).keys() == {"error"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_backend_that_breaks_off_is_an_error_in_the_stream(
    bridge: Bridge, backend: FakeOllama, path: str, tools: list[Any]
) -> None:
    read = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("Half an ans")], finish=False)
        await read.wait()
        assert request.transport is not None
        request.transport.abort()
        return response

    backend.chat = chat
    got = await bridge.read_while(path, read.set, tools=tools, stream=True)
    end = json.loads(got.strip().split(b"\n")[-1].removeprefix(b"data: "))
    assert b"Half an ans" in got
    assert "broke off" in json.dumps(end["error"])


@pytest.mark.parametrize("path", PATHS)
async def test_a_stream_without_an_end_is_no_success(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [line("Half"), line(" an ans")])

    backend.chat = chat
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert b'"done":true' not in answer.body
    assert b"[DONE]" not in answer.body
    assert "error" in (answer.lines[-1] if answer.status == 200 else answer.json)


async def test_a_redirect_is_not_followed_but_explained(bridge: Bridge, backend: FakeOllama) -> None:
    backend.chat = backend.answering(308, b"", Location="https://gpu.lan/api/chat")
    answer = await bridge.ask(tools=[WEATHER])
    assert answer.status == 502
    assert "redirects to https://gpu.lan/api/chat; set backends.url" in answer.json["error"]


async def test_a_late_answer_is_a_timeout(start: Start, backend: FakeOllama) -> None:
    async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    backend.chat = chat
    bridge = await start(timeouts={"headers": 0.05})
    answer = await bridge.ask()
    assert (answer.status, answer.headers["x-should-retry"]) == (504, "false")
    assert "did not begin to answer within 0.05 s (timeouts.headers)" in answer.json["error"]
    await backend.gone.wait()


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_silence_in_mid_stream_is_an_error_in_the_stream(
    start: Start, backend: FakeOllama, tools: list[Any]
) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("Half an ans")], finish=False)
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    bridge = await start(timeouts={"idle": 0.05})
    answer = await bridge.ask(tools=tools, stream=True)
    assert [*answer.lines[0]["message"].values()] == ["assistant", "Half an ans"]
    assert "sent nothing for 0.05 s (timeouts.idle)" in answer.lines[-1]["error"]
    await backend.gone.wait()


# When.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("model", "tools"), [("plain:1b", []), ("plain:1b", [WEATHER]), ("able:8b", [WEATHER])], ids=str
)
async def test_the_first_piece_arrives_before_the_second_leaves(
    bridge: Bridge, backend: FakeOllama, path: str, model: str, tools: list[Any]
) -> None:
    read = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def second(number: int) -> None:
            if number:
                await read.wait()

        return await stream(request, [line("One"), line(" two"), last()], before_each=second)

    backend.chat = chat
    got = await bridge.read_while(path, read.set, model=model, tools=tools, stream=True)
    assert b"One" in got
    assert b" two" in got


@pytest.mark.parametrize("path", PATHS)
async def test_our_200_waits_for_the_backends_first_frame(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    """Half a frame is not one: the error behind it is still a status."""
    half = line("Half")[:20]

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [half])

    backend.chat = chat
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert answer.status == 502


@pytest.mark.parametrize(("path", "streamed"), SHAPES)
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_client_that_goes_away_stops_the_backend(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool, tools: list[Any]
) -> None:
    generating = asyncio.Event()

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False) if body["stream"] else web.StreamResponse()
        generating.set()
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    asking = asyncio.create_task(bridge.ask(path, tools=tools, stream=streamed))
    await generating.wait()
    assert not backend.gone.is_set()
    asking.cancel()
    await backend.gone.wait()


async def test_a_client_that_goes_away_between_two_pieces_stops_the_backend(
    bridge: Bridge, backend: FakeOllama
) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False)
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    body = json.dumps({"model": "plain:1b", "messages": QUESTION, "tools": [WEATHER]}).encode()
    async with bridge.client.post(bridge.url + OLLAMA, data=body) as answer:
        assert b"One" in await answer.content.readany()
        answer.close()
        await backend.gone.wait()


# What else stands in the answer, and in the log.


async def test_a_stream_of_events_is_not_cached(bridge: Bridge) -> None:
    streamed = await bridge.ask(OPENAI, stream=True)
    assert (streamed.headers["Content-Type"], streamed.headers["Cache-Control"]) == ("text/event-stream", "no-cache")
    assert "Cache-Control" not in (await bridge.ask(OPENAI)).headers


async def test_the_log_says_what_was_done_and_nothing_of_what_was_said(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("A secret answer. ", CALL)
    headers = {"Authorization": "Bearer secret-key", "X-Request-Id": "mine-1"}
    answer = await bridge.ask(OPENAI, tools=[WEATHER], stream=True, headers=headers)
    assert answer.headers["X-Request-Id"] == "mine-1"
    (said,) = bridge.log
    known = ("event", "id", "path", "status", "model", "wire", "backend_wire", "mode", "dialect", "stream")
    assert {name: said[name] for name in known} == {
        "event": "request",
        "id": "mine-1",
        "path": OPENAI,
        "status": 200,
        "model": "plain:1b",
        "wire": "openai",
        "backend_wire": "ollama",
        "mode": "prompted",
        "dialect": "xml",
        "stream": True,
    }
    assert 0 < said["backend_ms"] <= said["first_ms"] <= said["ms"]
    for secret in ("secret", "Oslo", "weather"):
        assert secret not in json.dumps(said)


async def test_a_client_that_went_away_is_in_the_log(bridge: Bridge, backend: FakeOllama) -> None:
    asked = asyncio.Event()

    async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    backend.chat = chat
    asking = asyncio.create_task(bridge.ask())
    await asked.wait()
    asking.cancel()
    await backend.gone.wait()
    assert bridge.log[-1]["status"] == 499


async def test_a_packed_answer_is_unpacked_where_it_is_read(bridge: Bridge, backend: FakeOllama) -> None:
    packing = zlib.compressobj(wbits=31)
    packed = packing.compress(last(message={"content": CALL})) + packing.flush()
    backend.chat = backend.answering(200, packed, **{"Content-Encoding": "gzip"})
    for model in ("plain:1b", "able:8b"):
        answer = await bridge.ask(model=model, tools=[WEATHER])
        assert calls(answer) == [("get_weather", {"city": "Oslo"})]
        assert "Content-Encoding" not in answer.headers
    answer = await bridge.ask(headers={"Accept-Encoding": "gzip"})
    assert answer.body == packed
    assert answer.headers["Content-Encoding"] == "gzip"


async def test_a_load_request_stays_one(bridge: Bridge, backend: FakeOllama) -> None:
    backend.chat = backend.answering(200, {"model": "plain:1b", "created_at": "", "done": True, "done_reason": "load"})
    answer = await bridge.ask(messages=[], tools=[WEATHER])
    assert answer.json["done_reason"] == "load"
    assert backend.chats[0].json == {"model": "plain:1b", "messages": [], "stream": False}
