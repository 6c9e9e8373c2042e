"""The prompt before the new turn is that of the turn before, byte for byte: an engine's prompt cache holds it.

The conversation is one of Claude Code's: its billing line changes with every request, its marks of what to cache wander
to the last turn, it thinks, calls tools, gets results with text beside them, and is told things by the system.
"""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.fake_anthropic import FakeAnthropic
from tests.fake_ollama import FakeOllama
from tests.fake_openai import FakeOpenAI
from tests.server.conftest import Bridge, InFront, Start

TURNS = 10
TOOLS: list[dict[str, Any]] = [
    {
        "name": name,
        "description": f"{name}s what it is told.",
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    }
    for name in ("Read", "Write", "Bash")
]


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": content}


def request(turn: int) -> dict[str, Any]:
    """What Claude Code sends in this turn."""
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [text("<system-reminder>Be brief.</system-reminder>"), text("Mend the tests.")]},
        {"role": "system", "content": "The directory is a git repository."},
    ]
    for number in range(turn):
        messages += _round(number)
    last = messages[-1]
    if isinstance(last["content"], list):
        last["content"][-1] = last["content"][-1] | {"cache_control": {"type": "ephemeral"}}
    return {
        "model": "plain:1b",
        "max_tokens": 21333,
        "stream": True,
        "system": [
            text(f"x-anthropic-billing-header: cc_version=2.1.330.3a3; cc_entrypoint=cli; cch={turn:05x};"),
            text("You are Claude Code.") | {"cache_control": {"type": "ephemeral"}},
            text("Work in /home/ada/project.") | {"cache_control": {"type": "ephemeral"}},
        ],
        "tools": TOOLS,
        "messages": messages,
        "metadata": {"user_id": "user_1_session_2"},
        "thinking": {"type": "adaptive"},
    }


def _round(number: int) -> list[dict[str, Any]]:
    """The assistant's calls, and what the user's next turn brings."""
    ids = [f"toolu_{number}_{at}" for at in range(1 + number % 2)]
    uses = [{"type": "tool_use", "id": one, "name": "Read", "input": {"path": f"{one}.py"}} for one in ids]
    results = [{"type": "tool_result", "tool_use_id": one, "content": [text(f"def {one}(): ...")]} for one in ids]
    thought = {"type": "thinking", "thinking": "I should look.", "signature": ""}
    beside = [text("<system-reminder>Mind the date.</system-reminder>")] if number % 3 == 0 else []
    return [
        {"role": "assistant", "content": [thought, text(f"Looking, {number}."), *uses]},
        {"role": "user", "content": [*results, *beside]},
        *([{"role": "system", "content": f"Round {number} is over."}] if number % 4 == 0 else []),
    ]


async def _sent(bridge: Bridge, fake: FakeOllama | FakeOpenAI | FakeAnthropic) -> list[dict[str, Any]]:
    """The bodies that the backend got for the turns of the conversation."""
    for turn in range(TURNS):
        answer = await bridge.send("/v1/messages", json.dumps(request(turn)).encode())
        assert answer.status == 200
    return [one.json for one in fake.chats]


def _check(bodies: list[dict[str, Any]]) -> None:
    assert len(bodies) == TURNS
    assert "billing" not in json.dumps(bodies)
    for before, after in pairwise(bodies):
        ahead = len(before["messages"])
        assert len(after["messages"]) > ahead
        assert json.dumps(after["messages"][:ahead]) == json.dumps(before["messages"])
        rest = [{name: value for name, value in body.items() if name != "messages"} for body in (before, after)]
        assert json.dumps(rest[0]) == json.dumps(rest[1])


@pytest.mark.parametrize("capabilities", [["completion"], ["completion", "tools"]], ids=["prompted", "native"])
async def test_ten_turns_of_claude_code_on_ollama(bridge: Bridge, backend: FakeOllama, capabilities: list[str]) -> None:
    backend.shows["plain:1b"]["capabilities"] = capabilities
    _check(await _sent(bridge, backend))


async def test_ten_turns_of_a_very_small_model_behind_its_examples(bridge: Bridge, backend: FakeOllama) -> None:
    backend.shows["plain:1b"] |= {"capabilities": ["completion"], "details": {"parameter_size": "135M"}}
    bodies = await _sent(bridge, backend)
    _check(bodies)
    first = bodies[0]["messages"]
    assert [turn["role"] for turn in first] == ["system", *["user", "assistant"] * 3, "user"]
    assert "Mend the tests." in first[-1]["content"]


@pytest.mark.parametrize("mode", ["prompt", "native"])
async def test_ten_turns_of_claude_code_on_a_server_of_openais_wire(in_front: InFront, mode: str) -> None:
    bridge, fake = await in_front("llama.cpp", tools={"mode": mode})
    _check(await _sent(bridge, fake))


async def test_ten_turns_that_are_prompted_on_a_server_of_anthropics_wire(start: Start) -> None:
    async with FakeAnthropic().running() as fake:
        fake.says("Done.")
        bridge = await start(backend=fake.url, backends={"wire": "anthropic"}, tools={"mode": "prompt"})
        _check(await _sent(bridge, fake))


async def test_a_request_that_goes_on_as_it_came_keeps_its_billing_line(start: Start) -> None:
    """A server of Anthropic's own may want it."""
    async with FakeAnthropic().running() as fake:
        fake.says("Done.")
        bridge = await start(backend=fake.url, backends={"wire": "anthropic"})
        sent = json.dumps(request(1)).encode()
        assert (await bridge.send("/v1/messages", sent)).status == 200
        assert fake.chats[-1].body == sent


# Claude Code's tool search.

SEARCH = {
    "name": "ToolSearch",
    "description": "Finds tools.",
    "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}
LOADED_AT = 2
"""The turn whose result refers to a tool that was deferred."""


def deferred(name: str) -> dict[str, Any]:
    """A tool that is offered only once a result refers to it."""
    schema = {"type": "object", "properties": {"ref": {"type": "string"}}, "required": ["ref"]}
    return {"name": name, "description": f"{name} it is.", "input_schema": schema, "defer_loading": True}


def searching(turn: int) -> dict[str, Any]:
    """A request of a conversation in which a tool is searched for and found."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Who broke the tests?"}]
    for number in range(turn):
        call = {"type": "tool_use", "id": f"t{number}", "name": "ToolSearch", "input": {"query": "git"}}
        found = {"type": "tool_reference", "tool_name": "git_blame"}
        content: list[dict[str, Any]] = [found] if number == LOADED_AT else [text("nothing")]
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": content}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    tools = [*TOOLS, SEARCH, deferred("placeholder"), *([deferred("git_blame")] if turn > LOADED_AT else [])]
    return {"model": "plain:1b", "max_tokens": 99, "tools": tools, "messages": messages}


async def test_a_tool_that_is_found_later_does_not_change_the_prompt_before(
    bridge: Bridge, backend: FakeOllama
) -> None:
    for turn in range(TURNS):
        answer = await bridge.send("/v1/messages", json.dumps(searching(turn)).encode())
        assert answer.status == 200
    bodies = [one.json for one in backend.chats]
    _check(bodies)
    said = [json.dumps(body["messages"]) for body in bodies]
    assert ["git_blame it is." in one for one in said] == [turn > LOADED_AT for turn in range(TURNS)]
    assert not any("placeholder" in one for one in said)


@pytest.mark.parametrize("mode", ["prompt", "native"])
async def test_a_tool_can_be_called_from_then_on(in_front: InFront, mode: str) -> None:
    bridge, fake = await in_front("vllm", tools={"mode": mode, "dialect": "xml"})
    if mode == "native":
        fake.calls("git_blame", {"ref": "HEAD"})
    else:
        inner = '<invoke name="git_blame">\n<parameter name="ref">HEAD</parameter>\n</invoke>'
        fake.says(f"<tool_calls>\n{inner}\n</tool_calls>")
    answer = await bridge.send("/v1/messages", json.dumps(searching(LOADED_AT + 1)).encode())
    (block,) = [one for one in answer.json["content"] if one["type"] == "tool_use"]
    assert (block["name"], block["input"]) == ("git_blame", {"ref": "HEAD"})
    if mode == "native":
        names = [tool["function"]["name"] for tool in fake.chats[0].json["tools"]]
        assert names == ["Read", "Write", "Bash", "ToolSearch", "git_blame"]
