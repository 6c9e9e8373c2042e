"""Freeform tools over real sockets: offered to every model, and called in the client's own shape."""

import json
from typing import Any

import pytest

from tests.fake_openai import MODEL, FakeOpenAI
from tests.server.conftest import InFront, OfOpenAI

PATCH = '*** Begin Patch\n*** Update File: a.py\n-print("a\\n")\n+print(\'b\', "\\\\")  # <x> & 😀\n\n*** End Patch\n'
GRAMMAR = "start: begin_patch hunk+ end_patch"
DESCRIPTION = "Edits files."
FLAT: Any = {
    "type": "custom",
    "name": "apply_patch",
    "description": DESCRIPTION,
    "format": {"type": "grammar", "syntax": "lark", "definition": GRAMMAR},
}
NESTED: Any = {
    "type": "custom",
    "custom": {
        "name": "apply_patch",
        "description": DESCRIPTION,
        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": GRAMMAR}},
    },
}
MARKUP = (
    f'<tool_calls>\n<invoke name="apply_patch">\n<parameter name="input">{PATCH}</parameter>\n</invoke>\n</tool_calls>'
)
WAYS = ("native", "prompt")


def patches(fake: FakeOpenAI, way: str) -> None:
    if way == "native":
        fake.calls("apply_patch", {"input": PATCH})
    else:
        fake.says(*(MARKUP[at : at + 7] for at in range(0, len(MARKUP), 7)))


def offered(fake: FakeOpenAI, way: str) -> str:
    """What the model was told of the tool."""
    body = fake.chats[0].json
    if way == "prompt":
        return str(body["messages"][0]["content"])
    (tool,) = body["tools"]
    assert (tool["type"], tool["function"]["name"]) == ("function", "apply_patch")
    assert list(tool["function"]["parameters"]["properties"]) == ["input"]
    return str(tool["function"]["description"])


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("way", WAYS)
async def test_chat_completions(in_front: InFront, of_openai: OfOpenAI, way: str, streamed: bool) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": way, "dialect": "xml"})
    patches(fake, way)
    client: Any = await of_openai(bridge)
    said: Any = {"model": MODEL, "messages": [{"role": "user", "content": "Edit."}], "tools": [NESTED]}
    if streamed:
        name, text, reasons = "", "", []
        async for chunk in await client.chat.completions.create(stream=True, **said):
            reasons.append(chunk.choices[0].finish_reason)
            for call in chunk.choices[0].delta.tool_calls or ():
                assert call.index == 0
                name += call.custom.get("name", "")
                text += call.custom["input"]
        assert reasons[-1] == "tool_calls"
    else:
        (choice,) = (await client.chat.completions.create(**said)).choices
        (call,) = choice.message.tool_calls
        assert (call.type, choice.finish_reason) == ("custom", "tool_calls")
        name, text = call.custom.name, call.custom.input
    assert (name, text) == ("apply_patch", PATCH)
    assert GRAMMAR in offered(fake, way)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("way", WAYS)
async def test_responses(in_front: InFront, of_openai: OfOpenAI, way: str, streamed: bool) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": way, "dialect": "xml"})
    patches(fake, way)
    client = await of_openai(bridge)
    if streamed:
        async with client.responses.stream(model=MODEL, input="Edit.", tools=[FLAT]) as stream:
            pieces = [event.delta async for event in stream if event.type == "response.custom_tool_call_input.delta"]
            response: Any = await stream.get_final_response()
        assert "".join(pieces) == PATCH
    else:
        response = await client.responses.create(model=MODEL, input="Edit.", tools=[FLAT])
    (item,) = response.output
    assert (item.type, item.name, item.input) == ("custom_tool_call", "apply_patch", PATCH)
    assert GRAMMAR in offered(fake, way)
    assert response.tools[0].type == "custom"


@pytest.mark.parametrize("way", WAYS)
async def test_the_second_turn(in_front: InFront, of_openai: OfOpenAI, way: str) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": way, "dialect": "xml"})
    fake.says("Done.")
    client = await of_openai(bridge)
    history: Any = [
        {"role": "user", "content": "Edit."},
        {"type": "custom_tool_call", "call_id": "call_1", "name": "apply_patch", "input": PATCH},
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "Edited one file."},
    ]
    response = await client.responses.create(model=MODEL, input=history, tools=[FLAT])
    assert response.output_text == "Done."
    messages = fake.chats[0].json["messages"]
    if way == "native":
        (call,) = messages[1]["tool_calls"]
        assert json.loads(call["function"]["arguments"]) == {"input": PATCH}
        assert messages[2] == {"role": "tool", "content": "Edited one file.", "tool_call_id": "call_1"}
    else:
        assert PATCH in messages[2]["content"]
        assert "Edited one file." in messages[3]["content"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_forced_tool_may_be_freeform(in_front: InFront, of_openai: OfOpenAI, way: str) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": way, "dialect": "xml"})
    patches(fake, way)
    client = await of_openai(bridge)
    choice: Any = {"type": "custom", "name": "apply_patch"}
    response = await client.responses.create(model=MODEL, input="Edit.", tools=[FLAT], tool_choice=choice)
    assert response.output[0].type == "custom_tool_call"
    if way == "native":
        assert fake.chats[0].json["tool_choice"] == {"type": "function", "function": {"name": "apply_patch"}}


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_server_that_takes_them_gets_the_clients_bytes(in_front: InFront, streamed: bool) -> None:
    bridge, fake = await in_front("openai")
    own = {"id": "c1", "type": "custom", "custom": {"name": "apply_patch", "input": PATCH}}
    fake.chat = fake._replying([{"tool_calls": [{"index": 0} | own]}])
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Edit."}], "tools": [NESTED], "stream": streamed}
    answer = await bridge.send("/v1/chat/completions", json.dumps(body).encode())
    assert fake.chats[0].json == body
    if streamed:
        calls = [call for one in answer.lines for call in one["choices"][0]["delta"].get("tool_calls", ())]
        assert calls == [{"index": 0} | own]
    else:
        (call,) = answer.json["choices"][0]["message"]["tool_calls"]
        assert call["custom"] == own["custom"]
    assert answer.lines[-1]["choices"][0]["finish_reason"] == "tool_calls"
