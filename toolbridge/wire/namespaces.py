"""Namespaces: groups in which Codex offers the tools of its MCP servers, and since 0.147 all of its tools.

    offered    {"type": "namespace", "name": "mcp__git", "tools": [{"type": "function", "name": "log", …}]}
    to models  a tool `mcp__git__log`
    called     {"type": "function_call", "namespace": "mcp__git", "name": "log", …}

Codex finds no tool for a call whose name holds the namespace, or that comes without it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from toolbridge.budget import Budget
from toolbridge.messages import Tool
from toolbridge.tools import read_tool_at
from toolbridge.wire.fields import Fields
from toolbridge.wire.freeform import read_freeform

TOOL_FIELDS = ("name", "description", "parameters", "strict")
"""The fields of a tool with a schema."""
_LONGEST = 128
"""Characters that a name may have (`toolbridge.tools`)."""


def joined(namespace: str | None, name: str) -> str:
    """The name of a tool for models: unlike the client's own name, it differs from those in other namespaces."""
    if not namespace:
        return name
    return f"{namespace[: max(1, _LONGEST - 2 - len(name))].rstrip('_')}__{name}"


def read_namespace(entry: Mapping[str, Any], place: str, budget: Budget) -> Iterator[Tool]:
    """The tools of a namespace. Its description is added to that of its first tool. Raises `RequestError`."""
    group = Fields.of(entry, place, ())
    namespace, about = group.text("name") or "", group.text("description")
    for inner in group.counted("tools", "tools", budget):
        kind = inner.values.get("type")
        if kind == "custom":
            tools = list(read_freeform(inner.values, inner.path, budget))
        elif kind in ("function", None):
            own = {name: inner.values[name] for name in TOOL_FIELDS if name in inner.values}
            tools = [read_tool_at(inner.path, own, budget)]
        else:
            continue
        for tool in tools:
            named = replace(tool, name=joined(namespace, tool.name), within=(namespace, tool.name))
            if about:
                text = f"{named.description}\n\nAbout all tools of {namespace}: {about}".lstrip()
                named = replace(named, description=text)
                about = None
            yield named


class ToolsByName:
    """The tools of a request by the names with which its client may choose them."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        self._within: dict[str, Tool | None] = {}
        """The tools in namespaces by their own names; None for a name that several namespaces have."""
        for tool in tools:
            self._tools.setdefault(tool.name, tool)
            if tool.within is not None:
                name = tool.within[1]
                self._within[name] = None if name in self._within else tool

    def find(self, name: str, namespace: str | None = None) -> Tool | None:
        """The tool that a client calls so. A namespace may be left out if no other tool has the name."""
        found = self._tools.get(joined(namespace, name))
        return self._within.get(name) if found is None and not namespace else found


def once_each(tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """The tools without those whose name has come before: clients send an item with tools again in every turn."""
    found: dict[str, Tool] = {}
    for tool in tools:
        found.setdefault(tool.name, tool)
    return tuple(found.values())
