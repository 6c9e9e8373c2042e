"""Calls held to the schemas of the offered tools, as they pass."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from toolbridge.checks.arguments import Arguments
from toolbridge.checks.tool_checks import MOST, Fault, ToolChecks
from toolbridge.events import Event, ToolCallArgsDelta, ToolCallEnd, ToolCallStart

_CALLS = frozenset({ToolCallStart, ToolCallArgsDelta, ToolCallEnd})


@dataclass(slots=True)
class _Call:
    """A call that has not ended. `arguments` is None where nothing in them is changed."""

    name: str
    arguments: Arguments | None
    changes: Counter[str] = field(default_factory=Counter)
    text: list[str] = field(default_factory=list)
    """The arguments as they leave, up to `MOST` characters."""
    length: int = 0


class CheckedCalls:
    """Takes events and gives events: names and values that can only be meant otherwise are changed in calls.

    An event that needs no change is passed on as it is. The end of a call counts what was changed in it, among its
    tolerances, and that it is `invalid` if it does not fit the schema of its tool.
    """

    def __init__(self, checks: ToolChecks, counts: Counter[str] | None = None) -> None:
        self.counts: Counter[str] = Counter() if counts is None else counts
        """What was changed in all calls so far, and how many of them are `invalid`."""
        self.faults: list[Fault] = []
        """Why calls do not fit."""
        self._checks = checks
        self._open: dict[int, _Call] = {}

    def feed(self, events: Sequence[Event]) -> Sequence[Event]:
        """Pass these events on."""
        if not any(type(event) in _CALLS for event in events):
            return events
        out: list[Event] = []
        for event in events:
            match event:
                case ToolCallStart():
                    out.append(self._begun(event))
                case ToolCallArgsDelta():
                    out += self._passed(event)
                case ToolCallEnd():
                    out += self._ended(event)
                case _:
                    out.append(event)
        return out

    def _begun(self, event: ToolCallStart) -> ToolCallStart:
        name = self._checks.meant(event.name)
        call = self._open[event.index] = _Call(name, self._checks.arguments(name))
        if name == event.name:
            return event
        call.changes["renamed"] += 1
        return replace(event, name=name)

    def _passed(self, event: ToolCallArgsDelta) -> Sequence[Event]:
        call = self._open.get(event.index)
        if call is None:
            return (event,)
        piece = event.json if call.arguments is None else call.arguments.feed(event.json)
        self._note(call, piece)
        if piece == event.json:
            return (event,)
        return (ToolCallArgsDelta(event.index, piece),) if piece else ()

    def _ended(self, event: ToolCallEnd) -> Sequence[Event]:
        call = self._open.pop(event.index, None)
        if call is None:
            return (event,)
        rest = ""
        if call.arguments is not None:
            rest = call.arguments.finish()
            self._note(call, rest)
            call.changes += call.arguments.changes
        if event.complete and call.length <= MOST:
            fault = self._checks.fault(call.name, "".join(call.text) or "{}")
            if fault is not None:
                call.changes["invalid"] += 1
                self.faults.append(fault)
        self.counts += call.changes
        if call.changes:
            event = replace(event, tolerances=Counter(event.tolerances) + call.changes)
        return (ToolCallArgsDelta(event.index, rest), event) if rest else (event,)

    def _note(self, call: _Call, piece: str) -> None:
        call.length += len(piece)
        if call.length <= MOST:
            call.text.append(piece)
        else:
            call.text.clear()
