"""What a schema says of a tool's parameters."""

from typing import Any

import pytest

from toolbridge.schema import KINDS, declares, items_schema, kinds, properties, property_schema, required, resolve

POINT = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}


def parameters(**more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"city": {"type": "string"}}} | more


def test_a_declared_parameter_has_its_schema_and_any_other_has_none() -> None:
    assert property_schema(parameters(), "city") == {"type": "string"}
    assert property_schema(parameters(), "town") is None


@pytest.mark.parametrize("nothing", [None, True, [], "object", 5, {}, {"properties": None}, {"properties": []}])
def test_parameters_that_say_nothing_declare_nothing(nothing: Any) -> None:
    assert property_schema(nothing, "city") is None
    assert properties(nothing) == {}
    assert required(nothing) == ()


@pytest.mark.parametrize("declared", [None, True, False, 5, []])
def test_a_parameter_declared_as_nothing_is_declared_all_the_same(declared: Any) -> None:
    assert property_schema({"properties": {"a": declared}}, "a") == {}
    assert kinds(declared) == KINDS


@pytest.mark.parametrize(
    "pointer",
    ["#/$defs/Point", "#/definitions/Point", "#/properties/here", "#/$defs/a~1b~0c", "#/$defs/a%20b", "#/allOf/0"],
)
def test_references_lead_through_the_document(pointer: str) -> None:
    root = {
        "$defs": {"Point": POINT, "a/b~c": POINT, "a b": POINT},
        "definitions": {"Point": POINT},
        "properties": {"here": POINT, "there": {"$ref": pointer}},
        "allOf": [POINT],
    }
    assert property_schema(root, "there") == POINT


def test_words_beside_a_reference_count_first() -> None:
    root = {"$defs": {"P": {"type": "string", "description": "old"}}}
    assert resolve({"$ref": "#/$defs/P", "description": "new"}, root) == {"type": "string", "description": "new"}


@pytest.mark.parametrize(
    "pointer", ["#/$defs/Missing", "https://example.org/schema.json", "#/$defs", "other", "#/a/0/b", "#/list/9", ""]
)
def test_a_reference_that_leads_nowhere_says_nothing(pointer: str) -> None:
    root = {"$defs": {}, "a": ["b"], "list": [1], "properties": {"p": {"$ref": pointer}}}
    assert kinds(property_schema(root, "p"), root) == KINDS


def test_references_that_lead_to_themselves_end() -> None:
    root = {
        "$defs": {
            "Self": {"$ref": "#/$defs/Self"},
            "Ping": {"$ref": "#/$defs/Pong"},
            "Pong": {"$ref": "#/$defs/Ping"},
            "Many": {"anyOf": [{"$ref": "#/$defs/Many"}] * 3 + [{"type": "integer"}]},
            "All": {"allOf": [{"$ref": "#/$defs/All"}, {"required": ["a"]}]},
        },
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in ("Self", "Ping", "Many", "All")},
    }
    assert kinds(property_schema(root, "Self"), root) == KINDS
    assert kinds(property_schema(root, "Ping"), root) == KINDS
    assert kinds(property_schema(root, "Many"), root) == {"integer"}
    assert required({"$ref": "#/$defs/All", **root}) == ("a",)


def test_a_schema_of_unions_of_unions_costs_no_more_than_its_bound() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(40):
        schema = {"anyOf": [schema] * 3}
    assert kinds(schema) <= KINDS
    assert property_schema({"properties": {"a": schema}}, "a") is not None


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_parameters_combined_at_the_root_are_all_declared(word: str) -> None:
    root = {
        "$defs": {"Base": {"properties": {"a": {"type": "string"}}, "required": ["a"]}},
        word: [{"$ref": "#/$defs/Base"}, {"properties": {"b": {"type": "integer"}}, "required": ["b", "a"]}],
    }
    assert properties(root) == {"a": {"type": "string"}, "b": {"type": "integer"}}
    assert property_schema(root, "b") == {"type": "integer"}
    assert required(root) == (("a", "b") if word == "allOf" else ("a",))


def test_a_parameter_that_differs_by_branch_is_a_union() -> None:
    root = {"oneOf": [{"properties": {"op": {"const": "add"}}}, {"properties": {"op": {"const": 5}}}]}
    assert kinds(property_schema(root, "op")) == {"string", "integer"}


def test_a_tool_that_takes_any_name_declares_it() -> None:
    assert property_schema(parameters(additionalProperties={"type": "integer"}), "town") == {"type": "integer"}
    assert property_schema(parameters(patternProperties={"^t": {"type": "integer"}}), "town") == {"type": "integer"}
    assert property_schema(parameters(additionalProperties=True), "town") is None


def test_required_parameters_keep_their_order_and_come_once() -> None:
    assert required({"required": ["b", "a", "b", 5, None]}) == ("b", "a")
    assert required({"required": "city"}) == ()


def test_a_parameter_that_says_itself_that_it_is_required() -> None:
    assert required({"properties": {"a": {"type": "string", "required": True}, "b": {"required": False}}}) == ("a",)


def test_the_items_of_an_array() -> None:
    assert items_schema({"items": {"type": "integer"}}, 3) == {"type": "integer"}
    assert items_schema({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, 0) == {"type": "string"}
    assert items_schema({"items": [{"type": "string"}, {"type": "integer"}]}, 1) == {"type": "integer"}
    assert items_schema({"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "string"}}]}, 0) == {
        "type": "string"
    }
    assert items_schema({"type": "array"}, 0) is None


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "number"}, {"integer", "number"}),
        ({"type": ["integer", "null"]}, {"integer", "null"}),
        ({"type": "number", "enum": [1, 2]}, {"integer"}),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, {"string", "array"}),
        ({"type": "string", "anyOf": [{"minLength": 1}, {"pattern": "a"}]}, {"string"}),
        ({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"object"}),
        ({"type": "integer", "allOf": [{"type": "string"}]}, {"integer"}),
        ({"type": []}, KINDS),
        ({"type": ""}, KINDS),
        ({"type": "any"}, KINDS),
        ({"type": {"a": 1}}, KINDS),
        ({"type": ["string", 5]}, {"string"}),
        ({"enum": "abc"}, KINDS),
        ({"const": None}, {"null"}),
        ({"const": [1]}, {"array"}),
        ({"const": {"a": 1}}, {"object"}),
        ({"const": 1.5}, {"integer", "number"}),
        ({"const": True}, {"boolean"}),
        ({"type": "dict"}, {"object"}),
        ({"type": "Dict[str, int]"}, {"object"}),
        ({"type": "number?"}, {"integer", "number", "null"}),
    ],
)
def test_the_kinds_of_a_schema(schema: Any, found: set[str]) -> None:
    assert kinds(schema) == found


def test_what_is_declared_is_told_without_reading_it() -> None:
    assert declares(parameters(), "city")
    assert not declares(parameters(additionalProperties={"type": "integer"}), "town")
    assert declares({"anyOf": [parameters(), {"properties": {"town": {}}}]}, "town")
    assert not declares(None, "city")


@pytest.mark.parametrize("word", ["?" * 5_000, "int" + "?" * 5_000, "optional[" * 5_000, "int | " * 5_000])
def test_a_type_word_without_end_is_read_all_the_same(word: str) -> None:
    assert kinds({"type": word}) <= KINDS
