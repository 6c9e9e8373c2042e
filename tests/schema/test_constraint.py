"""What a backend is held to while it writes a call: kinds, members, entries and listed values, and nothing else."""

from typing import Any

import pytest

from toolbridge.budget import Budget
from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.schema import arguments_constraint, calls_constraint, projected
from toolbridge.schema.constraint import MOST_CALLS
from toolbridge.traits import TRAITS

ANY = {"type": ["array", "boolean", "null", "number", "object", "string"]}
WORDS = {"type", "properties", "required", "items", "enum", "anyOf", "additionalProperties"}


def fits_in(schema: Any, value: Any) -> bool:
    """Whether a value fits a constraint, by the few words that constraints have."""
    assert schema.keys() <= WORDS | {"minItems", "maxItems"}
    if "anyOf" in schema:
        return any(fits_in(branch, value) for branch in schema["anyOf"])
    if "enum" in schema and value not in schema["enum"]:
        return False
    match schema.get("type"):
        case "object":
            members = schema.get("properties")
            return isinstance(value, dict) and (
                members is None
                or (
                    {*schema["required"]} <= value.keys() <= members.keys()
                    and all(fits_in(members[name], part) for name, part in value.items())
                )
            )
        case "array":
            size = schema.get("minItems", 0), schema.get("maxItems", 99)
            entries = isinstance(value, list) and size[0] <= len(value) <= size[1]
            return entries and all(fits_in(schema["items"], entry) for entry in value)
        case "string":
            return isinstance(value, str)
        case kind:
            raise AssertionError(kind)


def of(schema: Any, **root: Any) -> Any:
    made = arguments_constraint({"type": "object", "properties": {"a": schema}, "required": ["a"]} | root)
    assert made["required"] == ["a"]
    return made["properties"]["a"]


@pytest.mark.parametrize(
    ("schema", "constraint"),
    [
        ({"type": "string", "pattern": "^(?!x)", "maxLength": 9, "description": "d"}, {"type": "string"}),
        ({"type": "integer", "minimum": 1}, {"type": "integer"}),
        ({"type": ["number", "null"]}, {"type": ["null", "number"]}),
        ({"enum": ["a", 1, None]}, {"enum": ["a", 1, None]}),
        ({"const": "x"}, {"enum": ["x"]}),
        ({"type": "array", "items": {"type": "boolean"}}, {"type": "array", "items": {"type": "boolean"}}),
        ({"type": "array"}, {"type": "array"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"allOf": [{"type": "string"}]}, {"type": "string"}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object"}),
        ({"description": "anything"}, ANY),
        (True, ANY),
        ("string", {"type": "string"}),
        (
            {"type": "object", "properties": {"b": {"type": "str"}}},
            {"type": "object", "properties": {"b": {"type": "string"}}, "required": [], "additionalProperties": False},
        ),
    ],
    ids=str,
)
def test_a_parameter_is_held_to_what_every_engine_can_enforce(schema: Any, constraint: Any) -> None:
    assert of(schema) == constraint


def test_references_are_put_in_their_places() -> None:
    point = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}
    assert of({"$ref": "#/$defs/Point"}, **{"$defs": {"Point": point}}) == point | {"additionalProperties": False}


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}, "all": {"$ref": "#"}}}
    made = of({"$ref": "#/$defs/Tree"}, **{"$defs": {"Tree": tree}})
    assert made["properties"]["next"]["properties"]["next"]["type"] == "object"
    assert "$ref" not in str(made)


def test_where_the_budget_ends_the_arguments_are_any_object() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert arguments_constraint(schema, Budget(Limits(visits=1))) == {"type": "object"}


def test_parameters_in_branches_are_members_as_well() -> None:
    made = arguments_constraint(
        {"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"properties": {"b": {}}}]}
    )
    assert list(made["properties"]) == ["a", "b"]


NOW = Tool("now")
WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})


@pytest.mark.parametrize(
    ("reply", "fits"),
    [
        ({"name": "get_weather", "arguments": {"city": "Oslo"}}, True),
        ({"name": "now", "arguments": {}}, True),
        ({"name": "get_weather", "arguments": {"city": 3}}, False),
        ({"name": "get_weather", "arguments": {"town": "Oslo"}}, False),
        ({"name": "other", "arguments": {}}, False),
        ({"name": "now"}, False),
        ([], False),
    ],
    ids=str,
)
def test_only_calls_fit(reply: Any, fits: bool) -> None:
    one = calls_constraint((NOW, WEATHER), several=False)
    several = calls_constraint((NOW, WEATHER), several=True)
    for schema, value in ((one, reply), (several, [reply]), (several, [reply] * MOST_CALLS)):
        assert fits_in(schema, value) is fits
    assert not fits_in(several, [])


def test_a_single_tool_makes_a_schema_of_an_object() -> None:
    made = calls_constraint((WEATHER,), several=False)
    assert (made["type"], list(made["properties"])) == ("object", ["name", "arguments"])


def test_a_server_that_makes_a_grammar_takes_a_constraint_as_it_is() -> None:
    form = TRAITS["llama.cpp"].schemas
    assert form is not None
    made = calls_constraint((NOW, WEATHER), several=True)
    assert projected(made, form) is made


def test_many_large_tools_are_held_to_the_kinds_of_their_parameters() -> None:
    inner = {"type": "object", "properties": {f"q{at}": {"type": "string"} for at in range(40)}}
    wide = {"type": "object", "properties": {f"p{at}": inner for at in range(40)}}
    made = calls_constraint([Tool(f"t{at}", parameters=wide) for at in range(5)], several=False)
    arguments = [one["properties"]["arguments"]["properties"] for one in made["anyOf"]]
    assert len(arguments[0]["p39"]["properties"]) == 40
    assert arguments[-1]["p39"] == {"type": "object"}
