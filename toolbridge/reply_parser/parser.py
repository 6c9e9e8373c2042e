"""The parser as callers see it: text in, events out."""

import secrets
import string
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

from toolbridge.budget import Budget
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.errors import Misuse, check_word
from toolbridge.events import (
    Cause,
    ContentDelta,
    Event,
    Reply,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    collect,
    merged,
)
from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect
from toolbridge.notation.reading import Reading, Release
from toolbridge.reply_parser.content import read_content
from toolbridge.reply_parser.reasoning import read_reasoning
from toolbridge.reply_parser.state import State
from toolbridge.scanner import BLANK, Grammar
from toolbridge.tools import read_tools

Reasoning = Literal["auto", "open", "off"]

_LETTERS = string.ascii_lowercase + string.digits


def new_call_id() -> str:
    """An id for a call that has none: `call_` and eight letters or digits, as Ollama makes them."""
    return "call_" + "".join([_LETTERS[byte % len(_LETTERS)] for byte in secrets.token_bytes(8)])


class ReplyParser:
    """Reads one reply.

    `dialect` is the notation that was asked for, by its name or as the dialect of a model's own template; the others
    are read beside it. `tools` are the offered tools, in any
    shape that `read_tools` takes; without tools any name may be called. `reasoning` says how the reply begins: "auto"
    in content unless it opens its reasoning, "open" within reasoning; "off" never looks for reasoning. `release` says
    when calls leave: "early" lets the pieces of a call go as they come; "whole" holds a call until it is complete, and
    gives a call that is never complete back as text. `copies` are the calls of the prompt's example: a call that only
    repeats one of them is text.
    """

    def __init__(
        self,
        dialect: str | Dialect = "xml",
        tools: Iterable[Any] = (),
        *,
        reasoning: Reasoning = "auto",
        release: Release = "early",
        copies: Iterable[ToolCall] = (),
        limits: Limits | None = None,
        ids: Callable[[], str] = new_call_id,
    ) -> None:
        check_word("reasoning", reasoning, get_args(Reasoning))
        check_word("release", release, get_args(Release))
        if not isinstance(dialect, Dialect):
            find_dialect(dialect)
        self._dialect = dialect
        self._finished = False
        self._rescues = True
        self._ids = ids
        offered = read_tools(tools, Budget(limits))
        separates = reasoning != "off"
        self._reading = Reading(offered, release=release, separates=separates, copies=copies, limits=limits, ids=ids)
        self._state = State(self._reading, dialect)
        self._reply = self._read(open_reasoning=reasoning == "open")

    @property
    def ended(self) -> bool:
        """Whether the rest of the reply is made up, so that the backend may as well be stopped."""
        return self._state.ended

    @property
    def ledger(self) -> dict[str, int]:
        """How many characters became what so far. Once the reply is finished, they sum to the input."""
        return self._reading.ledger()

    def reasoning_is_apart(self, text: str) -> None:
        """The backend sends reasoning by itself, and this is a piece of it.

        A reply that has not begun begins in content then. The piece is neither counted nor given back. A call may be
        read out of it as out of the reply's own reasoning.
        """
        self._reading.think(text)
        scanner = self._reading.scanner
        if scanner.here == 0 and not scanner.text:
            self._reply = self._read(open_reasoning=False)

    def calls_are_apart(self) -> list[Event]:
        """The backend has made a call by itself: no call is read out of the reasoning.

        Returns the blanks behind the text. They were held for a call in the text, and stand before the backend's call.
        """
        self._rescues = False
        reading = self._reading
        if reading.depth or reading.in_reasoning:
            return []
        reading.release_blanks()
        return reading.taken()

    def feed(self, text: str) -> list[Event]:
        """Read a piece of the reply. Returns the events that it completes. Raises `Misuse` once the reply has ended."""
        if self._finished and text:
            raise Misuse("feed() was called after finish(): each reply needs a ReplyParser of its own")
        if not text:
            return []
        passage = self._reading.passage
        if passage is not None and passage(text):
            return self._reading.taken()
        self._reading.scanner.feed(text)
        next(self._reply)
        events = self._reading.taken()
        return merged(events) if len(events) > 1 else events

    def finish(self, cause: Cause = "stop") -> list[Event]:
        """The reply ended, by itself, at its limit, or because the stream broke off. Calling it again does nothing.

        Raises `Misuse` for a cause that is none.
        """
        check_word("cause", cause, get_args(Cause))
        if self._finished:
            return []
        self._finished = True
        self._reading.finish(cause)
        for _ in self._reply:
            pass
        self._reading.release_blanks()
        return merged([*self._reading.taken(), *self._from_reasoning()])

    def _read(self, *, open_reasoning: bool) -> Grammar:
        if open_reasoning:
            yield from read_reasoning(self._state, "")
        yield from read_content(self._state)

    def _from_reasoning(self) -> list[Event]:
        """The last complete calls of offered tools within the reasoning, if the reply has no content and no call.

        Calls with only blanks between them belong together. Calls before other text were given up for later calls. A
        reply that was cut short gives no such call: the model might have changed its mind.
        """
        reading = self._reading
        thoughts = reading.thoughts() if self._rescues else ""
        if reading.cause != "stop" or reading.called or reading.spoke or not reading.tools or not thoughts:
            return []
        inner = ReplyParser(
            self._dialect,
            reading.tools.values(),
            reasoning="off",
            release="whole",
            copies=reading.copies,
            limits=reading.limits,
        )
        found = [*inner.feed(thoughts), *inner.finish()]
        return [*self._renumbered(found, _last_together(found, reading.tools))]

    def _renumbered(self, events: Iterable[Event], indexes: Sequence[int]) -> Iterator[Event]:
        """The events of these calls, as those of the first calls of this reply."""
        own = {index: number for number, index in enumerate(indexes)}
        for event in events:
            match event:
                case ToolCallStart(index, _, name) if index in own:
                    yield ToolCallStart(own[index], self._ids(), name)
                case ToolCallArgsDelta(index, piece) if index in own:
                    yield ToolCallArgsDelta(own[index], piece)
                case ToolCallEnd(index, outcome, tolerances) if index in own:
                    yield ToolCallEnd(own[index], outcome, tolerances)


def _last_together(events: Iterable[Event], offered: Container[str]) -> list[int]:
    """The indexes of the last calls of offered tools that have no text between them."""
    together: list[int] = []
    apart = False
    for event in events:
        if isinstance(event, ContentDelta):
            apart = apart or bool(event.text.strip(BLANK))
        elif isinstance(event, ToolCallStart) and event.name in offered:
            together = [event.index] if apart else [*together, event.index]
            apart = False
    return together


def warm_up() -> None:
    """Load every notation and compile what its replies are searched for, a tenth of a second in all.

    Without this, the first reply in each notation does it, on the loop that serves all requests. A server calls this
    before it listens.
    """
    for name in dialect_names():
        parser = ReplyParser(name, (Tool("warm_up"),))
        parser.feed("x <")
        parser.finish()


def parse_reply(text: str, dialect: str = "xml", tools: Iterable[Any] = (), *, reasoning: Reasoning = "auto") -> Reply:
    """Read a whole reply at once: its content, its reasoning and its complete calls."""
    parser = ReplyParser(dialect, tools, reasoning=reasoning, release="whole")
    reply = collect([*parser.feed(text), *parser.finish()])
    return replace(reply, finish_reason="tool_calls" if reply.tool_calls else "stop")
