"""Engines that parse replies themselves: a stand-in with Ollama's parser for Qwen3-Coder."""

import re
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, last, line, stream, whole
from tests.server.conftest import CALL, OLLAMA, OPENAI, WEATHER, Bridge, Start, calls, text

CODER = "coder:30b"
OWN = "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>"
SHOWN = {
    "details": {"family": "qwen3moe"},
    "capabilities": ["completion", "tools"],
    "modelfile": "FROM /models/sha256-1\nTEMPLATE {{ .Prompt }}\nRENDERER qwen3-coder\nPARSER qwen3-coder\n",
}
PARSED = re.compile(r"<tool_call>.*?</tool_call>", re.DOTALL)


@pytest.fixture
def coder(backend: FakeOllama) -> FakeOllama:
    """An Ollama whose parser takes its own markup out of every reply, with tools in the request or without.

    The model writes the notation of which the prompt shows an example.
    """
    backend.shows[CODER] = SHOWN

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        asked = str(body["messages"])
        said = CALL if "<tool_calls>" in asked else OWN
        left = PARSED.sub("", said)
        message = {"tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}]}
        made = message if left != said and "tools" in body else {}
        if body.get("stream") is False:
            return whole(left, **made)
        return await stream(request, [line(left, message=made), last()])

    backend.chat = chat
    return backend


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_forced_call_is_not_asked_for_in_what_the_engine_parses_itself(
    bridge: Bridge, coder: FakeOllama, streamed: bool
) -> None:
    answer = await bridge.ask(OPENAI, model=CODER, tools=[WEATHER], stream=streamed, tool_choice="required")
    assert (answer.status, calls(answer), text(answer)) == (200, [("get_weather", {"city": "Oslo"})], "")
    assert "tools" not in coder.chats[0].json
    mode = answer.headers["X-Toolbridge-Mode"]
    assert mode.startswith("prompted; xml; the backend ignores tool_choice")
    assert mode.endswith("as the engine parses its own (qwen3-coder) itself, attempt 2")
    assert "format" in coder.chats[0].json, "the first attempt is held to a schema, which this engine ignores"


async def test_what_the_operator_sets_stands(start: Start, coder: FakeOllama) -> None:
    bridge = await start(tools={"dialect": "qwen3-coder", "mode": "prompt"})
    answer = await bridge.ask(model=CODER, tools=[WEATHER])
    assert answer.headers["X-Toolbridge-Mode"].startswith("prompted; qwen3-coder;")
    assert calls(answer) == []


async def test_free_calls_stay_native(bridge: Bridge, coder: FakeOllama) -> None:
    answer = await bridge.ask(OLLAMA, model=CODER, tools=[WEATHER])
    assert calls(answer) == [("get_weather", {"city": "Oslo"})]
    assert answer.headers["X-Toolbridge-Mode"].startswith("native;")
