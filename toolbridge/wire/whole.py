"""Replies in one piece: the events of a reply gathered, to be written at its end."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from toolbridge.events import ContentDelta, Event, ReasoningDelta, ToolCallArgsDelta, ToolCallEnd, ToolCallStart

E = TypeVar("E", bound=Event)

CUT_SHORT = "the reply ended before it was whole"
"""For a writer that is finished without `Finish` or `Error`."""


class WholeWriter:
    """Gathers events; `compose` writes all of them at the end."""

    def __init__(self, compose: Callable[[list[Event]], bytes]) -> None:
        self._compose = compose
        self._events: list[Event] = []

    def feed(self, events: Iterable[Event]) -> bytes:
        """Nothing yet."""
        self._events.extend(events)
        return b""

    def finish(self) -> bytes:
        """The one document."""
        return self._compose(self._events)


def last(events: Iterable[Event], kind: type[E]) -> E | None:
    """The last event of a kind."""
    found = None
    for event in events:
        if isinstance(event, kind):
            found = event
    return found


def joined(events: Iterable[Event], kind: type[ContentDelta | ReasoningDelta]) -> str:
    """The text of all deltas of a kind."""
    return "".join([event.text for event in events if isinstance(event, kind)])


def complete_calls(events: Iterable[Event]) -> Iterator[tuple[ToolCallStart, str]]:
    """Each complete call of these events: its start, and its arguments as JSON text."""
    pieces: dict[int, tuple[ToolCallStart, list[str]]] = {}
    for event in events:
        match event:
            case ToolCallStart(index=index):
                pieces[index] = event, []
            case ToolCallArgsDelta(index, piece) if index in pieces:
                pieces[index][1].append(piece)
            case ToolCallEnd(index=index) if index in pieces:
                start, texts = pieces.pop(index)
                if event.complete:
                    yield start, "".join(texts) or "{}"
