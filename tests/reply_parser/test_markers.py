"""The table of what markers stand for: its order matters only where it says so, and each row is met."""

from collections.abc import Iterator
from itertools import combinations, count, product

import pytest

from tests.replies import TOOLS
from toolbridge.dialect_choice import dialect_names
from toolbridge.notation.literals import OBSERVATIONS, REASONING, RESULTS, TURNS
from toolbridge.notation.reading import Reading
from toolbridge.reply_parser.markers import KINDS, TABLE, meaning
from toolbridge.reply_parser.next_tick import TICK
from toolbridge.reply_parser.state import State
from toolbridge.tools import read_tools

FLAGS = (False, True)


def a_state(dialect: str) -> State:
    numbers = count()
    return State(Reading(read_tools(TOOLS), ids=lambda: f"id{next(numbers)}"), dialect)


def literals(state: State) -> list[str]:
    """One literal for every set of kinds that literals are of, where this notation was asked for."""
    known = {TICK, *REASONING, *REASONING.values(), *RESULTS, *TURNS, *OBSERVATIONS, *state.closers}
    known |= {opener.literal for row in [state.claims(one) for one in known] for opener in [it.opener for it in row]}
    known |= {"<get_weather", "<tool_calls>", "<tool_call>", "<|end|>", "<|im_end|>", "</s>", "<|eot|>"}
    by_kinds = {frozenset(name for name, test in KINDS.items() if test(state, one)): one for one in sorted(known)}
    return list(by_kinds.values())


def situations(state: State, literal: str) -> Iterator[None]:
    """Every state of a reply that a row can ask about, one after the other."""
    reading = state.reading
    is_closer = literal in state.closers
    for first, spanned, thought, called, behind, blank, unclosed, within in product(FLAGS, repeat=8):
        if (behind and not called) or (first and called) or ((unclosed or within) and not is_closer):
            continue
        state.first, state.literal_reasoning = first, int(thought)
        state.unclosed, state.unclosed_block = (literal,) * unclosed, (literal,) * within
        reading.code_span, reading.calls, reading.after_call, reading.line_blank = (
            int(spanned),
            int(called),
            behind,
            blank,
        )
        yield


@pytest.fixture(scope="module")
def fitting() -> set[tuple[int, ...]]:
    """The rows that fit together somewhere, by their places."""
    found = set()
    for name in dialect_names():
        state = a_state(name)
        for literal in literals(state):
            for _ in situations(state, literal):
                found.add(tuple(place for place, row in enumerate(TABLE) if row.fits(state, literal)))
    return found


def test_order_matters_only_where_a_row_says_that_it_wins(fitting: set[tuple[int, ...]]) -> None:
    above = {one for places in fitting for one, _ in combinations(places, 2)}
    assert above == {place for place, row in enumerate(TABLE) if row.wins}


def test_every_row_decides_somewhere(fitting: set[tuple[int, ...]]) -> None:
    assert {places[0] for places in fitting if places} == set(range(len(TABLE)))


def test_every_kind_is_asked_for() -> None:
    assert {row.kind for row in TABLE} == set(KINDS)


def test_a_marker_that_no_row_fits_is_text() -> None:
    state = a_state("xml")
    state.scanner.feed("</tool_calls>")
    assert not any(row.fits(state, "</tool_calls>") for row in TABLE)
    assert list(meaning(state, "</tool_calls>")(state, "</tool_calls>")) == []
    assert state.reading.ledger() == {"content": 13}
    assert not state.first
