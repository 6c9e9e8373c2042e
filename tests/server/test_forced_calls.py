"""`tool_choice` required or named: a call of an allowed tool, or an error in the client's wire, and never prose."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from aiohttp import web

from tests.fake_anthropic import FakeAnthropic
from tests.fake_ollama import FakeOllama
from tests.fake_openai import MODEL, FakeOpenAI
from tests.server.conftest import CALL, OPENAI, QUESTION, WEATHER, Bridge, InFront, Start, calls, text
from tests.server.test_every_way import TOOLS, Way
from tests.wire.exchanges import events_of
from tests.wires import PATHS
from toolbridge import read_request, write_request
from toolbridge.events import Error, Reply, collect
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice
from toolbridge.wire import backend_wire

JSON = '{"name": "get_weather", "arguments": {"city": "Oslo"}}'
OSLO = [("get_weather", {"city": "Oslo"})]
LATER = Tool("later", "Waits.")
REQUIRED, NAMED = ToolChoice("required"), ToolChoice("required", "get_weather")
Fake = FakeOllama | FakeOpenAI | FakeAnthropic

# The client of Ollama's wire has no `tool_choice`.
WAYS = [Way(*way) for way in product(("openai", "anthropic", "responses"), ("ollama", "openai"), (True, False))]
every_way = pytest.mark.parametrize(
    "way", WAYS, ids=lambda way: f"{way.client} to {way.backend}, {'streamed' if way.streamed else 'whole'}"
)


@pytest.fixture
async def fakes() -> AsyncIterator[Mapping[str, Fake]]:
    async with AsyncExitStack() as stack:
        yield {
            "ollama": await stack.enter_async_context(FakeOllama().running()),
            "openai": await stack.enter_async_context(FakeOpenAI("mlx-lm").running()),
        }


def says_in_turn(fake: Any, *replies: str) -> None:
    """The next chats get these replies, one after the other, and the last one for ever."""
    left = list(replies)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        said: web.StreamResponse = await fake.saying(left[0] if len(left) == 1 else left.pop(0))(request, body)
        return said

    fake.chat = chat


async def ask(bridge: Bridge, way: Way, choice: ToolChoice = NAMED, **changes: Any) -> tuple[Reply, str]:
    """The reply that the client reads, and the way that the answer names."""
    request = ChatRequest("able:8b", (Message("user", "How is Oslo?"),), (*TOOLS, LATER), choice, stream=way.streamed)
    body = write_request(replace(request, include_usage=True, **changes), way.client)
    answer = await bridge.send(PATHS[way.client], json.dumps(body).encode())
    mode = answer.headers["X-Toolbridge-Mode"]
    if answer.status != 200:
        assert answer.headers["x-should-retry"] == "false"
        return Reply(error=backend_wire(way.client).read_error(answer.status, answer.body)), mode
    return collect(events_of(way.client, [answer.body], stream=way.streamed)), mode


async def bridge_to(start: Start, fake: Fake, name: str, **settings: Any) -> Bridge:
    servers = {"server": fake.server} if isinstance(fake, FakeOpenAI) else {}
    return await start(backend=fake.url, backends={"wire": name} | servers, **settings)


def made(reply: Reply) -> list[tuple[str, Any]]:
    assert reply.error is None
    return [(call.name, call.arguments) for call in reply.tool_calls]


# Asked again, on every wire.


@every_way
@pytest.mark.parametrize("choice", [REQUIRED, NAMED], ids=["required", "named"])
async def test_a_model_that_answers_in_words_is_shown_its_answer_and_asked_again(
    start: Start, fakes: Mapping[str, Any], way: Way, choice: ToolChoice
) -> None:
    fake = fakes[way.backend]
    says_in_turn(fake, "It rains there, I think.", CALL)
    reply, mode = await ask(await bridge_to(start, fake, way.backend), way, choice)
    assert (made(reply), reply.content, reply.finish_reason) == (OSLO, "", "tool_calls")
    assert mode.endswith(", attempt 2")
    first, second = (read_request(chat.json, way.backend) for chat in fake.chats)
    assert second.messages[-2].content == "It rains there, I think."
    assert second.messages[-1].role == "user"
    assert [one.content for one in second.messages[1:-2]] == [one.content for one in first.messages[1:]]


@every_way
async def test_once_the_attempts_are_spent_the_client_gets_an_error_that_shows_what_the_model_wrote(
    start: Start, fakes: Mapping[str, Any], way: Way
) -> None:
    fake = fakes[way.backend]
    fake.says("It rains ", "there.")
    bridge = await bridge_to(start, fake, way.backend, tools={"attempts": 3})
    reply, _ = await ask(bridge, way)
    assert reply.error is not None
    assert reply.error.message == "the model made no call of get_weather in 3 attempts: it wrote 'It rains there.'"
    assert (reply.error.status, len(fake.chats)) == (400, 3)
    assert "rains" not in json.dumps(bridge.log)


@every_way
async def test_a_call_of_another_tool_than_the_named_is_no_call(
    start: Start, fakes: Mapping[str, Any], way: Way
) -> None:
    fake = fakes[way.backend]
    says_in_turn(fake, CALL.replace("get_weather", "later"), CALL)
    reply, _ = await ask(await bridge_to(start, fake, way.backend), way)
    assert made(reply) == OSLO
    assert len(fake.chats) == 2


# Held to a schema.


@every_way
@pytest.mark.parametrize("parallel", [True, False])
async def test_a_backend_that_ignores_tool_choice_is_held_to_a_schema_that_only_calls_fit(
    start: Start, fakes: Mapping[str, Any], way: Way, parallel: bool
) -> None:
    fake: Any = fakes["ollama"]
    fake.says(*(f"[{JSON}, {JSON.replace('Oslo', 'Rome')}]" if parallel else JSON))
    reply, mode = await ask(await bridge_to(start, fake, "ollama"), way, REQUIRED, parallel=parallel, format="json")
    assert made(reply) == OSLO + [("get_weather", {"city": "Rome"})] * parallel
    assert mode.startswith("constrained; json; the backend ignores tool_choice, prompt: brief")
    sent = fake.chats[0].json
    schema = sent["format"]["items"] if parallel else sent["format"]
    assert [one["properties"]["name"]["enum"] for one in schema["anyOf"]] == [["get_weather"], ["later"]]
    assert "tools" not in sent
    assert "get_weather" in sent["messages"][0]["content"]
    assert "JSON and nothing else" not in sent["messages"][0]["content"], "the client's format is for other answers"


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_named_tool_is_the_only_one_of_the_schema(start: Start, streamed: bool, backend: FakeOllama) -> None:
    backend.says(*JSON)
    bridge = await start()
    choice = {"type": "function", "function": {"name": "get_weather"}}
    answer = await bridge.ask(OPENAI, tools=[WEATHER], tool_choice=choice, stream=streamed)
    assert (calls(answer), text(answer)) == (OSLO, "")
    assert backend.chats[0].json["format"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": ["get_weather"]},
            "arguments": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


async def test_a_server_of_openais_wire_gets_the_schema_as_a_response_format(in_front: InFront) -> None:
    bridge, fake = await in_front("lmstudio")
    fake.says(*JSON)
    clients = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}}}
    answer = await bridge.ask(
        OPENAI, model=MODEL, tools=[WEATHER], tool_choice="required", parallel_tool_calls=False, response_format=clients
    )
    assert calls(answer) == OSLO
    sent = fake.chats[0].json
    assert sent["response_format"]["json_schema"]["name"] == "schema"
    assert "arguments" in sent["response_format"]["json_schema"]["schema"]["properties"]
    assert not sent.keys() & {"tools", "tool_choice", "parallel_tool_calls"}


async def test_the_arguments_leave_while_the_model_writes_them(backend: FakeOllama, bridge: Bridge) -> None:
    written, seen = list(JSON), asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        for piece in written[:-3]:
            await answer.write(json.dumps({"message": {"content": piece}, "done": False}).encode() + b"\n")
        await seen.wait()
        rest = {"message": {"content": "".join(written[-3:])}, "done": True, "done_reason": "stop"}
        await answer.write(json.dumps(rest).encode() + b"\n")
        await answer.write_eof()
        return answer

    backend.chat = chat
    async with asyncio.timeout(20):
        got = await bridge.read_while(OPENAI, seen.set, tools=[WEATHER], tool_choice="required", stream=True)
    assert b"get_weather" in got
    assert b'"finish_reason":"tool_calls"' in got


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_refused_schema_is_no_attempt_and_is_remembered(
    bridge: Bridge, backend: FakeOllama, streamed: bool
) -> None:
    says = backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if "format" in body:
            return web.json_response(
                {"error": "failed to load model vocabulary required for response format"}, status=500
            )
        return await says(request, body)

    backend.chat = chat
    for chats in (2, 3):
        answer = await bridge.ask(OPENAI, tools=[WEATHER], tool_choice="required", stream=streamed)
        assert (answer.status, calls(answer)) == (200, OSLO)
        assert answer.headers["X-Toolbridge-Mode"].startswith("prompted; xml; ")
        assert "attempt" not in answer.headers["X-Toolbridge-Mode"]
        assert len(backend.chats) == chats


async def test_a_reply_that_is_cut_is_held_to_the_schema_again(bridge: Bridge, backend: FakeOllama) -> None:
    async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"message": {"content": JSON[:-9]}, "done": True, "done_reason": "length"})

    backend.chat = chat
    answer = await bridge.ask(OPENAI, tools=[WEATHER], tool_choice="required")
    assert answer.status == 400
    assert answer.json["error"]["message"].endswith("and reached the limit of its length")
    assert ["format" in sent.json for sent in backend.chats] == [True, True]


# Native.


@pytest.mark.parametrize("streamed", [True, False])
async def test_what_an_unknown_server_did_with_a_forced_call_is_remembered(in_front: InFront, streamed: bool) -> None:
    bridge, fake = await in_front("unknown")
    says, mode = fake.saying(CALL), "native"

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if "tools" in body:
            return await fake.saying("I would rather not.")(request, body)
        return await says(request, body)

    fake.chat = chat
    for number in (2, 3):
        answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], tool_choice="required", stream=streamed)
        assert (answer.status, calls(answer), text(answer)) == (200, OSLO, "")
        mode = answer.headers["X-Toolbridge-Mode"]
        assert mode.startswith("constrained; json; the backend ignores tool_choice")
        assert len(fake.chats) == number
    assert (fake.chats[0].json["tool_choice"], "tools" in fake.chats[2].json) == ("required", False)


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_unknown_server_that_obeys_is_asked_natively_with_the_clients_bytes(
    in_front: InFront, streamed: bool
) -> None:
    bridge, fake = await in_front("unknown")
    fake.calls("get_weather", {"city": "Oslo"})
    for _ in range(2):
        answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], tool_choice="required", stream=streamed)
        assert calls(answer) == OSLO
        assert answer.headers["X-Toolbridge-Mode"] == "native; auto; the backend cannot say"
    assert json.loads(fake.chats[-1].body) == {
        "model": MODEL,
        "messages": QUESTION,
        "stream": streamed,
        "tools": [WEATHER],
        "tool_choice": "required",
    }
    fake.says("I would rather not.")
    answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], tool_choice="required", stream=streamed)
    assert answer.status == 400
    fake.calls("get_weather", {"city": "Oslo"})
    answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], tool_choice="required", stream=streamed)
    assert answer.headers["X-Toolbridge-Mode"].startswith("native;"), "it has obeyed before"


async def test_a_mode_that_was_chosen_leaves_the_choice_to_the_backend(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("It rains.")
    headers = {"X-Toolbridge-Tools": "native"}
    answer = await bridge.ask(OPENAI, tools=[WEATHER], tool_choice="required", headers=headers)
    assert (answer.status, text(answer), len(backend.chats)) == (200, "It rains.", 1)


async def test_a_free_choice_is_never_held_to_a_schema(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("It rains.")
    answer = await bridge.ask(OPENAI, tools=[WEATHER])
    assert (answer.status, text(answer)) == (200, "It rains.")
    assert "format" not in backend.chats[0].json


async def test_an_error_behind_a_ping_is_told_in_the_stream(start: Start, backend: FakeOllama) -> None:
    bridge = await start(server={"ping": 0.05})

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return await backend.saying("It rains.")(request, body)

    backend.chat = chat
    answer = await bridge.ask(OPENAI, tools=[WEATHER], tool_choice="required", stream=True)
    assert answer.status == 200
    assert collect(events_of("openai", [answer.body], stream=True)).error == Error(
        "the model made no tool call in 2 attempts: it wrote 'It rains.'", "invalid_request_error"
    )


# Strict functions.

FUNCTION: Any = WEATHER["function"]
STRICT: Any = {"type": "function", "function": {**FUNCTION, "strict": True}}
STRICT_RESPONSES: Any = {"type": "function", "strict": True, **FUNCTION}


@pytest.mark.parametrize(("path", "tool"), [(OPENAI, STRICT), ("/v1/responses", STRICT_RESPONSES)])
async def test_a_strict_function_is_held_to_its_schema_where_its_call_is_forced(
    bridge: Bridge, backend: FakeOllama, path: str, tool: dict[str, Any]
) -> None:
    backend.says(JSON)
    asked: Any = {"messages": QUESTION} if path == OPENAI else {"input": "How is Oslo?"}
    answer = await bridge.ask(path, tools=[tool], tool_choice="required", parallel_tool_calls=False, **asked)
    assert answer.status == 200
    arguments = backend.chats[0].json["format"]["properties"]["arguments"]
    assert (arguments["required"], arguments["additionalProperties"]) == (["city"], False)
    backend.says("It rains.")
    answer = await bridge.ask(path, tools=[tool], **asked)
    assert answer.status == 200
    assert "format" not in backend.chats[1].json, "a free choice is not"


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages"])
async def test_a_server_of_openais_wire_is_told_that_a_function_is_strict(in_front: InFront, path: str) -> None:
    bridge, fake = await in_front("vllm")
    fake.calls("get_weather", {"city": "Oslo"})
    schema = FUNCTION["parameters"]
    anthropics = {"name": "get_weather", "input_schema": schema, "strict": True}
    tool = STRICT_RESPONSES if path == "/v1/responses" else anthropics
    answer = await bridge.ask(path, model=MODEL, tools=[tool], input="How is Oslo?", max_tokens=50)
    assert answer.status == 200
    assert fake.chats[0].json["tools"][0]["function"]["strict"] is True
