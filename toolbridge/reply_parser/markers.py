"""What a marker in content stands for, as a table: the first row that fits decides.

A row names a kind of marker, asks about the reply so far, and says what is read. One literal may be of several kinds:
gpt-oss' `<|end|>` ends a turn, and in a reply that was asked for in its own notation it begins the next message. So
order matters; a test holds that it matters only in the rows marked `wins`, which stand above others that fit as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from toolbridge.notation.drafts import ORPHAN
from toolbridge.notation.envelopes import skip_blanks
from toolbridge.notation.literals import ENDS_OF_TURN, OBSERVATIONS, REASONING, RESULTS, TURNS
from toolbridge.reply_parser.calls import read_block
from toolbridge.reply_parser.code import read_ticks
from toolbridge.reply_parser.next_tick import TICK
from toolbridge.reply_parser.reasoning import read_reasoning
from toolbridge.reply_parser.state import State
from toolbridge.reply_parser.tail import read_end_of_turn, read_invented
from toolbridge.scanner import Grammar

Test = Callable[[State, str], bool]
Reads = Callable[[State, str], Grammar]

_REASONING_CLOSERS = frozenset(REASONING.values())


def _always(_state: State, _literal: str) -> bool:
    return True


KINDS: Mapping[str, Test] = {
    "backtick": lambda _, literal: literal == TICK,
    "anything but a backtick": lambda _, literal: literal != TICK,
    "opener of a call": lambda state, literal: bool(state.claims(literal)),
    "opener of reasoning": lambda _, literal: literal in REASONING,
    "closer of reasoning": lambda _, literal: literal in _REASONING_CLOSERS,
    "end of turn": lambda _, literal: literal in ENDS_OF_TURN,
    "result or turn": lambda _, literal: literal in RESULTS or literal in TURNS,
    "result in words": lambda _, literal: literal in OBSERVATIONS,
    "closer of a block": lambda state, literal: literal in state.closers,
}
"""The kinds of markers. Whether a literal opens a call depends on the notation that was asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One meaning of a marker."""

    kind: str
    """One of `KINDS`."""
    when: Test
    """What must hold of the reply so far."""
    read: Reads
    """Reads the marker, which stands at the scanner's position, and what belongs to it."""
    wins: bool = False
    """Whether the row stands above others that would fit as well."""

    def fits(self, state: State, literal: str) -> bool:
        """Whether this is what the marker stands for, if no row above fits."""
        return KINDS[self.kind](state, literal) and self.when(state, literal)


def meaning(state: State, literal: str) -> Reads:
    """What reads the marker at the scanner's position: the first row that fits decides. Else the marker is text."""
    for row in TABLE:
        if row.fits(state, literal):
            return row.read
    return _text


# What the rows ask.


def _closes_candidate(state: State, literal: str) -> bool:
    """Whether the candidate that has just become text was still open for this marker."""
    return literal in state.unclosed


def _is_spoken_of(state: State, literal: str) -> bool:
    """Whether the marker stands behind an open backtick. An opener may yet be a call, if no second backtick comes."""
    return state.reading.code_span > 0 and not state.claims(literal)


def _opens_reasoning(state: State, literal: str) -> bool:
    return state.first or literal in state.thinks_again


def _opens_literal_reasoning(state: State, literal: str) -> bool:
    return not _opens_reasoning(state, literal)


def _closes_literal_reasoning(state: State, _literal: str) -> bool:
    return state.literal_reasoning > 0


def _closes_no_reasoning(state: State, _literal: str) -> bool:
    return state.literal_reasoning == 0


def _is_on_own_line_behind_call(state: State, _literal: str) -> bool:
    return state.reading.calls > 0 and state.reading.line_blank


def _is_directly_behind_call(state: State, _literal: str) -> bool:
    return state.reading.after_call


def _closes_block(state: State, literal: str) -> bool:
    """Whether it closes the block of the last call, in which something else stood behind the call."""
    return literal in state.unclosed_block and not state.reading.after_call


# What the rows read.


def _end_of_candidate(state: State, literal: str) -> Grammar:
    state.close_candidate(literal)
    yield from ()


def _text(state: State, literal: str) -> Grammar:
    state.pass_literal(literal)
    yield from ()


def _opener(state: State, literal: str) -> Grammar:
    """A call, unless the marker stands in a code span that closes on this line."""
    if state.reading.code_span and (yield from state.next_tick.is_behind(len(literal))):
        state.pass_literal(literal)
    else:
        yield from read_block(state, literal)


def _reasoning(state: State, literal: str) -> Grammar:
    reading = state.reading
    reading.scanner.pos += len(literal)
    reading.drop_blanks()
    reading.mark("markup")
    yield from read_reasoning(state, literal)


def _literal_reasoning(state: State, literal: str) -> Grammar:
    state.open_literal_reasoning(literal)
    yield from ()


def _end_of_literal_reasoning(state: State, literal: str) -> Grammar:
    state.close_literal_reasoning(literal)
    yield from ()


def _lone_closer(state: State, literal: str) -> Grammar:
    """The end of reasoning that never began: dropped, as are the blanks around it if nothing was said before."""
    reading, scanner = state.reading, state.scanner
    first = not (reading.spoke or reading.called)
    if first:
        reading.drop_blanks()
    scanner.pos += len(literal)
    reading.mark("markup")
    if first:
        yield from skip_blanks(reading)


def _orphan(state: State, literal: str) -> Grammar:
    """A close marker too many, directly behind a call."""
    state.scanner.pos += len(literal)
    state.reading.drop_blanks()
    state.reading.mark(ORPHAN)
    yield from ()


def _end_of_block(state: State, literal: str) -> Grammar:
    state.close_block()
    state.scanner.pos += len(literal)
    state.reading.mark("markup")
    yield from ()


TABLE: tuple[Row, ...] = (
    Row("backtick", _always, read_ticks),
    Row("anything but a backtick", _closes_candidate, _end_of_candidate, wins=True),
    Row("anything but a backtick", _is_spoken_of, _text, wins=True),
    Row("opener of a call", _always, _opener, wins=True),
    Row("opener of reasoning", _opens_reasoning, _reasoning),
    Row("opener of reasoning", _opens_literal_reasoning, _literal_reasoning),
    Row("closer of reasoning", _closes_literal_reasoning, _end_of_literal_reasoning),
    Row("closer of reasoning", _closes_no_reasoning, _lone_closer),
    Row("end of turn", _always, read_end_of_turn, wins=True),
    Row("result or turn", _is_on_own_line_behind_call, read_invented),
    Row("result in words", _is_directly_behind_call, read_invented),
    Row("closer of a block", _is_directly_behind_call, _orphan),
    Row("closer of a block", _closes_block, _end_of_block),
)
