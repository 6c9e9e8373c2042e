"""Codex's tool search: the model searches for tools, and Codex answers with tools that can be called from then on.

    offered    {"type": "tool_search", "execution": "client", "description": …, "parameters": {…}}
    to models  a tool `tool_search`
    called     {"type": "tool_search_call", "call_id": …, "execution": "client", "arguments": {…}}
    answered   {"type": "tool_search_output", "call_id": …, "tools": [{"type": "namespace", …}, …]}

Codex offers the tools of MCP servers in this way to models whose catalogue allows it. A search that OpenAI's server
does itself (`execution` is server) is left out, as the tools that it would find are offered anyway.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from toolbridge.budget import Budget
from toolbridge.messages import Message, Tool
from toolbridge.tools import read_tool_at
from toolbridge.wire.fields import Fields

NAME = "tool_search"
"""The type of the tool, and its name for models."""
CALL = "tool_search_call"
OUTPUT = "tool_search_output"
_CLIENT = "client"
_NOTHING = "No tools were found."


def read_search(entry: Mapping[str, Any], place: str, budget: Budget) -> Iterator[Tool]:
    """The tool that searches, if the client does the search. Raises `RequestError`."""
    if entry.get("execution") == _CLIENT:
        own = {"name": NAME, "description": entry.get("description"), "parameters": entry.get("parameters")}
        yield replace(read_tool_at(place, own, budget), searches=True)


def is_servers(item: Fields) -> bool:
    """Whether an item of a past search is OpenAI's own server's."""
    return item.values.get("type") in (CALL, OUTPUT) and item.values.get("execution") == "server"


def found(tools: Iterable[Tool]) -> Iterator[Tool]:
    """The tools of an output: they can be called since that output."""
    return (replace(tool, deferred=True) for tool in tools)


def read_output(item: Fields, tools: Iterable[Tool]) -> Message:
    """The result of a search that found these tools."""
    names = tuple(tool.name for tool in tools)
    text = f"Found: {', '.join(names)}" if names else _NOTHING
    return Message("tool", text, tool_call_id=item.text("call_id"), loads=names)
