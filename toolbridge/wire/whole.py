"""Replies in one piece: the events of a reply are gathered, and written at its end."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    Opaque,
    ReasoningDelta,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
)
from toolbridge.wire.codec import object_of

E = TypeVar("E", bound=Event)

CUT_SHORT = "the reply ended before it was whole"
"""The error of a reply whose writer got neither `Finish` nor `Error`."""


class WholeWriter:
    """Gathers events, all of which `compose` writes at the end."""

    def __init__(self, compose: Callable[[list[Event]], bytes]) -> None:
        self._compose = compose
        self._events: list[Event] = []

    def feed(self, events: Iterable[Event]) -> bytes:
        """Gather these events; nothing is written yet."""
        self._events.extend(events)
        return b""

    def finish(self) -> bytes:
        """The document of the whole reply."""
        return self._compose(self._events)


def last(events: Iterable[Event], kind: type[E]) -> E | None:
    """The last event of a kind; None if there is no such event."""
    found = None
    for event in events:
        if isinstance(event, kind):
            found = event
    return found


def end_of(events: Sequence[Event]) -> Finish | Error:
    """The event that ends the reply; an error if the reply has no end."""
    return last(events, Error) or last(events, Finish) or Error(CUT_SHORT)


def joined(events: Iterable[Event], kind: type[ContentDelta | ReasoningDelta]) -> str:
    """The text of all deltas of a kind."""
    return "".join([event.text for event in events if isinstance(event, kind)])


def gathered(events: Iterable[Event], wire: str) -> dict[str, Any]:
    """The fields of a wire's own pieces (`Opaque`) together: lists are joined, and of other values the last is kept."""
    fields: dict[str, Any] = {}
    for event in events:
        if isinstance(event, Opaque) and event.wire == wire:
            data = event.json.encode("utf-8", "backslashreplace")
            _join(fields, object_of(data), 2)
    return fields


def all_tokens(events: Iterable[Event]) -> tuple[Mapping[str, Any], ...]:
    """The tokens of these events that come with their log probabilities."""
    return tuple(token for event in events if isinstance(event, Logprobs) for token in event.tokens)


def _join(fields: dict[str, Any], more: dict[str, Any], levels: int) -> None:
    for name, value in more.items():
        known = fields.get(name)
        if isinstance(known, list) and isinstance(value, list):
            known.extend(value)
        elif isinstance(known, dict) and isinstance(value, dict) and levels:
            _join(known, value, levels - 1)
        elif value is not None or name not in fields:
            fields[name] = value


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
