"""The ways the tests run a reply parser: a reply in pieces, what came of it, and what must hold for every reply."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

from toolbridge.events import (
    Cause,
    ContentDelta,
    Event,
    Outcome,
    ReasoningDelta,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    merged,
)
from toolbridge.notation.drafts import AROUND, END_OF_TURN, INVENTED, ORPHAN, SKIPPED, STRAY
from toolbridge.reply_parser import ReplyParser
from toolbridge.translate import ReplyStage


def tool(name: str, properties: Mapping[str, Any] | None = None, required: Iterable[str] = ()) -> dict[str, Any]:
    """A tool as clients write it."""
    parameters = {"type": "object", "properties": dict(properties or {}), "required": list(required)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [tool("get_weather", {"city": {"type": "string"}, "days": {"type": "integer"}}, ["city"]), tool("now")]
"""What is offered unless a test says otherwise."""


KEYS = {"content", "reasoning", "call", "markup", AROUND, END_OF_TURN, INVENTED, ORPHAN, SKIPPED, STRAY}
"""All that can become of a character."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a reply: its events with neighbouring deltas joined, and the ledger."""

    events: list[Event]
    ledger: Mapping[str, int]

    @property
    def content(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, ContentDelta))

    @property
    def reasoning(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, ReasoningDelta))

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Name and arguments of the complete calls, the arguments as compact JSON in the model's order."""
        return [(name, compact(text)) for name, text, end in self._ended() if end.complete]

    @property
    def incomplete(self) -> list[tuple[str, Outcome]]:
        return [(name, end.outcome) for name, _, end in self._ended() if not end.complete]

    @property
    def tolerances(self) -> dict[str, int]:
        counted: Counter[str] = Counter()
        for _, _, end in self._ended():
            counted.update(end.tolerances)
        return dict(counted)

    def _ended(self) -> list[tuple[str, str, ToolCallEnd]]:
        names: dict[int, str] = {}
        texts: dict[int, str] = {}
        ended = []
        for event in self.events:
            match event:
                case ToolCallStart(index, _, name):
                    names[index] = name
                    texts[index] = ""
                case ToolCallArgsDelta(index, piece):
                    texts[index] += piece
                case ToolCallEnd(index=index):
                    ended.append((names[index], texts[index], event))
        return ended


@dataclass(slots=True)
class Parsing:
    """One parser and its options, to be made anew for every way a text may come.

    With the option `parallel` false its events go through a `ReplyStage`, which drops the calls beyond the first.
    """

    dialect: str = "xml"
    tools: Any = field(default_factory=lambda: TOOLS)
    cause: Cause = "stop"
    options: dict[str, Any] = field(default_factory=dict)

    def parser(self) -> ReplyParser:
        numbers = count()
        options = {name: value for name, value in self.options.items() if name != "parallel"}
        return ReplyParser(self.dialect, self.tools, ids=lambda: f"call_{next(numbers)}", **options)

    def read(self, pieces: Iterable[str]) -> Read:
        """Read a reply that comes in these pieces, and check what holds for every reply."""
        parser = self.parser()
        text = []
        events: list[Event] = []
        passed = list if self.options.get("parallel", True) else ReplyStage(parallel=False).feed
        for piece in pieces:
            text.append(piece)
            events += passed(parser.feed(piece))
        events += passed(parser.finish(self.cause))
        read = Read(merged(events), parser.ledger)
        in_order(events)
        assert read.ledger.keys() <= KEYS
        assert sum(read.ledger.values()) == len("".join(text)), "the ledger must balance"
        for name, arguments in read.calls:
            assert name
            assert arguments.startswith("{")
        return read


def read(text: str, dialect: str = "xml", tools: Any = None, cause: Cause = "stop", **options: Any) -> Read:
    """Read a reply that comes at once."""
    return Parsing(dialect, TOOLS if tools is None else tools, cause, options).read([text])


def in_order(events: Iterable[Event]) -> None:
    """Check that each call starts, has its arguments and ends, in this order, and that no delta is empty."""
    states: list[str] = []
    for event in events:
        match event:
            case ContentDelta(text) | ReasoningDelta(text):
                assert text
            case ToolCallStart(index, call_id, name):
                assert index == len(states)
                assert call_id
                assert name
                states.append("open")
            case ToolCallArgsDelta(index, piece):
                assert piece
                assert states[index] == "open"
            case ToolCallEnd(index=index):
                assert states[index] == "open"
                states[index] = "ended"
    assert set(states) <= {"ended"}


def compact(arguments: str) -> str:
    """A complete call's arguments, which must be one JSON object, without blanks."""
    value = json.loads(arguments)
    assert isinstance(value, dict)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def cut(text: str, places: Iterable[int]) -> list[str]:
    """The text in pieces that end at these places."""
    bounds = [0, *sorted(place for place in places if 0 < place < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


def chunks(text: str, size: int) -> list[str]:
    """The text in pieces of this size."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def cuts_by_chance(text: str, ways: int, seed: int = 0) -> list[list[str]]:
    """The text cut anywhere, in ways that are the same in every run."""
    chance = random.Random(f"{seed} {text}")  # noqa: S311 # the same cuts in every run
    return [
        cut(text, chance.sample(range(1, len(text)), min(len(text) - 1, chance.randint(1, 12))))
        if len(text) > 1
        else []
        for _ in range(ways)
    ]


def a_call(name: str, arguments: Mapping[str, Any]) -> ToolCall:
    return ToolCall(name, json.dumps(arguments, ensure_ascii=False))
