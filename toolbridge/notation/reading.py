"""One reply being read: where its text and calls go, and the ledger of every character.

A grammar reads from `scanner` and reports what it found: `begin`, `args` and `end` for a call, `mark` for markup. With
`open` it begins a draft. The events and counts of a draft leave only with `commit`. `give_back` undoes them, and turns
the same characters into text. A call that is released early is a draft up to its commit point; a call that is released
whole is a draft up to its end; a fence around calls is a draft around their drafts.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from toolbridge.events import (
    Cause,
    Event,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallStart,
)
from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.notation.call_ids import CallIds
from toolbridge.notation.drafts import SKIPPED, Draft, Drafts
from toolbridge.notation.names import Offered, is_legal, is_placeholder
from toolbridge.notation.open_call import OpenCall
from toolbridge.notation.spoken import Spoken
from toolbridge.scanner import Grammar, NotACall, OutOfText

Release = Literal["early", "whole"]


class Reading(Spoken):
    """One reply. Other files read its attributes, and call a verb to change something."""

    def __init__(
        self,
        tools: Iterable[Tool] | Mapping[str, Tool] = (),
        *,
        names: Offered | None = None,
        release: Release = "early",
        separates: bool = True,
        copies: Iterable[ToolCall] = (),
        limits: Limits | None = None,
        ids: Callable[[], str],
    ) -> None:
        self.tools: Mapping[str, Tool] = tools if isinstance(tools, Mapping) else {tool.name: tool for tool in tools}
        self.names = Offered(self.tools) if names is None else names
        self.limits = limits or Limits()
        super().__init__(self.limits.call if self.tools else 0)
        self.separates = separates
        """Whether reasoning and content are told apart."""
        self.cause: Cause = "stop"
        """Why the reply ended, once it has."""
        self.declared_only = False
        """Whether the candidate at hand must name a tool that was offered."""
        self.passage: Callable[[str], bool] | None = None
        """A function that may take the next piece in place of the grammar, while that waits in `wait`."""
        self.calls = 0
        """Complete calls so far, also calls that were dropped."""
        self._release = release
        self._copies = tuple(copies)
        self._ids = CallIds(ids)
        self._index = 0
        self._lenient: Counter[str] = Counter()
        """Lenient readings of a candidate that has not become a call."""
        self._drafts = Drafts(self.scanner)
        self._call: OpenCall | None = None

    # What a parser asks.

    def taken(self) -> list[Event]:
        """The events that may leave now."""
        events = self._drafts[0].events if self._drafts else self._events
        out = events[:]
        events.clear()
        return out

    def ledger(self) -> dict[str, int]:
        """How many characters became what. Text that is held is not counted yet."""
        base = self._drafts[0].ledger if self._drafts else self._ledger
        base["content"] += self._plain
        self._plain = 0
        return {key: count for key, count in sorted(base.items()) if count}

    @property
    def called(self) -> bool:
        """Whether there is a call in the reply, complete or not."""
        return self._index > 0 or self.calls > 0

    @property
    def copies(self) -> tuple[ToolCall, ...]:
        """The calls of the prompt's example."""
        return self._copies

    @property
    def in_call(self) -> bool:
        """Whether a call has begun and not ended."""
        return self._call is not None

    @property
    def depth(self) -> int:
        """How many drafts are open."""
        return len(self._drafts)

    def drafted(self, depth: int) -> str:
        """The text that the drafts within the first `depth` drafts have read."""
        return self._drafts.text_within(depth)

    # The end, and waiting.

    def finish(self, cause: Cause) -> None:
        """No more text will come, for this reason."""
        self.cause = cause
        self.scanner.finish()

    def wait(self, passage: Callable[[str], bool] | None) -> Grammar:
        """Wait for more text in a hot loop, with nothing unread before it.

        `passage` is told each piece that comes, and returns whether it took the piece. With the first piece that it did
        not take the grammar goes on.
        """
        self.passage = passage
        yield
        self.passage = None

    # Drafts.

    def open(self) -> None:
        """Begin a draft at the scanner's position."""
        here = self.scanner.here
        if not self._drafts:
            self._lenient.clear()
        draft = Draft(
            here,
            self._counted,
            self._events,
            self._ledger,
            self._blanks,
            self._index,
            self.calls,
            self.after_call,
            self.in_reasoning,
            here + self.limits.lookahead,
        )
        self._drafts.begin(draft)
        self._events, self._ledger = [], Counter()
        self._relimit()

    def widen(self, size: int) -> None:
        """Let the innermost draft read this many characters from its start."""
        draft = self._drafts[-1]
        draft.limit = draft.start + size
        self._relimit()

    def commit(self) -> None:
        """Keep what the innermost draft holds: it joins what came before."""
        draft = self._drafts.end()
        draft.events += self._events
        draft.ledger.update(self._ledger)
        self._events, self._ledger = draft.events, draft.ledger
        self._relimit()

    def give_back(self, *, depth: int = 0, to: int | None = None, stray: bool = False) -> None:
        """Undo the innermost draft: its characters are text. With `depth` undo all drafts down to that depth.

        Reading goes on behind these characters, or at the position `to` within them. The characters may be a `stray`
        opener, which is text unless a call begins directly behind it.
        """
        draft, text = self._drafts.undo((depth or len(self._drafts)) - 1, to)
        self._events, self._ledger = draft.events, draft.ledger
        self._counted, self._blanks, self._index = draft.counted, draft.blanks, draft.index
        self.calls, self.after_call, self.in_reasoning = draft.calls, draft.after_call, draft.in_reasoning
        self._call = None
        self._relimit()
        if stray and not self.in_reasoning:
            self._hold(text)
        else:
            self._text(text)

    def _relimit(self) -> None:
        call = self._call
        self.scanner.limit(self._drafts.limit() if call is None else self._drafts.limit(call.limit))

    # Calls.

    @property
    def tool(self) -> Tool | None:
        """The offered tool of the call at hand; None for a call of a tool that was not offered."""
        return self._call.tool if self._call else None

    def resolve(self, name: str) -> str:
        """The name of the tool that this name means. Raises `NotACall` for a name that may not be called here."""
        known = self.names.declared(name)
        if known is not None:
            return known
        if (self.tools and (self.declared_only or is_placeholder(name))) or not is_legal(name):
            raise NotACall
        return name

    def require_offered(self, required: bool = True) -> None:
        """Whether the candidate that begins must name an offered tool. Where no tools are offered, any name will do."""
        self.declared_only = required

    def begin(self, name: str, call_id: str = "", *, dropped: bool = False) -> None:
        """The commit point: from here on this is a call. Raises `NotACall` for a name that may not be called here.

        A call that is `dropped` is read and leaves no event, unless a tool of its name is offered.
        """
        known = self.resolve(name)
        limit = self._drafts[-1].start + self.limits.call
        originals = [one for one in self._copies if one.name == known]
        dropped = dropped and known not in self.tools
        self._call = call = OpenCall(self._index, self.tools.get(known), limit, dropped=dropped, originals=originals)
        call.tolerances.update(self._lenient)
        self._lenient.clear()
        if known != name:
            self.tolerate("name")
        if self._release == "early" and not call.may_copy:
            self.commit()
        else:
            self.widen(self.limits.call)
        if self._drafts:
            call.hold()
        self.drop_before_call()
        self.end_thought()
        if not dropped:
            self._events.append(ToolCallStart(self._index, self._ids.take(call_id) or self._ids.new(), known))
            self._index += 1

    def empty_call(self, name: str, call_id: str = "") -> None:
        """A whole call without arguments. Raises `NotACall` for a name that may not be called here."""
        self.begin(name, call_id)
        self.args("{}")
        self.end()

    def identify(self, call_id: str) -> None:
        """Set the id of the call at hand, which came late. A draft must still hold the beginning of the call."""
        call = self._call
        if call is None or call.dropped:
            return
        for at, event in enumerate(self._events):
            if isinstance(event, ToolCallStart) and event.index == call.index:
                self._events[at] = ToolCallStart(event.index, self._ids.take(call_id) or event.id, event.name)

    def args(self, piece: str) -> None:
        """A piece of the arguments' JSON text."""
        call = self._call
        if not piece or call is None or call.dropped:
            return
        if call.held is None:
            self._events.append(ToolCallArgsDelta(call.index, piece))
            return
        call.held.write(piece)
        if call.outgrown() and self._release == "early":
            self._events += call.released()
            self.commit()
            if self._drafts:
                call.hold()

    def tolerate(self, what: str, times: int = 1) -> None:
        """Count a lenient reading for the call at hand, or for the call that is about to begin."""
        (self._call.tolerances if self._call is not None else self._lenient)[what] += times

    def end(self) -> None:
        """The call at hand is complete. Raises `NotACall` for a call that only repeats the prompt's example."""
        call = self._call
        if call is None:
            return
        if call.is_copy():
            raise NotACall
        self._call = None
        self.calls += 1
        self.after_call = True
        self.begin_line()
        self.mark(SKIPPED if call.dropped else "call")
        if not call.dropped:
            self._events += call.released()
            self._events.append(call.ended("complete"))
        if self._release == "whole" or call.may_copy:
            self.commit()
        else:
            self._relimit()

    def abandon(self, stop: NotACall | OutOfText) -> bool:
        """End a candidate that did not become a complete call. Returns whether it was a call that is broken now.

        A draft becomes text again. A call whose pieces have left ends truncated where the text ran out, else broken.
        """
        if self._drafts:
            self.give_back()
            return False
        call = self._call
        if call is None:
            self.mark("markup")
            return False
        self._call = None
        self._relimit()
        truncated = isinstance(stop, OutOfText)
        if truncated:
            self.scanner.pos = self.scanner.stop
        self.mark("call")
        if not call.dropped:
            self._events.append(call.ended("truncated" if truncated else "broken"))
        return not truncated

    def add_to_call(self) -> None:
        """Count everything read since the last count to the call that has just ended as broken."""
        self.mark("call")
        self.after_call = True
