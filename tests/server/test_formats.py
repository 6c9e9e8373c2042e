"""A demand for JSON beside tools: it stands in the prompt if tools are prompted for, else the backend meets it."""

import json
from typing import Any

import pytest

from tests.fake_ollama import FakeOllama
from tests.fake_openai import MODEL
from tests.server.conftest import CALL, OLLAMA, OPENAI, PATHS, WEATHER, Bridge, InFront, calls, text

SCHEMA = {"type": "object", "properties": {"degrees": {"type": "integer"}}, "required": ["degrees"]}
WISHES: dict[str, dict[str, Any]] = {
    OLLAMA: {"format": SCHEMA},
    OPENAI: {"response_format": {"type": "json_schema", "json_schema": {"name": "weather", "schema": SCHEMA}}},
}
CONSTRAINTS = {"format", "response_format"}
ANSWER = '{"degrees": 4}'
HISTORY = [
    {"role": "user", "content": "How is Oslo?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "a1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "a1", "content": "4 degrees"},
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_model_that_is_prompted_is_held_to_no_form_and_told_of_it(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    backend.says(CALL)
    answer = await bridge.ask(path, tools=[WEATHER], **WISHES[path])
    assert calls(answer) == [("get_weather", {"city": "Oslo"})]
    assert answer.headers["X-Toolbridge-Mode"].endswith("format: in the prompt")
    sent = backend.chats[0].json
    assert not CONSTRAINTS & sent.keys()
    assert sent["messages"][0]["content"].endswith(json.dumps(SCHEMA))


@pytest.mark.parametrize("path", PATHS)
async def test_the_same_in_front_of_another_server(in_front: InFront, path: str) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": "prompt", "dialect": "xml"})
    fake.says(CALL)
    assert calls(await bridge.ask(path, model=MODEL, tools=[WEATHER], **WISHES[path]))
    assert not CONSTRAINTS & fake.chats[0].json.keys()


@pytest.mark.parametrize("path", PATHS)
async def test_with_a_result_as_its_last_turn_it_may_still_call_or_answer(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    history = json.loads(json.dumps(HISTORY).replace('"{}"', "{}")) if path == OLLAMA else HISTORY
    for reply, called in ((ANSWER, []), (CALL, [("get_weather", {"city": "Oslo"})])):
        backend.says(reply)
        answer = await bridge.ask(path, messages=history, tools=[WEATHER], **WISHES[path])
        assert (text(answer), calls(answer)) == ("" if called else ANSWER, called)
    assert not any(CONSTRAINTS & sent.json.keys() for sent in backend.chats)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("tools", [[], [WEATHER]])
async def test_a_model_with_tools_of_its_own_and_one_without_any_is_held_to_it(
    bridge: Bridge, backend: FakeOllama, path: str, tools: list[Any]
) -> None:
    backend.says(ANSWER)
    answer = await bridge.ask(path, model="able:8b", tools=tools, **WISHES[path])
    assert text(answer) == ANSWER
    assert backend.chats[0].json["format"] == SCHEMA


async def test_nothing_to_call_is_no_reason_to_let_go(bridge: Bridge, backend: FakeOllama) -> None:
    backend.says(ANSWER)
    await bridge.ask(OPENAI, messages=HISTORY, tools=[WEATHER], tool_choice="none", **WISHES[OPENAI])
    assert backend.chats[0].json["format"] == SCHEMA
