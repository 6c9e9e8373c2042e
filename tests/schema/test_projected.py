"""Schemas in the form that a backend takes: each row names what llama.cpp's server was seen to refuse."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.budget import Budget
from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.schema import projected, projected_tools
from toolbridge.schema.projected import _CACHE
from toolbridge.traits import TRAITS, SchemaForm

FORM = SchemaForm(repetitions=500, most=64 * 1024)
EMAIL = "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"
"""zod's pattern for an e-mail address."""


def one(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, "required": ["a"]}


def test_a_schema_with_nothing_to_leave_out_is_returned_itself() -> None:
    schema = one({"type": "string", "maxLength": 500, "pattern": "^[a-z]+$", "description": "A word."}) | {
        "$defs": {"X": {"type": ["string", "null"]}},
        "additionalProperties": False,
    }
    schema["properties"]["b"] = {"$ref": "#/$defs/X"}
    schema["properties"]["c"] = {
        "type": "array",
        "items": {"anyOf": [{"type": "integer", "minimum": 0}]},
        "minItems": 1,
    }
    assert projected(schema, FORM) is schema


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("refused", "taken"),
    [
        (TEXT | {"pattern": EMAIL, "format": "email"}, TEXT | {"format": "email"}),
        (TEXT | {"pattern": "^(?=.*a)$"}, TEXT),
        (TEXT | {"pattern": "[a-z]+"}, TEXT),
        (TEXT | {"pattern": r"^\d+$"}, TEXT),
        (TEXT | {"pattern": "^[a-z]{0,5000}$"}, TEXT),
        (TEXT | {"pattern": None, "format": None}, TEXT),
        (TEXT | {"minLength": 3000}, TEXT),
        (TEXT | {"maxLength": 2000}, TEXT),
        (TEXT | {"maxLength": 10.0}, TEXT),
        (TEXT | {"maxLength": "10"}, TEXT),
        (TEXT | {"minLength": 3, "maxLength": 2}, TEXT),
        ({"type": "array", "items": TEXT, "minItems": 3, "maxItems": 2}, {"type": "array", "items": TEXT}),
        ({"type": "array", "items": TEXT, "minItems": None}, {"type": "array", "items": TEXT}),
        ({"type": "array", "items": True}, {"type": "array"}),
        ({"type": "object", "additionalProperties": None}, {"type": "object"}),
        ({"type": "object", "properties": []}, {"type": "object"}),
        ({"type": "integer", "maximum": 10**30, "minimum": 1}, {"type": "integer", "minimum": 1}),
        ({"$ref": "#/$defs/Nothing"}, {}),
        ({"$ref": "https://example.com/x.json", "description": "d"}, {"description": "d"}),
        ({"$ref": "#"}, {}),
        ({"$ref": 3}, {}),
        ({"type": "str"}, TEXT),
        ({"type": "STRING"}, TEXT),
        ({"type": "float"}, {"type": "number"}),
        ({"type": "any"}, {}),
        ({"type": []}, {}),
        ({"type": ["str", "null"]}, {"type": ["null", "string"]}),
        ({"enum": []}, {}),
        ({"enum": None, "type": "string"}, TEXT),
        ({"anyOf": []}, {}),
        ({"anyOf": {}}, {}),
        ({"anyOf": ["string", True]}, {"anyOf": [TEXT, {}]}),
        (True, {}),
        (None, {}),
        ("string", TEXT),
    ],
    ids=str,
)
def test_what_the_server_would_refuse_is_left_out(refused: Any, taken: Mapping[str, Any]) -> None:
    found = projected(one(refused), FORM)
    assert found == one(taken)
    assert projected(found, FORM) is found


def test_bounds_count_as_often_as_the_lists_around_them_repeat() -> None:
    texts = {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 100}}
    assert projected(one(texts), FORM) == one({"type": "array", "maxItems": 100, "items": {"type": "string"}})
    few = {"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 100}}
    assert projected(one(few), FORM) == one(few)


def test_a_schema_may_refer_to_itself() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/X"}}, "$defs": {"X": {"$ref": "#/$defs/X"}}}
    assert projected(schema, FORM) == {"type": "object", "properties": {"a": {}}, "$defs": {"X": {}}}
    tree = {"type": "object", "properties": {"a": {"$ref": "#/$defs/X"}}}
    tree["$defs"] = {"X": {"type": "object", "properties": {"next": {"$ref": "#/$defs/X"}}}}
    assert projected(tree, FORM) is tree


def test_a_place_that_the_budget_does_not_afford_stays_as_it_is() -> None:
    schema = one({"type": "string", "maxLength": 9000})
    assert projected(schema, FORM, Budget(Limits(visits=1))) is schema


def many(number: int, inner: Callable[[int], Any]) -> tuple[Tool, ...]:
    return tuple(Tool(f"tool_{at}", "Does it.", one(inner(at))) for at in range(number))


def test_tools_that_the_server_takes_are_returned_themselves() -> None:
    tools = many(3, lambda _: TEXT)
    assert projected_tools(tools, FORM) is tools
    odd = many(2, lambda at: TEXT | {"maxLength": 9000 * at})
    found = projected_tools(odd, FORM)
    assert found[0] == odd[0]
    assert found[1].parameters == one(TEXT)
    assert projected_tools(odd, None) is odd


def test_the_largest_schemas_keep_only_their_parameters_where_all_are_too_large_together() -> None:
    deep = {"type": "object", "description": "Many.", "properties": {f"p{at}": TEXT for at in range(400)}}
    tools = (*many(2, lambda _: TEXT), Tool("large", "", one(deep) | {"required": ["a"]}))
    found = projected_tools(tools, SchemaForm(repetitions=500, most=2000))
    assert found[:2] == tools[:2]
    assert found[2].parameters == one({"type": "object", "description": "Many."})


def test_notes_do_not_count_as_constraints() -> None:
    tools = many(2, lambda _: TEXT | {"description": "x" * 5000})
    assert projected_tools(tools, SchemaForm(repetitions=500, most=500)) is tools


def test_a_projection_is_made_once() -> None:
    _CACHE.clear()
    tools = many(3, lambda at: TEXT | {"maxLength": 9000 + at})
    budget = Budget()
    found, left = projected_tools(tools, FORM, budget), budget.left("visits")
    assert projected_tools(tools, FORM, budget) == found
    assert budget.left("visits") == left
    assert len(_CACHE) == 3


def test_numbers_of_any_size_are_read() -> None:
    assert projected_tools(many(1, lambda _: {"type": "integer", "maximum": 2**70}), FORM)[0].parameters == one(
        {"type": "integer"}
    )


def test_servers_that_make_no_grammar_of_tools_take_every_schema() -> None:
    assert {name for name, traits in TRAITS.items() if traits.schemas is not None} == {"llama.cpp", "lmstudio"}


WORDS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "anyOf",
        "enum",
        "$ref",
        "maxLength",
        "minLength",
        "pattern",
        "additionalProperties",
    ]
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-5, 5000), st.sampled_from(["string", "#/$defs/X", "^a$", "x"]))
SCHEMAS = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(WORDS, SCHEMAS, max_size=5))
def test_a_projection_needs_no_projection(schema: dict[str, Any]) -> None:
    found = projected(schema, FORM)
    assert projected(found, FORM) == found
