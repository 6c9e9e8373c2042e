"""What the states of a reply share: the reading, the markers that are looked for, and facts about the reply so far."""

from functools import lru_cache

from toolbridge.dialects import dialects
from toolbridge.notation.dialect import PROMPTED, Dialect
from toolbridge.notation.literals import ENDS_OF_TURN, OBSERVATIONS, REASONING, REASONING_ANYWHERE, RESULTS, TURNS
from toolbridge.notation.reading import Reading
from toolbridge.reply_parser.claims import Claim, Claims
from toolbridge.reply_parser.next_tick import TICK, NextTick
from toolbridge.scanner import BLANK, Markers

FENCE = "```"


class Lookout:
    """The markers that replies are searched for: the same for all replies to prompts for one notation.

    It does not depend on the names of the tools. It is the larger part of a reply's memory and of the time to begin a
    reply, so replies share it.
    """

    def __init__(self, dialect: str | Dialect, *, offered: bool, separates: bool) -> None:
        asked = dialect if isinstance(dialect, Dialect) else dialects().get(dialect)
        beside = (asked,) if asked is not None and asked.name not in dialects() else ()
        known = [*dialects().values(), *beside]
        self.claims = Claims((asked.name,) if asked else (), offered=offered, beside=beside)
        self.fenced = asked is not None and asked.fenced
        self.unmarked = tuple(one for one in known if one.unmarked)
        self.closers = frozenset(literal for one in known for literal in one.closers)
        reasoning = {*REASONING, *REASONING.values()} if separates else set()
        self.openers = frozenset(self.claims.literals)
        self.markers = self.openers | reasoning | {*ENDS_OF_TURN, TICK} | self.closers
        self.behind_calls = self.markers | {*RESULTS, *TURNS, *OBSERVATIONS}
        self.thinks_again = REASONING_ANYWHERE.union(asked.thinks_again if asked else ())
        self.ends_reasoning = self.claims.only(_ends_reasoning)


def _ends_reasoning(claim: Claim) -> bool:
    """Whether this opener ends reasoning. Only the notation that was asked for decides: it tells whose model it is."""
    return claim.asked and claim.dialect.ends_reasoning


_lookout = lru_cache(maxsize=64)(Lookout)


class State:
    """What the states of one reply share. A state is a grammar over it, and returns behind what it has read."""

    def __init__(self, reading: Reading, dialect: str | Dialect) -> None:
        self.reading = reading
        self.scanner = reading.scanner
        self._lookout = lookout = _lookout(dialect, offered=bool(reading.tools), separates=reading.separates)
        self.unmarked = lookout.unmarked
        """The dialects whose calls may stand without a marker."""
        self.fenced = lookout.fenced
        """Whether the notation that was asked for writes its calls in fences."""
        self.closers = lookout.closers
        """Markers that end a block of calls, in any notation."""
        self.thinks_again = lookout.thinks_again
        """Openers of reasoning that count behind content, too."""
        self.frames = lookout.claims.frames(reading.names)
        """Openers that end with the name of an offered tool."""
        self.openers = Markers(lookout.openers, self.frames)
        self.markers = Markers(lookout.markers, self.frames)
        """The markers that content is searched for."""
        self.first = True
        """Whether no text and no call has come yet. Reasoning is no such text."""
        self.begun = PROMPTED not in lookout.openers
        """Whether the first text has been looked at as the rest of what the prompt began."""
        self.next_tick = NextTick(self.scanner, reading.limits.lookahead)
        self.failed_fence = -1
        """The position up to which the last fence was read that was not a block of calls."""
        self.literal_reasoning = 0
        """How many openers of reasoning stood in content as text. As many closers are text, too."""
        self.unclosed: tuple[str, ...] = ()
        """Close markers of the candidate that has just become text. The first of them to come is text, too."""
        self.unclosed_fence = False
        """Whether a fence was opened in that candidate, as DeepSeek opens a fence around arguments."""
        self.unclosed_block: tuple[str, ...] = ()
        """Close markers of the last call's block, in which something else stands. The first to come is markup."""
        self.ended = False
        """Whether the rest of the reply is made up."""
        self._looks_for_results = False

    # The reply.

    def begin(self) -> None:
        """The first text is looked at as the rest of what the prompt began."""
        self.begun = True

    def begin_text(self) -> None:
        """Text has come, or a call: nothing that follows is the first text of the reply."""
        self.first = False

    def look_for_results(self) -> None:
        """Look for made-up results from now on, if a call has been read."""
        if self.reading.calls and not self._looks_for_results:
            self._looks_for_results = True
            self.markers = Markers(self._lookout.behind_calls, self.frames)

    def end(self) -> None:
        """The rest of the reply is made up."""
        self.ended = True

    # What is looked for.

    def claims(self, literal: str) -> list[Claim]:
        """The claims on this literal. Empty if the literal is no opener."""
        return self._lookout.claims.of(literal, self.reading.tools)

    def ends_of(self, dialect: Dialect) -> Markers:
        """Markers that end a broken call of this dialect: openers, and its closers or else the end of its line."""
        return Markers(self._lookout.openers.union(dialect.closers or "\n"), self.frames)

    def ends_of_reasoning(self, closers: tuple[str, ...]) -> Markers:
        """Markers that end reasoning: these closers, and openers of the dialect that was asked for."""
        openers = self._lookout.ends_reasoning
        return Markers((*closers, *openers.literals), openers.frames(self.reading.names))

    # Markers that are text, and those of a candidate that became text.

    def pass_literal(self, literal: str) -> None:
        """The literal at the scanner's position is text, of the reply or of its reasoning."""
        if not self.reading.in_reasoning:
            self.begin_text()
        self.reading.pass_to(self.scanner.pos + len(literal))

    def begin_candidate(self) -> None:
        """A new candidate begins: what would have closed the last one is forgotten."""
        self.unclosed, self.unclosed_fence, self.unclosed_block = (), False, ()

    def leave_unclosed(self, dialect: Dialect, written: str) -> None:
        """This candidate of a dialect becomes text: what closes it is text as well, if that has not come yet."""
        text = written.lstrip(BLANK)
        found = self.openers.match(text, 0, len(text), ended=True)
        if found and not any(closer in text for closer in dialect.closers):
            self.unclosed = dialect.closers
            self.unclosed_fence = text.count(FENCE) % 2 == 1

    def leave_block(self, dialect: Dialect) -> None:
        """Something else than calls stands in a block: what closes the block is markup all the same."""
        self.unclosed_block = dialect.closers

    def close_candidate(self, literal: str) -> None:
        """The close marker of a candidate that became text: it is text as well."""
        self.unclosed = ()
        self.pass_literal(literal)

    def close_fence(self) -> None:
        """A fence that closes the one in a candidate that became text."""
        self.unclosed_fence = False

    def close_block(self) -> None:
        """The close marker of a block that something else stood in has come."""
        self.unclosed_block = ()

    def open_literal_reasoning(self, literal: str) -> None:
        """An opener of reasoning that is text: one closer is text as well."""
        self.literal_reasoning += 1
        self.pass_literal(literal)

    def close_literal_reasoning(self, literal: str) -> None:
        """A closer of reasoning whose opener was text."""
        self.literal_reasoning -= 1
        self.pass_literal(literal)

    def fail_fence(self) -> None:
        """A fence is no block of calls, as far as it was read: the fences within that are part of its text."""
        self.failed_fence = self.scanner.here
