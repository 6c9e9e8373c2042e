"""JSON text for a prompt: short, exact, and paid for by its length."""

import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit
from toolbridge.limits import Limits
from toolbridge.tool_prompt.compact_json import compact_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES)
def test_the_text_reads_back_as_the_value(value: Any) -> None:
    assert json.loads(compact_json(value)) == value


@given(VALUES)
def test_no_other_json_text_of_the_value_is_shorter(value: Any) -> None:
    assert len(compact_json(value)) <= len(json.dumps(value, ensure_ascii=False))


def test_letters_stand_as_they_are() -> None:
    assert compact_json({"städte": ["天気"]}) == '{"städte":["天気"]}'


@pytest.mark.parametrize(
    ("value", "written"),
    [(MappingProxyType({"a": 1}), '{"a":1}'), (int, "\"<class 'int'>\""), ({"a": {1}}, '{"a":"{1}"}')],
)
def test_what_json_has_no_word_for_is_an_object_or_its_text(value: Any, written: str) -> None:
    """A library's caller may pass any mapping, and values that are no JSON."""
    assert compact_json(value) == written


def test_a_short_text_is_free_and_a_long_one_is_drawn_as_visits() -> None:
    budget = Budget()
    compact_json("x" * 60, budget)
    assert budget.left("visits") == Limits().visits
    compact_json("x" * 6_398, budget)
    assert budget.left("visits") == Limits().visits - 100
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        compact_json("x" * 6_400, Budget(Limits(visits=99)))
