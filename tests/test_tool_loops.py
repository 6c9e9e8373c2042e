"""Two turns to the end, written with each SDK, over the real bridge: tools that nothing here or there knows by name."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from ollama import AsyncClient, Message
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from toolbridge.cli.demo_backend import create_backend
from toolbridge.cli.scripted.model import GREETING
from toolbridge.server.app import create_app
from toolbridge.server.settings import Settings

QUESTION = "How warm is it in Bergen and in Malmö, and add up the amounts 2.5 and 4"


def tool(name: str, about: str, **parameters: dict[str, str]) -> ChatCompletionToolParam:
    schema: dict[str, object] = {"type": "object", "properties": parameters, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": schema}}


TOOLS = [
    tool("zorbulate", "Says how warm it is in a town.", blorp={"type": "string"}),
    tool("frimp_2", "Adds up two amounts.", quux={"type": "number"}, wibble={"type": "integer"}),
]
CALLS = [
    ("zorbulate", {"blorp": "Bergen"}),
    ("zorbulate", {"blorp": "Malmö"}),
    ("frimp_2", {"quux": 2.5, "wibble": 4}),
]
ANSWER = "Bergen: warmth 7. Malmö: warmth 11. frimp_2 says: 6.5."


def run(name: str, arguments: dict[str, Any]) -> str:
    """The client's own side: what the tools do."""
    if name == "frimp_2":
        return str(arguments["quux"] + arguments["wibble"])
    return json.dumps({"place": arguments["blorp"], "warmth": {"Bergen": 7, "Malmö": 11}[arguments["blorp"]]})


class Way(NamedTuple):
    """A bridge, and what reached the backend behind it."""

    url: str
    sent: list[dict[str, Any]]


@asynccontextmanager
async def bridged(dialect: str, pace: float = 0.0) -> AsyncIterator[Way]:
    """The bridge, asking for one notation, in front of the scripted model."""
    sent: list[dict[str, Any]] = []

    @web.middleware
    async def keep(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/api/chat":
            sent.append(json.loads(await request.read()))
        return await handler(request)

    backend = create_backend(pace=pace)
    backend.middlewares.insert(0, keep)
    async with TestServer(backend) as behind:
        settings = Settings(backend=str(behind.make_url("/")), tools={"dialect": dialect}, log={"level": "error"})
        async with TestServer(create_app(settings)) as bridge:
            yield Way(str(bridge.make_url("/")).rstrip("/"), sent)


@pytest.fixture(params=["xml", "hermes", "json"])
async def way(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    async with bridged(request.param) as one:
        yield one


def prompted(way: Way, turns: int) -> bool:
    """Whether the backend was sent every turn without tools, the prompt in their place."""
    return len(way.sent) == turns and all(
        not body.get("tools") and "zorbulate" in body["messages"][0]["content"] for body in way.sent
    )


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_loop_with_the_ollama_package(way: Way, stream: bool) -> None:
    messages: list[Any] = [Message(role="user", content=QUESTION)]
    calls: list[tuple[str, Any]] = []
    async with AsyncClient(host=way.url, trust_env=False) as client:
        while True:
            said = ""
            asked: list[Message.ToolCall] = []
            answer: Any = await client.chat("scripted", messages, tools=TOOLS, stream=stream)
            parts = [part async for part in answer] if stream else [answer]
            for part in parts:
                said += part.message.content or ""
                asked += part.message.tool_calls or []
            assert [part.done for part in parts].index(True) == len(parts) - 1
            if not asked:
                break
            messages.append(Message(role="assistant", content=said, tool_calls=asked))
            for call in asked:
                name, arguments = call.function.name, dict(call.function.arguments)
                calls.append((name, arguments))
                messages.append(Message(role="tool", content=run(name, arguments), tool_name=name))
    assert (calls, said) == (CALLS, ANSWER)
    assert prompted(way, 2)


def sdk(way: Way) -> openai.AsyncOpenAI:
    http = openai.DefaultAsyncHttpxClient(trust_env=False)
    return openai.AsyncOpenAI(base_url=f"{way.url}/v1", api_key="any", http_client=http, max_retries=0)


async def ask_whole(client: openai.AsyncOpenAI, messages: list[ChatCompletionMessageParam]) -> Any:
    completion = await client.chat.completions.create(model="scripted", messages=messages, tools=TOOLS)
    return completion.choices[0]


async def ask_streamed(client: openai.AsyncOpenAI, messages: list[ChatCompletionMessageParam]) -> Any:
    """By the SDK's own assembly of the pieces."""
    async with client.chat.completions.stream(model="scripted", messages=messages, tools=TOOLS) as stream:
        async for _ in stream:
            pass
        return (await stream.get_final_completion()).choices[0]


@pytest.mark.parametrize("ask", [ask_whole, ask_streamed], ids=["create", "stream"])
async def test_a_loop_with_the_openai_package(way: Way, ask: Any) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
    calls: list[tuple[str, Any]] = []
    async with sdk(way) as client:
        while True:
            choice = await ask(client, messages)
            assert choice.message.role == "assistant"
            if choice.finish_reason != "tool_calls":
                break
            messages.append(choice.message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
            for call in choice.message.tool_calls:
                name, arguments = call.function.name, json.loads(call.function.arguments)
                calls.append((name, arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": run(name, arguments)})
    assert (calls, choice.message.content, choice.finish_reason) == (CALLS, ANSWER, "stop")
    assert prompted(way, 2)


async def test_arguments_come_in_pieces_while_the_model_writes_them() -> None:
    pieces: dict[int, list[str]] = {}
    async with bridged("xml", pace=0.002) as way, sdk(way) as client:
        stream = await client.chat.completions.create(
            model="scripted", messages=[{"role": "user", "content": QUESTION}], tools=TOOLS, stream=True
        )
        async for part in stream:
            for choice in part.choices:
                for call in choice.delta.tool_calls or ():
                    if call.function and call.function.arguments:
                        pieces.setdefault(call.index, []).append(call.function.arguments)
    assert [json.loads("".join(pieces[index])) for index in sorted(pieces)] == [arguments for _, arguments in CALLS]
    assert sum(map(len, pieces.values())) > len(CALLS)


async def test_a_greeting_gets_a_greeting_with_tools_offered(way: Way) -> None:
    async with AsyncClient(host=way.url, trust_env=False) as client:
        reply = await client.chat("scripted", [Message(role="user", content="hi")], tools=TOOLS)
    assert (reply.message.content, reply.message.tool_calls) == (GREETING, None)
