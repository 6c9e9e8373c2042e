"""Fields of foreign descriptions: a value of the wrong type counts as missing, and nothing raises."""

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.lenient import count, mapping, text

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
)


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (1, 1),
        (8192, 8192),
        (4096.0, 4096),
        (10_000, 10_000),
        (10_001, None),
        (0, None),
        (-1, None),
        (0.5, None),
        (True, None),
        ("8192", None),
        (None, None),
        (float("inf"), None),
        (float("nan"), None),
        (10**400, None),
    ],
)
def test_a_count_is_a_positive_number_up_to_the_most(value: Any, counted: int | None) -> None:
    assert count(value, 10_000) == counted


@given(ANYTHING, st.integers(1, 1 << 60))
def test_any_value_is_a_count_within_its_bounds_or_none(value: Any, most: int) -> None:
    found = count(value, most)
    assert found is None or (type(found) is int and 1 <= found <= most)


@given(ANYTHING)
def test_any_value_is_a_mapping_or_an_empty_one(value: Any) -> None:
    assert mapping(value) == (value if isinstance(value, dict) else {})


@given(ANYTHING)
def test_any_value_is_a_text_or_an_empty_one(value: Any) -> None:
    assert text(value) == (value if isinstance(value, str) else "")


def test_a_mapping_of_any_kind_is_taken_as_it_is() -> None:
    proxy = MappingProxyType({"a": 1})
    assert mapping(proxy) is proxy
