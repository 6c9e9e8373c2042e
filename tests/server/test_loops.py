"""Loops and broken turns, where the operator wants them looked at."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import OLLAMA, Bridge, Start, text
from tests.server.test_every_way import TOOLS, Way
from tests.wire.exchanges import events_of
from tests.wires import PATHS
from toolbridge import write_request
from toolbridge.events import ToolCall, collect
from toolbridge.messages import ChatRequest, Message

HI = Message("user", "How is Oslo?")
WIRES = ("ollama", "openai", "anthropic", "responses")
MODES = ("prompt", "native")


def conversation(times: int, *, same_id: bool = False) -> tuple[Message, ...]:
    turns = [HI]
    for number in range(times):
        link = "call_0" if same_id else f"call_{number}"
        call = ToolCall("get_weather", '{"city":"Oslo"}', link)
        turns += [
            Message("assistant", tool_calls=(call,)),
            Message("tool", "no such city", tool_call_id=link, tool_name="get_weather"),
        ]
    return tuple(turns)


async def ask(bridge: Bridge, way: Way, messages: tuple[Message, ...], mode: str = "auto") -> tuple[str, str]:
    """The text that the client reads, and the way that the answer names."""
    request = replace(ChatRequest("able:8b", messages, TOOLS), stream=way.streamed, include_usage=True)
    body = json.dumps(write_request(request, way.client)).encode()
    answer = await bridge.send(PATHS[way.client], body, headers={"X-Toolbridge-Tools": mode})
    assert answer.status == 200, answer.body
    reply = collect(events_of(way.client, [answer.body], stream=way.streamed))
    assert reply.finish_reason == "stop"
    return reply.content, answer.headers["X-Toolbridge-Mode"]


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("client", WIRES)
@pytest.mark.parametrize("mode", MODES)
async def test_a_repeated_call_is_told_to_the_model_and_then_ends(
    start: Start, backend: FakeOllama, client: str, streamed: bool, mode: str
) -> None:
    backend.says("It rains.")
    bridge = await start(tools={"loop_guard": 4})
    way = Way(client, "ollama", streamed)
    assert (await ask(bridge, way, conversation(2), mode))[0] == "It rains."
    assert "call number" not in json.dumps(backend.chats[-1].json)
    assert (await ask(bridge, way, conversation(3), mode))[0] == "It rains."
    assert "(This is call number 3 with the same arguments" in json.dumps(backend.chats[-1].json)
    words, way_taken = await ask(bridge, way, conversation(4), mode)
    assert words.startswith("I stopped, because I called get_weather 4 times")
    assert way_taken == "off; -; the loop guard stopped a repeated call"
    assert len(backend.chats) == 2


async def test_nothing_is_looked_at_unless_the_operator_wants_it(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says("It rains.")
    body: Any = write_request(ChatRequest("able:8b", conversation(9, same_id=True), TOOLS), "ollama")
    data = json.dumps(body).encode()
    answer = await bridge.send(OLLAMA, data, headers={"X-Toolbridge-Tools": "native"})
    assert (text(answer), backend.chats[0].body) == ("It rains.", data)


async def test_ids_that_come_twice_are_numbered_for_the_backend(start: Start, backend: FakeOllama) -> None:
    backend.says("It rains.")
    bridge = await start(tools={"models": {"able*": {"repair_history": True}}})
    await ask(bridge, Way("openai", "ollama", streamed=False), conversation(2, same_id=True), "native")
    sent = backend.chats[0].json["messages"]
    assert [call["id"] for message in sent for call in message.get("tool_calls", ())] == ["call_0", "call_0_2"]
    assert [message["tool_call_id"] for message in sent if message["role"] == "tool"] == ["call_0", "call_0_2"]
