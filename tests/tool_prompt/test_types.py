"""A schema as a type: what the type says, and when it says that it could not say everything."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit
from toolbridge.limits import Limits
from toolbridge.schema import Document
from toolbridge.tool_prompt.types import Types, _outside

POINT = {"type": "object", "properties": {"x": {"type": "number"}}}
ROOT = {"$defs": {"Point": POINT, "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}}


def written(schema: Any, limits: Limits | None = None) -> tuple[str, bool]:
    types = Types(Document(ROOT, Budget(limits)))
    return types.write(schema), types.exact


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        ({}, "any"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": ["null", "string"]}, "string | null"),
        ({"const": {"a": [1]}}, '{"a":[1]}'),
        ({"enum": []}, "any"),
        ({"$ref": "#/$defs/Point"}, "{ x?: number }"),
        ({"items": {"$ref": "#/$defs/Point"}}, "{ x?: number }[]"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "(string | null)[]"),
        ({"type": "array", "items": {"enum": ["a | b"]}}, '("a | b")[]'),
        ({"type": "array", "items": [{"type": "string"}, {}]}, "[string, any]"),
        ({"properties": {"a-b": {}}, "required": ["a-b"]}, '{ "a-b": any }'),
        ({"anyOf": [{"type": "string"}, {"type": "string"}, {"type": "null"}]}, "string | null"),
    ],
)
def test_a_type_that_says_everything_is_exact(schema: Any, type_: str) -> None:
    assert written(schema) == (type_, True)


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"type": "string"}},
        {"type": "object", "patternProperties": {"^x": {}}},
        {"if": {}, "then": {}},
        {"$ref": "#/$defs/Node"},
        {"type": "array", "items": [{"type": "string", "maxLength": 2}]},
        {"oneOf": [POINT, {"type": "object", "properties": {"y": {}}}]},
        {"allOf": [{"type": "string"}, {"minLength": 1}]},
        {"properties": {"a": {"properties": {"b": {"properties": {"c": POINT}}}}}},
        {"enum": ["a"], "not": {}},
        {"anyOf": [{"type": "string"}] * 500},
    ],
)
def test_a_type_that_cannot_say_everything_is_not_exact(schema: Any) -> None:
    assert not written(schema)[1]


def test_a_writer_stays_inexact_once_it_was() -> None:
    types = Types(Document(ROOT, Budget()))
    types.write({"not": {}})
    types.write({"type": "string"})
    assert not types.exact


def test_long_lists_of_values_are_drawn_from_the_budget() -> None:
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        written({"enum": list(range(10_000))}, Limits(visits=100))


@given(st.text(st.sampled_from("ab {}[]<>()|"), max_size=30))
def test_what_stands_outside_of_brackets_is_found_as_by_an_expression(text: str) -> None:
    assert _outside(text) == re.sub(r"\{.*\}|\[.*\]|<.*>|\(.*\)", "", text)


def test_brackets_without_end_are_passed_over_at_once() -> None:
    assert _outside("{" * 60_000 + " | ") == "{" * 60_000 + " | "
