"""Chats through the bridge: what the backend is sent, what the client gets, and when."""

import asyncio
import io
import json
import zlib
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, last, line, stream, whole
from tests.server.conftest import CALL, OLLAMA, OPENAI, PATHS, QUESTION, SHAPES, WEATHER, Bridge, Start, calls, text
from toolbridge.server.chat import CHOICE

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


@pytest.mark.parametrize(
    ("name", "variant"), [("get_weather", "brief-8"), ("delete_weather", "brief")], ids=["reads", "changes"]
)
async def test_the_header_names_the_variant_of_the_prompt_for_a_very_small_model(
    bridge: Bridge, backend: FakeOllama, name: str, variant: str
) -> None:
    backend.shows["plain:1b"]["details"] = {"parameter_size": "135M"}
    backend.says("Hello.")
    offered = json.loads(json.dumps(WEATHER).replace("get_weather", name))
    answer = await bridge.ask("/api/chat", tools=[offered])
    assert answer.headers["X-Toolbridge-Mode"].endswith(f", prompt: {variant}")


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
    body = (
        b' {"x-new" : [1.0], "stream":true,'
        b'"messages": [{"role":"user","content":"\\u003chi\\u003e"}], "model":"plain:1b"}'
    )
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


# A backend of OpenAI's wire.


def completion(*deltas: dict[str, Any], reason: str = "stop") -> bytes:
    """A stream of these deltas as OpenAI's servers write it."""
    head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "plain:1b"}
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": reason})
    chunks = (json.dumps(head | {"choices": [choice]}).encode() for choice in choices)
    return b"".join(b"data: " + chunk + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"


@pytest.mark.parametrize("path", PATHS)
async def test_a_backend_of_openais_wire_is_asked_there(start: Start, backend: FakeOllama, path: str) -> None:
    call = {"index": 0, "id": "a", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":'}}
    rest = {"index": 0, "function": {"arguments": '"Oslo"}'}}
    frames = completion({"role": "assistant"}, {"tool_calls": [call]}, {"tool_calls": [rest]}, reason="tool_calls")
    backend.more[OPENAI] = backend.answering(200, frames, **{"Content-Type": "text/event-stream"})
    bridge = await start(backends={"url": backend.url, "wire": "openai", "server": "unknown"})
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert calls(answer) == [("get_weather", {"city": "Oslo"})]
    assert answer.headers["X-Toolbridge-Mode"] == "native; auto; the backend cannot say"
    assert path == OLLAMA or answer.body == frames
    (sent,) = (one for one in backend.received if one.method == "POST")
    assert (sent.target, sent.json["tools"]) == (OPENAI, [WEATHER])


@pytest.mark.parametrize("path", PATHS)
async def test_a_backend_of_openais_wire_is_prompted_too(start: Start, backend: FakeOllama, path: str) -> None:
    frames = completion({"role": "assistant", "content": "Look. "}, {"content": CALL})
    backend.more[OPENAI] = backend.answering(200, frames, **{"Content-Type": "text/event-stream"})
    bridge = await start(backends={"url": backend.url, "wire": "openai", "server": "unknown"}, tools={"mode": "prompt"})
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert (text(answer), calls(answer)) == ("Look.", [("get_weather", {"city": "Oslo"})])
    (sent,) = (one for one in backend.received if one.method == "POST")
    assert "tools" not in sent.json


# Native tools, and refusals.


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
    """The backend answers with this error as long as the request holds the part that it refuses."""
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
    bridge: Bridge, backend: FakeOllama, *, model: str, choice: str, mode: str, tools: bool
) -> None:
    backend.says(CALL)
    answer = await bridge.ask(model=model, tools=[WEATHER], headers={CHOICE: choice})
    assert answer.headers["X-Toolbridge-Mode"].startswith(f"{mode};")
    (sent,) = backend.chats
    assert ("tools" in sent.json) == tools
    assert CHOICE not in sent.headers
    assert bool(calls(answer)) == (choice != "off")


@pytest.mark.parametrize("path", PATHS)
async def test_off_leaves_everything_as_it_is(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    backend.says(CALL)
    answer = await bridge.ask(path, tools=[WEATHER], headers={CHOICE: "off"})
    assert (text(answer), calls(answer)) == (CALL, [])
    assert backend.questions == []


async def test_who_asked_for_native_sees_the_refusal(bridge: Bridge, backend: FakeOllama) -> None:
    backend.chat = backend.answering(400, REFUSED)
    answer = await bridge.ask(tools=[WEATHER], headers={CHOICE: "native"})
    assert (answer.status, answer.json) == (400, REFUSED)
    assert len(backend.chats) == 1


async def test_a_choice_that_is_none_is_an_error(bridge: Bridge, backend: FakeOllama) -> None:
    answer = await bridge.ask(tools=[WEATHER], headers={CHOICE: "never"})
    assert answer.status == 400
    assert answer.json == {"error": "X-Toolbridge-Tools must be one of auto, native, prompt, off, not 'never'"}
    assert backend.received == []


async def test_the_operator_can_take_the_choice_away(start: Start, backend: FakeOllama) -> None:
    bridge = await start(tools={"header": False, "mode": "prompt"})
    for choice in ("off", "never"):
        answer = await bridge.ask(model="able:8b", tools=[WEATHER], headers={CHOICE: choice})
        assert answer.headers["X-Toolbridge-Mode"].startswith("prompted;")


async def test_the_operator_chooses_by_model(start: Start, backend: FakeOllama) -> None:
    bridge = await start(tools={"models": {"able*": {"mode": "prompt", "dialect": "hermes"}}})
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert answer.headers["X-Toolbridge-Mode"] == "prompted; hermes; prompting is set, dialect: set"


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
