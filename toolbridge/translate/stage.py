"""The stage between a reader and a writer: text is read for calls, and the reason of the end is decided."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from toolbridge.checks.tool_checks import ToolChecks
from toolbridge.events import (
    Cause,
    ContentDelta,
    Error,
    Event,
    Finish,
    ReasoningDelta,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    merged,
)
from toolbridge.reply_parser import ReplyParser
from toolbridge.translate.checked_calls import CheckedCalls

_CAUSES: Mapping[str, Cause] = {"stop": "stop", "tool_calls": "stop", "length": "length"}


class ReplyStage:
    """Takes events and gives events: content is read for calls, other events pass, and the last reason is made true.

    Calls that the backend made and calls that were read out of the text are numbered together, from 0. Without
    `parallel` only the first call passes. Without a parser the text passes, too. With `checks`, calls are held to the
    schemas of their tools, whoever made them (`checked_calls`).

    No other place decides why a reply ended, or how many calls it makes. Readers report the backend's reason, which is
    often not true, and writers put our reason into the words of their wire.
    """

    def __init__(
        self, parser: ReplyParser | None = None, *, parallel: bool = True, checks: ToolChecks | None = None
    ) -> None:
        self.ended = False
        """Whether `Finish` or `Error` has gone out: no event follows."""
        self._parser = parser
        self._parallel = parallel
        self.changes: Counter[str] = Counter()
        """What was changed in calls so far, and how many of them are `invalid`."""
        self._checked = (
            {} if checks is None else {source: CheckedCalls(checks, self.changes) for source in ("read", "made")}
        )
        self._indexes: dict[tuple[str, int], int] = {}
        self._nameless: set[int] = set()
        self._complete = 0
        self._incomplete = 0

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """Pass these events on. The reply ends once the parser finds that the rest is a result the model made up."""
        out: list[Event] = []
        parser = self._parser
        for event in events:
            if self.ended:
                break
            if type(event) is ContentDelta:
                out += self._numbered("read", parser.feed(event.text)) if parser else (event,)
                continue
            match event:
                case ReasoningDelta():
                    if parser:
                        parser.reasoning_is_apart(event.text)
                    out.append(event)
                case ToolCallStart() | ToolCallArgsDelta() | ToolCallEnd():
                    if parser:
                        out += parser.calls_are_apart()
                    out += self._numbered("made", (event,))
                case Finish():
                    out += self._end(event)
                case Error():
                    out += self._rest("cut")
                    out.append(event)
                    self.ended = True
                case _:
                    out.append(event)
        if parser and parser.ended and not self.ended:
            out += self._end(Finish("stop"))
        return merged(out) if len(out) > 1 else out

    def finish(self) -> list[Event]:
        """The last events, without `Finish` or `Error`: the reader makes an `Error` of a reply without an end."""
        if self.ended:
            return []
        self.ended = True
        return list(self._rest("cut"))

    def _rest(self, cause: Cause) -> Sequence[Event]:
        """The events of the text that the parser held."""
        return self._numbered("read", self._parser.finish(cause)) if self._parser else ()

    def _end(self, finish: Finish) -> list[Event]:
        out = self._rest(_CAUSES.get(finish.reason, "cut"))
        self.ended = True
        reason = finish.reason
        if reason in ("stop", "tool_calls"):
            # Ollama and LM Studio send stop after calls, other servers send tool_calls without a call. And a call that
            # was cut or broken may have gone out already: a client that reads tool_calls would run it.
            reason = "tool_calls" if self._complete and not self._incomplete else "stop"
        return [*out, finish if reason == finish.reason else Finish(reason, finish.usage, finish.extra)]

    def _exceeds(self, source: str, event: ToolCallStart | ToolCallArgsDelta | ToolCallEnd) -> bool:
        """Whether the event belongs to a second call where only a single call is wanted: Ollama may make several."""
        return not self._parallel and bool(self._indexes) and (source, event.index) not in self._indexes

    def _numbered(self, source: str, events: Sequence[Event]) -> Sequence[Event]:
        if len(events) == 1 and type(events[0]) is ContentDelta:
            return events
        if self._checked:
            events = self._checked[source].feed(events)
        out: list[Event] = []
        for event in events:
            match event:
                case ToolCallStart() | ToolCallArgsDelta() | ToolCallEnd() if self._exceeds(source, event):
                    pass
                case ToolCallStart(index, call_id, name):
                    number = self._indexes[source, index] = len(self._indexes)
                    if not name:
                        self._nameless.add(number)
                    out.append(ToolCallStart(number, call_id, name))
                case ToolCallArgsDelta(index, piece):
                    out.append(ToolCallArgsDelta(self._indexes[source, index], piece))
                case ToolCallEnd(index=index):
                    number = self._indexes[source, index]
                    # No client can execute a call without a name.
                    outcome = "broken" if number in self._nameless else event.outcome
                    self._complete += outcome == "complete"
                    self._incomplete += outcome != "complete"
                    out.append(ToolCallEnd(number, outcome, event.tolerances))
                case _:
                    out.append(event)
        return out
