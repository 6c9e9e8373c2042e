"""Calls whose values do not fit their tool, through the running bridge, for every client and every backend."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.conftest import OLLAMA, OPENAI, Answer, Bridge, Start
from tests.server.planned import WIRES, Backend, replies, running, text
from toolbridge.events import Event, Finish, ReplyStart, ToolCallArgsDelta, ToolCallEnd, ToolCallStart

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["celsius"]}},
    "required": ["city"],
}
FUNCTION = {"name": "get_weather", "description": "Weather", "parameters": SCHEMA}
PROMPT = "How is Oslo?"
TURN = [{"role": "user", "content": PROMPT}]
BODIES: dict[str, dict[str, Any]] = {
    OLLAMA: {"messages": TURN, "tools": [{"type": "function", "function": FUNCTION}]},
    OPENAI: {"messages": TURN, "tools": [{"type": "function", "function": FUNCTION}]},
    "/v1/messages": {
        "messages": TURN,
        "max_tokens": 99,
        "tools": [{"name": "get_weather", "description": "Weather", "input_schema": SCHEMA}],
    },
    "/v1/responses": {"input": PROMPT, "tools": [{"type": "function", **FUNCTION}]},
}
WRITTEN = {"city": 5, "days": "3", "unit": "Celsius"}
MEANT = {"city": "5", "days": 3, "unit": "celsius"}


def answers(fake: Backend, arguments: dict[str, Any], name: str = "get_weather") -> None:
    """Let the backend's model call the tool: by a call of its own if it has tools, else in the text."""

    def choose(body: dict[str, Any]) -> list[Event]:
        written = json.dumps(arguments)
        if "tools" not in body:
            return text(f'<tool_call>\n{{"name": "{name}", "arguments": {written}}}\n</tool_call>')
        pieces = [ToolCallArgsDelta(0, written[at : at + 2]) for at in range(0, len(written), 2)]
        return [ReplyStart("r"), ToolCallStart(0, "call_1", name), *pieces, ToolCallEnd(0), Finish("tool_calls")]

    replies(fake, choose)


def found(path: str, answer: Answer, *, stream: bool) -> list[tuple[str, Any]]:
    """The names and arguments of the calls in an answer, read without any code of ours."""
    return list(_streamed(path, answer.body) if stream else _whole(path, json.loads(answer.body)))


def _whole(path: str, body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if path == OLLAMA:
        for call in body["message"].get("tool_calls", ()):
            yield call["function"]["name"], call["function"]["arguments"]
    elif path == OPENAI:
        for call in body["choices"][0]["message"].get("tool_calls") or ():
            yield call["function"]["name"], json.loads(call["function"]["arguments"])
    elif path == "/v1/messages":
        for block in body["content"]:
            if block["type"] == "tool_use":
                yield block["name"], block["input"]
    else:
        for item in body["output"]:
            if item["type"] == "function_call":
                yield item["name"], json.loads(item["arguments"])


def _streamed(path: str, body: bytes) -> Iterator[tuple[str, Any]]:
    if path == OLLAMA:
        for line in body.splitlines():
            yield from _whole(path, json.loads(line))
        return
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
    if path == "/v1/responses":
        yield from _whole(path, events[-1]["response"])
        return
    name, pieces = "", []
    for event in events:
        if path == OPENAI:
            for choice in event["choices"]:
                for call in choice["delta"].get("tool_calls") or ():
                    name += call["function"].get("name") or ""
                    pieces.append(call["function"].get("arguments") or "")
        elif event["type"] == "content_block_start":
            name += event["content_block"].get("name", "")
        elif event["type"] == "content_block_delta":
            pieces.append(event["delta"].get("partial_json", ""))
    yield name, json.loads("".join(pieces))


async def asked(bridge: Bridge, path: str, mode: str, *, stream: bool) -> Answer:
    body = {"model": "able:8b", "stream": stream} | BODIES[path]
    return await bridge.send(path, json.dumps(body).encode(), headers={"X-Toolbridge-Tools": mode})


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("mode", ["native", "prompt"])
@pytest.mark.parametrize("source", WIRES)
@pytest.mark.parametrize("path", BODIES)
async def test_a_call_has_the_types_of_its_schema(
    start: Start, path: str, source: str, mode: str, stream: bool
) -> None:
    async with running(source) as fake:
        answers(fake, WRITTEN)
        bridge = await start(backend=fake.url, backends={"wire": "auto"}, tools={"dialect": "hermes"})
        answer = await asked(bridge, path, mode, stream=stream)
    assert (answer.status, found(path, answer, stream=stream)) == (200, [("get_weather", MEANT)])
    (logged,) = [line for line in bridge.log if line["event"] == "request"]
    assert logged["calls"] == "coerced=3"
    assert answer.headers.get("X-Toolbridge-Calls") == (None if stream else "coerced=3")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("source", WIRES)
@pytest.mark.parametrize("path", BODIES)
async def test_a_native_call_of_a_tool_by_nearly_its_name_is_a_call_of_the_tool(
    start: Start, path: str, source: str, stream: bool
) -> None:
    async with running(source) as fake:
        answers(fake, {"city": "Oslo"}, name="functions.getWeather")
        bridge = await start(backend=fake.url, backends={"wire": "auto"})
        answer = await asked(bridge, path, "native", stream=stream)
    assert found(path, answer, stream=stream) == [("get_weather", {"city": "Oslo"})]


@pytest.mark.parametrize("mode", ["native", "prompt"])
@pytest.mark.parametrize("path", BODIES)
async def test_a_call_that_does_not_fit_goes_on_and_is_told(start: Start, path: str, mode: str) -> None:
    async with running("openai") as fake:
        answers(fake, {"days": 3})
        bridge = await start(backend=fake.url, backends={"wire": "auto"}, tools={"dialect": "hermes"})
        answer = await asked(bridge, path, mode, stream=False)
    assert found(path, answer, stream=False) == [("get_weather", {"days": 3})]
    assert answer.headers["X-Toolbridge-Calls"] == "invalid=1"


@pytest.mark.parametrize(("path", "source"), [(OLLAMA, "ollama"), (OPENAI, "openai")])
async def test_a_stream_of_needed_members_that_fit_goes_on_byte_by_byte(
    start: Start, monkeypatch: pytest.MonkeyPatch, path: str, source: str
) -> None:
    monkeypatch.setitem(SCHEMA, "properties", {"city": {"type": "string"}, "days": {"type": "integer"}})
    monkeypatch.setitem(SCHEMA, "required", ["city", "days"])
    bodies = []
    async with running(source) as fake:
        answers(fake, {"city": "Oslo", "days": 3})
        for tools in ({"coerce": True}, {"coerce": False, "check": "off"}):
            bridge = await start(backend=fake.url, backends={"wire": "auto"}, tools=tools)
            bodies.append((await asked(bridge, path, "native", stream=True)).body)
    assert bodies[0] == bodies[1]


async def test_a_model_may_be_left_alone(start: Start) -> None:
    async with running("ollama") as fake:
        answers(fake, WRITTEN)
        off = {"models": {"able*": {"coerce": False, "check": "off"}}}
        bridge = await start(backend=fake.url, backends={"wire": "auto"}, tools=off)
        answer = await asked(bridge, OLLAMA, "native", stream=False)
    assert found(OLLAMA, answer, stream=False) == [("get_weather", WRITTEN)]
    assert "X-Toolbridge-Calls" not in answer.headers
