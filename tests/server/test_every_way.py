"""Every client in front of every backend, streamed and not, with tools native, prompted and rescued: one reply."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from itertools import product
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from tests.fake_anthropic import FakeAnthropic
from tests.fake_ollama import FakeOllama, last, stream
from tests.fake_openai import FakeOpenAI
from tests.server.conftest import CALL, Bridge, Start
from tests.wire.exchanges import events_of
from tests.wires import PATHS
from toolbridge import read_request, write_request
from toolbridge.events import Error, Reply, ToolCall, Usage, collect
from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.wire import backend_wire, wire

BACKENDS = ("ollama", "openai", "anthropic")
CLIENTS = (*BACKENDS, "responses")
TOOLS = (Tool("get_weather", "Current weather.", {"type": "object", "properties": {"city": {"type": "string"}}}),)
HI = Message("user", "How is Oslo?")
PAST = (
    HI,
    Message("assistant", "Let me see.", tool_calls=(ToolCall("get_weather", '{"city":"Oslo"}', "call_7"),)),
    Message("tool", "4 degrees", tool_call_id="call_7", tool_name="get_weather"),
    Message("user", "And now?"),
)


class Way(NamedTuple):
    """Which client asks which backend."""

    client: str
    backend: str
    streamed: bool


WAYS = [Way(*way) for way in product(CLIENTS, BACKENDS, (True, False))]
every_way = pytest.mark.parametrize(
    "way", WAYS, ids=lambda way: f"{way.client} to {way.backend}, {'streamed' if way.streamed else 'whole'}"
)

Fake = FakeOllama | FakeOpenAI | FakeAnthropic


@pytest.fixture
async def fakes() -> AsyncIterator[Mapping[str, Fake]]:
    async with AsyncExitStack() as stack:
        yield {
            "ollama": await stack.enter_async_context(FakeOllama().running()),
            "openai": await stack.enter_async_context(FakeOpenAI().running()),
            "anthropic": await stack.enter_async_context(FakeAnthropic().running()),
        }


def calls(fake: Fake) -> None:
    """The backend makes a call of its own, after a thought."""
    if not isinstance(fake, FakeOllama):
        fake.calls("get_weather", {"city": "Oslo"})
        return
    call = {"id": "o1", "function": {"index": 0, "name": "get_weather", "arguments": {"city": "Oslo"}}}

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        done = last(message={"tool_calls": [call]})
        return (
            await stream(request, [done])
            if body["stream"]
            else web.Response(body=done, content_type="application/json")
        )

    fake.chat = chat


async def ask(bridge: Bridge, way: Way, *messages: Message, mode: str, offers: bool = True) -> Reply:
    """The reply that a client of this wire reads in the answer."""
    client, streamed = way.client, way.streamed
    request = ChatRequest("able:8b", messages or (HI,), TOOLS if offers else (), stream=streamed, include_usage=True)
    headers = {"X-Toolbridge-Tools": mode}
    answer = await bridge.send(PATHS[client], json.dumps(write_request(request, client)).encode(), headers=headers)
    if answer.status != 200:
        return Reply(error=backend_wire(client).read_error(answer.status, answer.body))
    assert answer.headers["Content-Type"].startswith(wire(client).stream_type if streamed else "application/json")
    return collect(events_of(client, [answer.body], stream=streamed))


async def bridge_to(start: Start, fake: Fake, name: str) -> Bridge:
    return await start(backend=fake.url, backends={"wire": name})


def gist(reply: Reply) -> tuple[str, list[tuple[str, Any]], str | None, Usage | None]:
    assert reply.error is None
    made = [(call.name, call.arguments) for call in reply.tool_calls]
    return reply.content, made, reply.finish_reason, reply.usage


OSLO = [("get_weather", {"city": "Oslo"})]
COUNTED = Usage(11, 7)


@every_way
async def test_plain_text(start: Start, fakes: Mapping[str, Fake], way: Way) -> None:
    fakes[way.backend].says("It ", "rains.")
    bridge = await bridge_to(start, fakes[way.backend], way.backend)
    reply = await ask(bridge, way, mode="auto", offers=False)
    assert gist(reply) == ("It rains.", [], "stop", COUNTED)


@every_way
@pytest.mark.parametrize("mode", ["prompt", "native"])
async def test_a_call_in_the_text(start: Start, fakes: Mapping[str, Fake], way: Way, mode: str) -> None:
    """The call is prompted for, or a server with tools of its own leaks it."""
    fakes[way.backend].says("Look. ", *CALL)
    bridge = await bridge_to(start, fakes[way.backend], way.backend)
    reply = await ask(bridge, way, mode=mode)
    assert gist(reply) == ("Look.", OSLO, "tool_calls", COUNTED)
    sent = read_request(fakes[way.backend].chats[0].json, way.backend)
    assert [tool.name for tool in sent.tools] == ([] if mode == "prompt" else ["get_weather"])


@every_way
async def test_a_call_of_the_servers_own(start: Start, fakes: Mapping[str, Fake], way: Way) -> None:
    calls(fakes[way.backend])
    bridge = await bridge_to(start, fakes[way.backend], way.backend)
    reply = await ask(bridge, way, mode="auto")
    assert gist(reply) == ("", OSLO, "tool_calls", COUNTED)
    assert reply.tool_calls[0].id
    assert reply.reasoning == ("Hm." if way.backend == "anthropic" else "")


@every_way
@pytest.mark.parametrize("mode", ["prompt", "native"])
async def test_the_second_turn(start: Start, fakes: Mapping[str, Fake], way: Way, mode: str) -> None:
    fakes[way.backend].says("4 degrees.")
    bridge = await bridge_to(start, fakes[way.backend], way.backend)
    reply = await ask(bridge, way, *PAST, mode=mode)
    assert gist(reply) == ("4 degrees.", [], "stop", COUNTED)
    sent = read_request(fakes[way.backend].chats[0].json, way.backend)
    if mode == "native":
        assert [(call.name, call.arguments, call.id) for message in sent.messages for call in message.tool_calls] == [
            ("get_weather", {"city": "Oslo"}, "call_7")
        ]
        results = [message for message in sent.messages if message.role == "tool"]
        assert [(message.content, message.tool_call_id) for message in results] == [("4 degrees", "call_7")]
    else:
        assert not sent.has_tool_history
        assert any("4 degrees" in message.content for message in sent.messages)
    assert sent.messages[-1].content.endswith("And now?")


@every_way
async def test_an_error_answer(start: Start, fakes: Mapping[str, Fake], way: Way) -> None:
    fake = fakes[way.backend]
    fake.chat = fake.answering(404, {"error": {"type": "not_found_error", "message": "no such model"}})
    reply = await ask(await bridge_to(start, fake, way.backend), way, mode="native")
    assert reply.error == Error("no such model", reply.error.kind if reply.error else "", 404)
