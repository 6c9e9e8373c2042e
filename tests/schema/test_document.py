"""A client's schema as a document: the same answers as the plain questions give, all from one budget."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge import schema as schemas
from toolbridge.budget import Budget
from toolbridge.errors import OverLimit
from toolbridge.limits import Limits
from toolbridge.schema import Document

ROOT: dict[str, Any] = {
    "type": "object",
    "properties": {"at": {"$ref": "#/$defs/Point"}, "unit": {"enum": ["c", "f"]}, "n": {"type": ["integer", "null"]}},
    "required": ["at"],
    "additionalProperties": {"type": "boolean"},
    "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}}},
}


def document(limits: Limits | None = None) -> Document:
    return Document(ROOT, Budget(limits))


@given(st.sampled_from(["at", "unit", "n", "other"]))
def test_the_answers_are_those_of_the_plain_questions(name: str) -> None:
    asked, declared = document(), schemas.property_schema(ROOT, name)
    assert asked.property_schema(name) == declared
    assert asked.kinds(declared) == schemas.kinds(declared, ROOT)
    assert asked.properties(ROOT) == schemas.properties(ROOT)
    assert asked.required(ROOT) == schemas.required(ROOT)


def test_references_lead_into_the_document() -> None:
    point = ROOT["$defs"]["Point"]
    assert document().resolve({"$ref": "#/$defs/Point"}) == point
    assert document().inlined({"anyOf": [{"$ref": "#/$defs/Point"}]}) == {"anyOf": [point]}
    assert document().properties({"$ref": "#/$defs/Point"}) == {"x": {"type": "number"}}
    assert document().kinds({"$ref": "#/$defs/Point"}) == {"object"}


QUESTIONS: dict[str, Callable[[Document], object]] = {
    "resolve": lambda asked: asked.resolve({"$ref": "#/$defs/Point"}),
    "inlined": lambda asked: asked.inlined(ROOT),
    "properties": lambda asked: asked.properties(ROOT),
    "property_schema": lambda asked: asked.property_schema("at"),
    "required": lambda asked: asked.required(ROOT),
    "kinds": lambda asked: asked.kinds(ROOT),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_every_question_draws_from_the_one_budget(question: Callable[[Document], object]) -> None:
    asked = document()
    question(asked)
    once = Limits().visits - asked.budget.left("visits")
    assert once > 0
    question(asked)
    assert Limits().visits - asked.budget.left("visits") == 2 * once


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_that_the_budget_cannot_pay_for_is_an_error_that_names_the_limit(
    question: Callable[[Document], object],
) -> None:
    asked = document(Limits(visits=1))
    asked.budget.spend("visits")
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        question(asked)
