"""Text in, events out: what a model wrote, read while it comes.

One scan looks for everything at once: calls in any notation, reasoning, code fences and spans, ends of turns, results
that the model made up. What is none of these goes on at once, but for blanks that may stand before a call and a tail
that may still become a marker. What each state looks for is a set of markers; what stands behind one is read by a
grammar. The ledger of every character is kept by `Reading`.
"""

import contextlib
import re
import secrets
import string
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

from toolbridge.dialects.base import Dialect
from toolbridge.dialects.choose import AUTO, find_dialect
from toolbridge.dialects.marks import ENDS_OF_TURN, OBSERVATIONS, REASONING, RESULTS, TURNS
from toolbridge.dialects.reading import AROUND, END_OF_TURN, INVENTED, ORPHAN, Reading, Release
from toolbridge.dialects.signatures import Claim, claims, dialects
from toolbridge.events import Cause, Event, Reply, ToolCall, ToolCallEnd, collect, merged
from toolbridge.limits import Limits
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall, OutOfText
from toolbridge.tools import read_tools

Reasoning = Literal["auto", "open", "off"]

_BLANKS = re.compile(r"[ \t\r\n]*")
_TICKS = re.compile(r"`*")
_TICKS_AND_BLANKS = re.compile(r"[` \t\r]*")
_SPAN_END = re.compile(r"[`\n]")
_INFO = re.compile(r"[\w+.-]*")
_FENCE = 3
_BETWEEN = BLANK + ";,"
"""What may stand between calls in a fence."""
_REASONING_CLOSERS = frozenset(REASONING.values())
_LETTERS = string.ascii_lowercase + string.digits


def new_call_id() -> str:
    """An id for a call that has none: `call_` and eight letters or digits, as Ollama makes them."""
    return "call_" + "".join(secrets.choice(_LETTERS) for _ in range(8))


class ReplyParser:
    """Reads one reply.

    `dialect` is the notation that was asked for; the others are read beside it. `tools` are those offered, in any shape
    that `read_tools` takes; with none, any name may be called. `reasoning` says how the reply begins: "auto" in content
    unless it opens its reasoning, "open" within reasoning, "off" never looks for it. `release`: "early" lets a call's
    pieces go as they come, "whole" holds them until it is complete and gives what never is back as text. `copies` are
    calls that the prompt showed as its example: one that only repeats it is text.
    """

    def __init__(
        self,
        dialect: str = "xml",
        tools: Iterable[Any] = (),
        *,
        reasoning: Reasoning = "auto",
        release: Release = "early",
        parallel: bool = True,
        copies: Iterable[ToolCall] = (),
        limits: Limits | None = None,
        ids: Callable[[], str] = new_call_id,
    ) -> None:
        if dialect != AUTO:
            find_dialect(dialect)
        offered = read_tools(tools)
        self.ended = False
        """Whether the rest of the reply is made up and the backend may as well be stopped."""
        self._finished = False
        self._reading = reading = Reading(
            offered, release=release, parallel=parallel, copies=copies, limits=limits, ids=ids
        )
        self._scanner = reading.scanner
        self._claims = claims((dialect,), reading.tools)
        self._unmarked = [one for one in dialects().values() if one.unmarked]
        self._first = True
        """Whether no text has come yet, reasoning aside."""
        self._quiet = False
        """Whether the content state waits with nothing before it."""
        self._failed_fence = -1
        """How far the last fence that was no block of calls had been read."""
        self._no_tick_before = -1
        """Up to where no backtick stands on the line at hand."""
        self._literal_reasoning = 0
        """Openers of reasoning that stood in content, and so do their closers."""
        closers = {literal for one in dialects().values() for literal in one.closers}
        reasoning_marks = {*REASONING, *REASONING.values()} if reasoning != "off" else set()
        common = {*self._claims, *reasoning_marks, *ENDS_OF_TURN, *closers, "`"}
        self._closers = frozenset(closers)
        self._before = Markers(common)
        self._after = Markers({*common, *RESULTS, *TURNS, *OBSERVATIONS})
        self._markers = self._before
        self._openers = Markers(self._claims)
        self._reply = self._read(open_reasoning=reasoning == "open")

    @property
    def ledger(self) -> dict[str, int]:
        """Characters read so far, by what became of them; once finished, they sum to the input."""
        return self._reading.ledger()

    def reasoning_is_apart(self) -> None:
        """The backend sends reasoning by itself: a reply that has not begun does not begin within it."""
        if self._scanner.here == 0 and not self._scanner.text:
            self._reply = self._read(open_reasoning=False)

    def feed(self, text: str) -> list[Event]:
        """Read a piece of the reply; the events that it completes."""
        if not text or self._finished:
            return []
        if (
            self._quiet
            and text[-1] not in BLANK
            and self._reading.idle
            and self._scanner.pos >= self._scanner.stop
            and self._markers.search(text, 0, len(text)) is None
        ):
            return [self._reading.plain(text)]
        self._scanner.feed(text)
        next(self._reply)
        return merged(self._reading.taken())

    def finish(self, cause: Cause = "stop") -> list[Event]:
        """The reply ended, by itself, at its limit, or because the stream broke off. Calling it again does nothing."""
        if self._finished:
            return []
        self._finished = True
        self._reading.cause = cause
        self._scanner.finish()
        for _ in self._reply:
            pass
        self._reading.release_blanks()
        return merged([*self._reading.taken(), *self._from_reasoning()])

    # The states. Each reads what belongs to it and returns behind it, or when the text has ended.

    def _read(self, *, open_reasoning: bool) -> Grammar:
        if open_reasoning:
            yield from self._reason("")
        yield from self._content()

    def _content(self) -> Grammar:
        reading, scanner = self._reading, self._scanner
        while True:
            if scanner.pos >= scanner.stop:
                if scanner.ended:
                    return
                self._quiet = not self._first
                yield
                self._quiet = False
                continue
            if self._first and (yield from self._first_text()):
                continue
            found = self._markers.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
            start, literal = found or (scanner.stop, None)
            if start > scanner.pos:
                if found is None and self._is_cut_closer():
                    scanner.pos = start
                    reading.mark("markup")
                    continue
                self._first = False
                reading.pass_to(start)
            if literal is not None:
                yield from self._marker(literal)
            elif found:
                yield

    def _first_text(self) -> Generator[None, None, bool]:
        """Before any text: blanks, and JSON that may be a call. Whether anything was read."""
        reading, scanner = self._reading, self._scanner
        found = _BLANKS.match(scanner.text, scanner.pos, scanner.stop)
        if found and found.end() > scanner.pos:
            reading.pass_to(found.end())
            return True
        if scanner.text[scanner.pos] not in "{[" or not self._unmarked:
            return False
        self._first = False
        reading.open()
        try:
            yield from self._unmarked_calls()
        except (NotACall, OutOfText) as stop:
            yield from self._abandon(stop, self._unmarked[0])
        return True

    def _is_cut_closer(self) -> bool:
        """Whether the reply ends, behind a call, within the marker that closes its block."""
        rest = self._scanner.text[self._scanner.pos : self._scanner.stop]
        return (
            self._scanner.ended
            and self._reading.after_call
            and any(closer.startswith(rest) for closer in self._closers)
        )

    def _marker(self, literal: str) -> Grammar:
        """What begins with this marker, at the scanner's position."""
        reading, scanner = self._reading, self._scanner
        text = False
        if literal == "`":
            yield from self._ticks()
        elif literal in self._claims:
            yield from self._opener(literal)
        elif reading.code_span:
            text = True
        elif literal in REASONING:
            if self._first:
                scanner.pos += len(literal)
                reading.drop_blanks()
                reading.mark("markup")
                yield from self._reason(literal)
            else:
                self._literal_reasoning += 1
                text = True
        elif literal in _REASONING_CLOSERS:
            if self._literal_reasoning:
                self._literal_reasoning -= 1
                text = True
            else:
                scanner.pos += len(literal)
                reading.mark("markup")
        elif literal in ENDS_OF_TURN:
            yield from self._end_of_turn(literal)
        elif (literal in OBSERVATIONS and reading.after_call) or (
            (literal in RESULTS or literal in TURNS) and reading.calls and reading.line_blank
        ):
            yield from self._invented()
        elif literal in self._closers and reading.after_call:
            scanner.pos += len(literal)
            reading.mark(ORPHAN)
        else:
            text = True
        if text:
            self._first = False
            reading.pass_to(scanner.pos + len(literal))

    # Calls.

    def _opener(self, literal: str) -> Grammar:
        reading, scanner = self._reading, self._scanner
        fitting = [claim for claim in self._claims[literal] if reading.line_blank or not claim.opener.line_start]
        if not fitting or (reading.code_span and (yield from self._in_code_span(len(literal)))):
            self._first = False
            reading.pass_to(scanner.pos + len(literal))
            return
        dialect = fitting[0].dialect
        reading.open()
        try:
            claim = yield from self._claim(literal, fitting)
            dialect = claim.dialect
            yield from dialect.read(reading, literal)
        except (NotACall, OutOfText) as stop:
            yield from self._abandon(stop, dialect)
        self._first = False
        if reading.calls:
            self._markers = self._after

    def _claim(self, literal: str, fitting: Sequence[Claim]) -> Generator[None, None, Claim]:
        """Read the opener; whose it is by what follows it."""
        scanner = self._scanner
        scanner.pos += len(literal)
        tokens = [token for claim in fitting for token in claim.opener.then]
        seen = (yield from scanner.sees(*tokens)) if tokens else ""
        if tokens and not seen:
            yield from scanner.blanks()
            seen = yield from scanner.sees(*tokens)
        for claim in fitting:
            if seen in claim.opener.then or not claim.opener.then:
                self._reading.declared_only = claim.declared_only
                return claim
        raise NotACall

    def _unmarked_calls(self) -> Grammar:
        self._reading.declared_only = bool(self._reading.tools)
        yield from self._unmarked[0].read(self._reading, "")
        self._markers = self._after

    def _abandon(self, stop: NotACall | OutOfText, dialect: Dialect) -> Grammar:
        """What a call that was left broken still has before it, up to its close marker, belongs to it."""
        reading, scanner = self._reading, self._scanner
        if not reading.abandon(stop):
            return
        ends = Markers((*dialect.closers, *self._claims))
        while True:
            found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
            start, literal = found or (scanner.stop, None)
            scanner.pos = start
            if literal in dialect.closers:
                scanner.pos += len(literal or "")
            reading.mark("call")
            reading.after_call = True
            if literal is not None or scanner.ended:
                return
            yield

    def _in_code_span(self, length: int) -> Generator[None, None, bool]:
        """Whether the code span that is open closes behind the opener on this line: then it only speaks of calls."""
        scanner = self._scanner
        most = self._reading.limits.lookahead
        looked = length
        while scanner.here >= self._no_tick_before:
            start = scanner.pos
            found = _SPAN_END.search(scanner.text, start + looked, min(scanner.stop, start + most))
            if found and found.group() == "`":
                return True
            if found or scanner.stop - start >= most or scanner.ended:
                self._no_tick_before = scanner.here + (found.start() - start if found else most)
                return False
            looked = max(looked, scanner.stop - start)
            yield
        return False

    # Code.

    def _ticks(self) -> Grammar:
        """A run of backticks: a fence at the start of a line, else one end of a code span."""
        reading, scanner = self._reading, self._scanner
        blank = reading.line_blank and not reading.code_span
        reading.open()
        try:
            run = yield from scanner.take(_TICKS)
        except (NotACall, OutOfText) as stop:
            reading.abandon(stop)
            return
        if blank and len(run) >= _FENCE:
            yield from self._fence(run)
            return
        reading.give_back()
        self._first = False
        if reading.code_span in (0, len(run)):
            reading.code_span = len(run) - reading.code_span

    def _fence(self, run: str) -> Grammar:
        """Behind the ticks that open a fence, in a draft that began at them."""
        reading, scanner = self._reading, self._scanner
        body = start = scanner.here
        depth = reading.depth
        before = reading.calls
        try:
            yield from scanner.take(_INFO)
            body = scanner.here
            yield from scanner.blanks()
            if start > self._failed_fence and (yield from self._opens()):
                reading.widen(reading.limits.fence)
                yield from self._fenced(run)
                return
        except OutOfText:
            if reading.calls > before and not reading.in_call and not reading.drafted(depth).strip(_BETWEEN):
                # The reply ended before the fence was closed.
                while reading.depth > depth:
                    reading.commit()
                scanner.pos = scanner.stop
                self._close_fence()
                return
            self._failed_fence = scanner.here
        except NotACall:
            # What one failed fence has held is not tried again: fences within it are part of its text.
            self._failed_fence = scanner.here
        reading.give_back(depth=depth, to=body)
        self._first = False
        yield from self._fence_text(len(run))

    def _opens(self) -> Generator[None, None, bool]:
        """Whether a call may begin here."""
        scanner = self._scanner
        if self._unmarked and (yield from scanner.peek()) in "{[":
            return True
        while found := self._openers.match(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended):
            if found[1] is not None:
                return True
            yield from scanner.more()
        return False

    def _fenced(self, run: str) -> Grammar:
        """Calls and nothing else, up to the end of the fence."""
        reading, scanner = self._reading, self._scanner
        while not (yield from scanner.maybe(run)):
            if not (yield from self._opens()):
                raise NotACall
            reading.open()
            found = self._openers.match(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
            if found and found[1]:
                claim = yield from self._claim(found[1], self._claims[found[1]])
                yield from claim.dialect.read(reading, found[1])
            else:
                yield from self._unmarked_calls()
            yield from scanner.blanks()
        yield from scanner.take(_TICKS_AND_BLANKS)
        if (yield from scanner.peek()) != "\n":
            raise NotACall
        self._close_fence()

    def _close_fence(self) -> None:
        self._reading.mark("markup")
        self._reading.drop_blanks()
        self._reading.commit()
        self._first = False
        self._markers = self._after

    def _fence_text(self, ticks: int) -> Grammar:
        """Code: text up to a line of at least as many ticks, whatever it holds."""
        reading, scanner = self._reading, self._scanner
        while True:
            at = scanner.text.find("`", scanner.pos, scanner.stop)
            reading.pass_to(at if at >= 0 else scanner.stop)
            if at < 0:
                if scanner.ended:
                    return
                yield
                continue
            blank = reading.line_blank
            reading.open()
            try:
                run = yield from scanner.take(_TICKS)
            except (NotACall, OutOfText) as stop:
                reading.abandon(stop)
                continue
            reading.give_back()
            if blank and len(run) >= ticks and scanner.text[scanner.pos] in BLANK:
                return

    # Reasoning, and what stands behind the reply.

    def _reason(self, opener: str) -> Grammar:
        """Reasoning, behind its opener; with none, the prompt opened it."""
        reading, scanner = self._reading, self._scanner
        reading.in_reasoning = True
        try:
            yield from scanner.blanks()
            if not opener:
                opener = yield from scanner.maybe(*REASONING)
                reading.mark("markup")
                yield from scanner.blanks()
        except OutOfText:
            reading.mark(AROUND)
            return
        reading.mark(AROUND)
        closers = (REASONING[opener],) if opener else tuple(REASONING.values())
        openers = [
            literal for literal, owners in self._claims.items() if any(one.dialect.ends_reasoning for one in owners)
        ]
        ends = Markers((*closers, *openers))
        while True:
            found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
            start, literal = found or (scanner.stop, None)
            reading.pass_to(start)
            if literal is not None:
                break
            if scanner.ended:
                return
            yield
        reading.drop_blanks()
        reading.in_reasoning = False
        if literal in closers:
            scanner.pos += len(literal)
            reading.mark("markup")
            with contextlib.suppress(OutOfText):
                yield from scanner.blanks()
            reading.mark(AROUND)

    def _end_of_turn(self, literal: str) -> Grammar:
        """An end-of-turn token that the server let through; in the middle of a reply it is text."""
        reading, scanner = self._reading, self._scanner
        reading.open()
        scanner.pos += len(literal)
        try:
            found = literal
            while found:
                yield from scanner.blanks()
                found = yield from scanner.maybe(*ENDS_OF_TURN)
            runs_on = bool(reading.calls and (yield from scanner.sees(*TURNS)))
        except OutOfText:
            reading.mark(END_OF_TURN)
            reading.commit()
            return
        except NotACall:
            runs_on = False
        if runs_on:
            reading.mark(END_OF_TURN)
            reading.commit()
            yield from self._invented()
        else:
            self._first = False
            reading.give_back()

    def _invented(self) -> Grammar:
        """A result that the model makes up, or somebody else's turn: nothing from here on is the reply's."""
        reading, scanner = self._reading, self._scanner
        reading.drop_blanks()
        self.ended = True
        while True:
            scanner.pos = scanner.stop
            reading.mark(INVENTED)
            if scanner.ended:
                return
            yield

    def _from_reasoning(self) -> list[Event]:
        """The last complete call of an offered tool within the reasoning, where there is nothing else to the reply."""
        reading = self._reading
        thoughts = reading.thoughts()
        if reading.calls or reading.spoke or not reading.tools or not thoughts:
            return []
        inner = ReplyParser(AUTO, reading.tools.values(), reasoning="off", release="whole", ids=lambda: "")
        found = [*inner.feed(thoughts), *inner.finish()]
        last = max((event.index for event in found if isinstance(event, ToolCallEnd)), default=None)
        if last is None:
            return []
        return reading.rescued([event for event in found if getattr(event, "index", None) == last])


def parse_reply(text: str, dialect: str = "xml", tools: Iterable[Any] = (), *, reasoning: Reasoning = "auto") -> Reply:
    """Read a whole reply at once: its content, its reasoning and its complete calls."""
    parser = ReplyParser(dialect, tools, reasoning=reasoning, release="whole")
    reply = collect([*parser.feed(text), *parser.finish()])
    return replace(reply, finish_reason="tool_calls" if reply.tool_calls else "stop")
