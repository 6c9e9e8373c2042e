"""What a schema says beside its type, in words that a model reads."""

from typing import Any

import pytest

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit
from toolbridge.limits import Limits
from toolbridge.tool_prompt.remarks import description, remarks


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({}, []),
        ({"type": "string"}, []),
        ({"default": None}, []),
        ({"default": False}, ["default false"]),
        ({"minimum": 1, "maximum": 1}, ["exactly 1"]),
        ({"minItems": 1, "maxItems": 1}, ["exactly 1 item"]),
        ({"minLength": 0}, []),
        ({"minItems": 2}, ["at least 2 items"]),
        ({"maxLength": 1}, ["at most 1 character"]),
        ({"exclusiveMaximum": 3}, ["< 3"]),
        ({"maximum": 3, "exclusiveMaximum": True}, ["< 3"]),
        ({"maximum": 3, "exclusiveMaximum": False}, ["<= 3"]),
        ({"example": "a"}, ['e.g. "a"']),
        ({"examples": [1, 2, 3, 4]}, ["e.g. 1, 2, 3"]),
        ({"examples": "a"}, []),
        ({"uniqueItems": True, "deprecated": True}, ["no duplicates", "deprecated"]),
        ({"format": 5, "pattern": None}, []),
    ],
)
def test_each_word_of_a_schema_is_a_remark(schema: Any, said: list[str]) -> None:
    assert remarks(schema, Budget()) == said


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_branches_remark_too_and_nothing_is_remarked_twice(word: str) -> None:
    schema = {"minimum": 1, word: [{"minimum": 1}, {"maximum": 5}, True, None]}
    assert remarks(schema, Budget()) == [">= 1", "<= 5"]


def test_a_description_is_one_line() -> None:
    assert description("city", {"description": "  The\n\tcity's   name. "}, Budget()) == "The city's name."


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [("city", "City", ""), ("zip_code", "Zip Code", ""), ("city", "Where to look", "Where to look"), ("a", " ", "")],
)
def test_a_title_counts_where_it_says_more_than_the_name(name: str, title: str, said: str) -> None:
    assert description(name, {"title": title}, Budget()) == said


def test_a_description_counts_before_a_title() -> None:
    assert description("a", {"title": "The title", "description": "The words"}, Budget()) == "The words"
    assert description("a", {"title": "The title", "description": " "}, Budget()) == "The title"


@pytest.mark.parametrize("schema", [{}, {"description": 5}, {"description": None, "title": ["a"]}])
def test_what_is_no_text_is_no_description(schema: Any) -> None:
    assert description("a", schema, Budget()) == ""


def test_long_texts_are_paid_for_each_time_they_are_looked_at() -> None:
    """A thousand members may refer to one text."""
    budget = Budget(Limits(visits=25))
    text = {"description": "x" * 2_560}
    description("a", text, budget)
    description("a", text, budget)
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        description("a", text, budget)


def test_a_description_that_cannot_fit_into_the_prompt_is_refused_before_it_is_worked_on() -> None:
    with pytest.raises(OverLimit, match=r"limits\.prompt"):
        description("a", {"description": "x" * 101}, Budget(Limits(prompt=100)))
