"""Clients' schemas in the words of the standard."""

from typing import Any

import jsonschema_rs
import pytest

from toolbridge.schema.plain import plain

TEXT = {"type": ["string"]}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({}, {}),
        (None, {}),
        (True, {}),
        ("string", TEXT),
        ({"type": "str", "description": "where", "format": "city"}, TEXT),
        ({"type": "any"}, {}),
        ({"type": ["integer", "number"]}, {"type": ["number"]}),
        ({"type": "int", "minimum": 1, "exclusiveMinimum": True}, {"type": ["integer"], "exclusiveMinimum": 1}),
        ({"minimum": "1", "minLength": -1, "maxItems": True, "multipleOf": 0, "maxLength": 10**30}, {}),
        ({"type": "string", "nullable": True}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"type": "string", "default": None}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"enum": ["a", 1]}, {"enum": ["a", 1]}),
        ({"enum": []}, {}),
        ({"const": None}, {"const": None}),
        ({"items": [{"type": "str"}], "additionalItems": False}, {"prefixItems": [TEXT], "items": False}),
        ({"properties": {"a": {"type": "string", "required": True}}}, {"properties": {"a": TEXT}, "required": ["a"]}),
        ({"required": "a", "properties": []}, {}),
        ({"not": {"type": "string"}}, {"not": TEXT}),
    ],
)
def test_words_of_all_kinds_become_those_of_the_standard(theirs: Any, ours: Any) -> None:
    assert plain(theirs) == ours
    jsonschema_rs.Draft202012Validator(ours)


def test_a_reference_is_replaced_by_its_target() -> None:
    tree = {
        "$defs": {
            "node": {"type": "object", "properties": {"v": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}}
        },
        "properties": {"first": {"$ref": "#/$defs/node"}},
    }
    node = {"type": ["object"], "properties": {"v": {"type": ["integer"]}, "next": {}}}
    assert plain(tree) == {"properties": {"first": node}}


def test_a_reference_out_of_the_document_takes_any_value() -> None:
    assert plain({"properties": {"a": {"$ref": "http://127.0.0.1:1/a.json"}, "b": {"$ref": "#/nowhere"}}}) == {
        "properties": {"a": {}, "b": {}}
    }


def test_what_is_left_out_never_makes_a_schema_take_less() -> None:
    loop = {"$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"}
    assert plain(loop) == {}
    assert plain({"not": {"pattern": "a"}}) == {"not": {"pattern": "a"}}
    assert plain({"not": {"pattern": "a"}}, patterns=False) == {}
    either = {"oneOf": [{"pattern": "^a"}, {"pattern": "b$"}]}
    assert plain(either) == either
    assert plain(either, patterns=False) == {"allOf": [{"anyOf": [{}, {}]}]}
    matched = {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False}
    assert plain(matched) == {"patternProperties": {"^x": TEXT}, "additionalProperties": False}
    assert plain(matched, patterns=False) == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {str(number): {} for number in range(3000)}},
        {"enum": list(range(3000))},
        {"enum": ["x" * 20_000]},
        {"required": [str(number) for number in range(3000)]},
        {"properties": {str(number): {} for number in range(200)}, "allOf": [{}] * 100},
        {"anyOf": [{"properties": {str(number): {} for number in range(20)}}] * 20},
        {
            "$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(24)},
            "$ref": "#/$defs/d0",
        },
    ],
    ids=["members", "values", "text", "required", "names in branches", "branches with names", "doubled"],
)
def test_a_schema_of_thousands_of_parts_is_too_large(schema: dict[str, Any]) -> None:
    assert plain(schema) is None


def test_schemas_of_real_tools_are_small_enough() -> None:
    optional = {"anyOf": [{"type": "string", "description": "x" * 200}, {"type": "null"}], "default": None}
    wide = {"type": "object", "properties": {f"p{number}": optional for number in range(80)}}
    assert plain(wide) is not None
    kinds = [{"properties": {"kind": {"const": f"k{n}"}, "a": {}, "b": {}, "c": {}}} for n in range(12)]
    assert plain({"properties": {"steps": {"type": "array", "items": {"oneOf": kinds}}}}) is not None


def test_a_dozen_patterns_are_kept() -> None:
    found = plain({"properties": {str(number): {"pattern": "a"} for number in range(30)}})
    assert found is not None
    assert sum("pattern" in sub for sub in found["properties"].values()) == 12
    matched = {"patternProperties": {f"^{number}": {} for number in range(13)}, "additionalProperties": False}
    assert plain(matched) == {}


def test_depth_is_bounded() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(300):
        schema = {"properties": {"a": schema}}
    found = plain(schema)
    assert found is not None
    depth = 0
    while found:
        found, depth = found["properties"]["a"], depth + 1
    assert depth == 49
