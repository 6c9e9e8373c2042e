"""The requests of the bench: what the user says, which tools are offered, which calls are right."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.prompts.tools import BY_NAME, offered
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Message, Tool

HERE = Path(__file__).parent
SETS = ("like", "unlike", "none")
"""Requests like the prompt's examples, requests unlike them, and requests that need no tool."""
QUICK = 20
"""Requests of each set that the quick form takes."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is right. Where a parameter is no list, a list holds the values of which any is right."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One request, with the number of its group of tools."""

    name: str
    group: int
    turns: tuple[Message, ...]
    calls: tuple[Call, ...]

    def tools(self, many: int) -> tuple[Tool, ...]:
        """So many tools for this request, its own among them."""
        return offered(self.group, self.own, many)

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the tools that the request needs or has called."""
        past = (call.name for turn in self.turns for call in turn.tool_calls)
        return tuple(dict.fromkeys((*(call.name for call in self.calls), *past)))

    def request(self, model: str, many: int) -> ChatRequest:
        """What a client would send."""
        return ChatRequest(model, self.turns, self.tools(many), source="openai")


@cache
def read_cases(file: str) -> dict[str, list[Case]]:
    """The requests of a file, by their sets."""
    found: dict[str, list[Case]] = {}
    group: list[Case] = []
    for line in (HERE / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            group = found.setdefault(line.removeprefix("## "), [])
        elif line and not line.startswith("#"):
            name = f"{[*found][-1]}-{len(group) + 1}"
            group.append(_case(name, line))
    return found


def _case(name: str, line: str) -> Case:
    number, _, rest = line.partition(": ")
    said, _, right = rest.rpartition(" => ")
    turns: list[Message] = []
    for part in said.split(" >> "):
        turns += _turn(part, turns)
    calls = () if right == "-" else tuple(map(_call, right.split(" & ")))
    return Case(name, int(number), tuple(turns), calls)


def _turn(part: str, before: list[Message]) -> list[Message]:
    """A call and its result, or text of the speaker whose turn it is."""
    call, arrow, result = part.partition(" -> ")
    if arrow:
        made = _call(call)
        again = ToolCall(made.name, json.dumps(made.arguments), "call_1")
        return [Message("assistant", tool_calls=(again,)), Message("tool", result, tool_call_id="call_1")]
    assistant = bool(before) and before[-1].role == "user"
    return [Message("assistant" if assistant else "user", part.replace("\\n", "\n"))]


def _call(written: str) -> Call:
    name, _, arguments = written.partition(" ")
    if name not in BY_NAME:
        raise ValueError(f"there is no tool {name} for {written!r}")
    return Call(name, json.loads(arguments))


def is_right(call: ToolCall, wanted: Call) -> bool:
    """Whether a call has the name and the arguments that are wanted, and no others."""
    given = call.arguments
    if call.name != wanted.name or given.keys() != wanted.arguments.keys():
        return False
    declared = BY_NAME[wanted.name].parameters["properties"]
    return all(_fits(given[key], value, declared[key]) for key, value in wanted.arguments.items())


def _fits(given: Any, wanted: Any, schema: dict[str, Any]) -> bool:
    if schema["type"] == "array":
        return (
            isinstance(given, list)
            and len(given) == len(wanted)
            and all(_fits(one, value, schema["items"]) for one, value in zip(given, wanted, strict=True))
        )
    if schema["type"] == "object":
        inner = schema["properties"]
        return (
            isinstance(given, dict)
            and given.keys() == wanted.keys()
            and all(_fits(given[key], value, inner[key]) for key, value in wanted.items())
        )
    if isinstance(wanted, list):
        return any(_fits(given, value, schema) for value in wanted)
    if isinstance(wanted, str):
        return isinstance(given, str) and _plain(given) == _plain(wanted)
    return bool(given == wanted) and isinstance(given, bool) == isinstance(wanted, bool)


def _plain(text: str) -> str:
    return text.strip().casefold().removesuffix("?")
