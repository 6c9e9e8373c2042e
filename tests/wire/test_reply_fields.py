"""Values of a backend's reply that may be of any type."""

import math

import pytest

from toolbridge.events import Usage
from toolbridge.wire.reply_fields import count_of, mapping_of, seconds_of, text_of, usage_of

OTHERS: tuple[object, ...] = (None, [], ["a"], object())


@pytest.mark.parametrize("value", [*OTHERS, 5, 0.5, True, {"a": 1}])
def test_only_a_string_is_text(value: object) -> None:
    assert text_of("a") == "a"
    assert text_of("") == ""
    assert text_of(value) is None


@pytest.mark.parametrize("value", [*OTHERS, 5, "a"])
def test_anything_but_an_object_counts_as_an_empty_one(value: object) -> None:
    assert mapping_of({"a": 1}) == {"a": 1}
    assert mapping_of(value) == {}


@pytest.mark.parametrize("value", [*OTHERS, True, 1.0, "1", {"a": 1}])
def test_only_an_integer_counts(value: object) -> None:
    assert count_of(0) == 0
    assert count_of(2**70) == 2**70
    assert count_of(value) is None


@pytest.mark.parametrize("value", [*OTHERS, "2026-08-21", {"a": 1}])
def test_a_time_is_any_number(value: object) -> None:
    assert seconds_of(1787335200) == 1787335200
    assert seconds_of(0.5) == 0.5
    assert seconds_of(math.inf) == math.inf
    assert seconds_of(value) is None


def test_usage_is_known_once_one_side_is_counted() -> None:
    assert usage_of(1, 2) == Usage(1, 2)
    assert usage_of(0, None) == Usage(0, None)
    assert usage_of("1", 2) == Usage(None, 2)
    assert usage_of(None, None) is None
    assert usage_of(True, 2.0) is None
