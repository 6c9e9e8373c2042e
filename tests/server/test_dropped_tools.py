"""Tools that only a vendor's servers run: refused where nothing else is offered, else named in header and log."""

import json
from typing import Any

import anthropic
import openai
import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge, InFront, OfAnthropic, OfOpenAI
from tests.server.test_responses import TOOL

HI: Any = [{"role": "user", "content": "Perform a web search for the query: fjords"}]
SEARCH: Any = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
NOW: Any = {"name": "now", "input_schema": {"type": "object", "properties": {}}}
HEADER = "X-Toolbridge-Dropped-Tools"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"tools": [SEARCH]}, id="nothing else"),
        pytest.param({"tools": [SEARCH, NOW], "tool_choice": {"type": "tool", "name": "web_search"}}, id="forced"),
    ],
)
async def test_anthropics_client_is_told(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama, fields: Any, streamed: bool
) -> None:
    with pytest.raises(anthropic.BadRequestError, match="web_search_20250305 runs only on the servers of its vendor"):
        await of_anthropic(bridge).messages.create(
            model="plain:1b", max_tokens=9, messages=HI, stream=streamed, **fields
        )
    assert not backend.chats


@pytest.mark.parametrize("fields", [{}, {"tools": [TOOL], "tool_choice": {"type": "web_search_preview"}}])
async def test_openais_client_is_told(
    bridge: Bridge, of_openai: OfOpenAI, backend: FakeOllama, fields: dict[str, Any]
) -> None:
    client = await of_openai(bridge)
    tools: Any = [{"type": "web_search_preview"}, *fields.get("tools", [])]
    with pytest.raises(openai.BadRequestError, match="web_search_preview runs only on the servers of its vendor"):
        await client.responses.create(model="plain:1b", input="Fjords?", **fields | {"tools": tools})
    chat: Any = client.chat.completions
    with pytest.raises(openai.BadRequestError, match="mcp runs only on"):
        await chat.create(model="plain:1b", messages=HI, tools=[{"type": "mcp"}])
    assert not backend.chats


@pytest.mark.parametrize("streamed", [False, True])
async def test_beside_other_tools_they_are_named(bridge: Bridge, backend: FakeOllama, streamed: bool) -> None:
    code = {"type": "code_execution_20250825", "name": "code_execution"}
    body = {"max_tokens": 9, "messages": HI, "tools": [SEARCH, NOW, code], "stream": streamed}
    answer = await bridge.ask("/v1/messages", **body)
    assert answer.status == 200
    assert answer.headers[HEADER] == "web_search_20250305, code_execution_20250825"
    assert bridge.log[-1]["dropped_tools"] == "web_search_20250305, code_execution_20250825"
    plain = await bridge.ask("/v1/messages", max_tokens=9, messages=HI, tools=[NOW])
    assert HEADER not in plain.headers
    assert "dropped_tools" not in bridge.log[-1]


async def test_a_choice_of_no_tool_needs_none_of_them(bridge: Bridge, backend: FakeOllama) -> None:
    answer = await bridge.ask("/v1/messages", max_tokens=9, messages=HI, tools=[SEARCH], tool_choice={"type": "none"})
    assert answer.status == 200


async def test_the_clients_own_bytes_still_hold_them(in_front: InFront) -> None:
    """A server of the client's wire decides itself what it can run."""
    bridge, fake = await in_front("unknown")
    fake.says("Found.")
    body = {"model": "m", "messages": HI, "tools": [{"type": "web_search"}]}
    answer = await bridge.send("/v1/chat/completions", json.dumps(body).encode())
    assert answer.status == 200
    assert HEADER not in answer.headers
    assert fake.chats[0].json["tools"] == [{"type": "web_search"}]
