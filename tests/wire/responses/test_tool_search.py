"""Codex's tool search: offered as a tool, called in a shape of its own, and answered with tools."""

import json
from typing import Any

import pytest

from tests.wire.exchanges import NOW
from tests.wire.responses.heard import heard
from toolbridge.events import Finish, Outcome, ReplyStart, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.messages import ChatRequest, Message
from toolbridge.wire import wire
from toolbridge.wire.responses.read_request import read_request

QUERY = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
SEARCH = {"type": "tool_search", "execution": "client", "description": "Finds tools.", "parameters": QUERY}
LOG = {"type": "function", "name": "log", "description": "Shows commits.", "parameters": {"type": "object"}}
FOUND = {"type": "namespace", "name": "mcp__git", "description": "", "tools": [LOG]}
ASKED = {"role": "user", "content": "Who broke it?"}
CALL = {"type": "tool_search_call", "call_id": "c1", "execution": "client", "arguments": {"query": "git"}}
OUTPUT = {"type": "tool_search_output", "call_id": "c1", "execution": "client", "status": "completed"}


def read(*items: Any, **fields: Any) -> ChatRequest:
    return read_request({"model": "m", "input": [ASKED, *items], "tools": [SEARCH]} | fields)


def test_the_search_is_a_tool() -> None:
    (tool,) = read().tools
    assert (tool.name, tool.description, tool.parameters, tool.searches) == ("tool_search", "Finds tools.", QUERY, True)


def test_a_search_that_a_server_does_is_no_tool() -> None:
    request = read(tools=[{"type": "tool_search"}, FOUND])
    assert [tool.name for tool in request.tools] == ["mcp__git__log"]
    past = CALL | {"execution": "server", "call_id": None}, OUTPUT | {"execution": "server", "tools": [FOUND]}
    assert len(read(*past).messages) == 1


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("outcome", ["complete", "truncated"])
def test_its_call_is_an_item_of_its_own(streamed: bool, outcome: Outcome) -> None:
    pieces = ToolCallArgsDelta(0, '{"que'), ToolCallArgsDelta(0, 'ry": "git"}')
    events = ReplyStart("r"), ToolCallStart(0, "c1", "tool_search"), *pieces, ToolCallEnd(0, outcome), Finish("stop")
    one = wire("responses").writer(request=read(stream=streamed), clock=lambda: NOW, ids=lambda: "call_new")
    out = one.feed(events) + one.finish()
    output = heard(out).output if streamed else json.loads(out)["output"]
    if outcome == "complete":
        (item,) = output
        assert item.items() >= (CALL | {"status": "completed"}).items()
    else:
        assert [item["status"] for item in output] == (["incomplete"] if streamed else [])


def test_tools_that_were_found_can_be_called_from_then_on() -> None:
    request = read(CALL, OUTPUT | {"tools": [FOUND]})
    assert [(tool.name, tool.deferred) for tool in request.tools] == [("tool_search", False), ("mcp__git__log", True)]
    _, asked, result = request.messages
    assert [(call.name, call.arguments) for call in asked.tool_calls] == [("tool_search", {"query": "git"})]
    assert result == Message(
        "tool", "Found: mcp__git__log", tool_call_id="c1", tool_name="tool_search", loads=("mcp__git__log",)
    )


def test_a_search_may_find_nothing() -> None:
    assert read(CALL, OUTPUT | {"tools": []}).messages[-1].content == "No tools were found."
