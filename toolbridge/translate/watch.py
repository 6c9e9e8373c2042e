"""Looks into a reply that must make a call: has the call begun, and what else did the model write?"""

from collections.abc import Iterable, Sequence

from toolbridge.events import ContentDelta, Event, ToolCallEnd, ToolCallStart

MOST = 8 * 1024
"""Characters of the model's text that are kept, to show them to the model or to the client."""


class Watch:
    """Sees the events of one reply that must call one of these tools."""

    __slots__ = ("_allowed", "_room", "_texts", "called", "complete", "other")

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(allowed)
        self._texts: list[str] = []
        self._room = MOST
        self.called = False
        """Whether a call of an allowed tool has begun, before any other call."""
        self.complete = 0
        """How many calls are complete."""
        self.other = ""
        """The name of the tool that was called first, if it is not allowed."""

    @property
    def is_decided(self) -> bool:
        """Whether it is known that the reply makes its call, or that it calls another tool."""
        return self.called or bool(self.other)

    @property
    def text(self) -> str:
        """The beginning of the text that the model wrote beside its calls."""
        return "".join(self._texts)

    def note(self, events: Sequence[Event]) -> None:
        """Look at the events that go to the client."""
        for event in events:
            if type(event) is ContentDelta:
                if not self.called and self._room > 0:
                    self._texts.append(event.text[: self._room])
                    self._room -= len(event.text)
            elif type(event) is ToolCallStart:
                if not self.is_decided:
                    self.called = event.name in self._allowed
                    self.other = "" if self.called else event.name or "?"
            elif type(event) is ToolCallEnd:
                self.complete += event.outcome == "complete"
