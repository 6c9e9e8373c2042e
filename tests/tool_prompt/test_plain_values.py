"""Values of examples: common words, the same in every process, within the limits of the schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.tool_prompt.plain_values import plain_value, words_of


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("city", "Lima"),
        ("homeCity", "Lima"),
        ("destination", "Turku"),
        ("target_language", "Danish"),
        ("symbol", "XYZ"),
        ("file_path", "plan.txt"),
        ("search_query", "old maps"),
        ("anything", "lantern"),
        ("", "lantern"),
    ],
)
def test_the_name_of_a_parameter_tells_which_things_fit(name: str, value: str) -> None:
    assert plain_value(name, 0, {}) == value


def test_another_example_has_another_value() -> None:
    assert len({plain_value("city", number, {}) for number in range(4)}) == 4


def test_limits_of_the_schema_are_kept() -> None:
    assert plain_value("city", 0, {"maxLength": 3}) is None
    assert plain_value("city", 0, {"minLength": 100}) is None
    assert plain_value("city", 0, {"maxLength": 100, "minLength": 1}) == "Lima"


@given(st.text(), st.integers(0, 9))
def test_no_name_gets_into_a_value(name: str, number: int) -> None:
    value = plain_value(name, number, {})
    assert value is not None
    assert value.isascii()
    assert len(value) < 40


def test_words_of_a_name() -> None:
    assert words_of("getWeather_forCity") == ["get", "weather", "for", "city"]
    assert words_of("HTTPStatus-2") == ["http", "status"]
    assert words_of("Straße 7") == ["stra", "e"]
