"""Every marker that belongs to no notation for calls stands in exactly one list."""

from collections.abc import Collection
from itertools import combinations

from toolbridge.dialects import dialects
from toolbridge.notation.literals import ENDS_OF_TURN, OBSERVATIONS, REASONING, RESULTS, TURNS

LISTS: tuple[Collection[str], ...] = (
    REASONING.keys(),
    set(REASONING.values()),  # Gemma 4 opens in two ways what it closes in one
    ENDS_OF_TURN,
    TURNS,
    RESULTS,
    OBSERVATIONS,
)


def test_no_marker_stands_in_two_lists() -> None:
    for one, other in combinations(LISTS, 2):
        assert not set(one) & set(other)


def test_no_marker_stands_twice_in_one() -> None:
    for one in LISTS:
        assert len(set(one)) == len(tuple(one))


def test_no_marker_begins_or_ends_with_a_blank() -> None:
    assert not [marker for one in LISTS for marker in one if marker != marker.strip() or not marker]


def test_no_opener_of_a_call_is_a_marker_of_something_else() -> None:
    openers = {opener.literal for dialect in dialects().values() for opener in dialect.openers}
    for one in LISTS:
        assert not openers & set(one)
