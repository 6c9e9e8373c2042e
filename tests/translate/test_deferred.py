"""Deferred tools are described in the results that load them, and the list of tools stays as it was."""

import json

from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.translate.deferred import told_in_place

READ = Tool("Read", "Reads.", {"type": "object", "properties": {"path": {"type": "string"}}})
LOG = Tool("git_log", "Shows commits.", {"type": "object", "properties": {}}, deferred=True)
BLAME = Tool("git_blame", "", {"type": "object", "properties": {}}, deferred=True)


def request(*tools: Tool, loads: tuple[tuple[str, ...], ...] = (("git_log",),)) -> ChatRequest:
    results = [Message("tool", f"found {number}", loads=names) for number, names in enumerate(loads)]
    return ChatRequest("m", (Message("user", "hi"), *results), tools)


def test_without_deferred_tools_nothing_changes() -> None:
    plain = request(READ, loads=())
    assert told_in_place(plain) is plain


def test_a_result_tells_how_to_call_what_it_loads() -> None:
    told = told_in_place(request(READ, LOG, BLAME, loads=(("git_log", "git_blame", "nothing"), ("git_log",))))
    assert told.tools == (READ,)
    first, *lines = told.messages[1].content.split("\n")
    assert (first, lines[0]) == ("found 0", "From now on these tools can be called, too:")
    empty = {"type": "object", "properties": {}}
    assert [json.loads(line) for line in lines[1:]] == [
        {"name": "git_log", "description": "Shows commits.", "parameters": empty},
        {"name": "git_blame", "parameters": empty},
    ]
    assert told.messages[2].content == "found 1"


def test_a_tool_that_no_result_loads_stays_in_the_list() -> None:
    assert told_in_place(request(READ, LOG, BLAME)).tools == (READ, BLAME)


def test_with_nothing_else_the_tools_stay_in_the_list() -> None:
    only = request(LOG)
    assert told_in_place(only) is only
