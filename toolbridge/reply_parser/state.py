"""What the states of a reply share: the reading, the markers at hand, and what has been seen."""

from functools import lru_cache

from toolbridge.dialects import dialects
from toolbridge.notation.dialect import PROMPTED, Dialect
from toolbridge.notation.literals import ENDS_OF_TURN, OBSERVATIONS, REASONING, RESULTS, TURNS
from toolbridge.notation.reading import Reading
from toolbridge.reply_parser.claims import Claim, Claims
from toolbridge.scanner import Markers

TICK = "`"
FENCE = "```"


class Lookout:
    """What replies are searched for: the same for all that come of one notation, whatever their tools are called.

    It is the larger part of a reply's memory and of the time to begin one, so they share it.
    """

    def __init__(self, dialect: str, *, offered: bool, separates: bool) -> None:
        self.claims = Claims((dialect,), offered=offered)
        self.unmarked = tuple(one for one in dialects().values() if one.unmarked)
        self.closers = frozenset(literal for one in dialects().values() for literal in one.closers)
        reasoning = {*REASONING, *REASONING.values()} if separates else set()
        self.openers = frozenset(self.claims.literals)
        self.markers = self.openers | reasoning | {*ENDS_OF_TURN, TICK} | self.closers
        self.behind_calls = self.markers | {*RESULTS, *TURNS, *OBSERVATIONS}
        self.ends_reasoning = self.claims.only(_ends_reasoning)


def _ends_reasoning(claim: Claim) -> bool:
    """Whether this opener ends reasoning: the notation asked for decides, as no other says whose model it is."""
    return claim.asked and claim.dialect.ends_reasoning


_lookout = lru_cache(maxsize=64)(Lookout)


class State:
    """One reply between its states. A state is a grammar over it; it returns behind what it has read."""

    def __init__(self, reading: Reading, dialect: str, *, separates: bool) -> None:
        self.reading = reading
        self.scanner = reading.scanner
        reading.separates = separates
        self._lookout = lookout = _lookout(dialect, offered=bool(reading.tools), separates=separates)
        self.unmarked = lookout.unmarked
        self.closers = lookout.closers
        self.frames = lookout.claims.frames(reading.names)
        """Openers that end with the name of an offered tool."""
        self.openers = Markers(lookout.openers, self.frames)
        self.markers = Markers(lookout.markers, self.frames)
        """What content is searched for."""
        self.first = True
        """Whether no text has come yet, reasoning aside."""
        self.begun = PROMPTED not in lookout.openers
        """Whether the first text has been looked at as the rest of what the prompt began."""
        self.failed_fence = -1
        """How far the last fence that was no block of calls had been read."""
        self.no_tick_before = -1
        """Up to where no backtick stands on the line at hand."""
        self.tick_at = -1
        """Where the next backtick stands on the line at hand, as far as that was looked for."""
        self.literal_reasoning = 0
        """Openers of reasoning that stood in content, where their closers belong as well."""
        self.unclosed: tuple[str, ...] = ()
        """What would have closed the candidate that was last given back: the first of it is text, too."""
        self.unclosed_fence = False
        """Whether a fence was opened in that candidate, as DeepSeek opens one around arguments."""
        self.unclosed_block: tuple[str, ...] = ()
        """What would close the block of the last call, which something else stands in: the first of it is markup."""
        self.ended = False
        """Whether the rest of the reply is made up."""
        self._has_called = False

    def called(self) -> None:
        """A call may have been read: from now on made-up results are looked for as well."""
        if self.reading.calls and not self._has_called:
            self._has_called = True
            self.markers = Markers(self._lookout.behind_calls, self.frames)

    def claims(self, literal: str) -> list[Claim]:
        """The claims on this literal; none where it is no opener."""
        return self._lookout.claims.of(literal, self.reading.tools)

    def ends_of(self, dialect: Dialect) -> Markers:
        """What a broken call of this dialect ends before, or at: its closers, else the end of its line, and openers."""
        return Markers(self._lookout.openers.union(dialect.closers or "\n"), self.frames)

    def ends_of_reasoning(self, closers: tuple[str, ...]) -> Markers:
        """These closers, and the openers that reasoning ends before."""
        openers = self._lookout.ends_reasoning
        return Markers((*closers, *openers.literals), openers.frames(self.reading.names))

    def pass_literal(self, literal: str) -> None:
        """What stands at the scanner's position is text."""
        self.first = False
        self.reading.pass_to(self.scanner.pos + len(literal))
