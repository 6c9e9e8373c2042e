"""The types of a tool list, read back as the prompt writes them."""

from typing import Any

import pytest

from toolbridge.budget import Budget
from toolbridge.cli.scripted.types import Member, Type, Types, Unreadable, read_types
from toolbridge.schema import Document
from toolbridge.tool_prompt.types import Types as Written

STRING, INTEGER, NULL = Type("string"), Type("integer"), Type("null")


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("string", (STRING,)),
        ("any", (Type("any"),)),
        ("string | null", (STRING, NULL)),
        ('"c" | "f"', (Type("named", values=("c", "f")),)),
        ('"a | b" | 3 | null', (Type("named", values=("a | b", 3)), NULL)),
        ("string[]", (Type("array", items=(STRING,)),)),
        ("integer[][]", (Type("array", items=(Type("array", items=(INTEGER,)),)),)),
        ("(string | integer)[]", (Type("array", items=(STRING, INTEGER)),)),
        ("[string, integer]", (Type("array", items=(STRING, INTEGER)),)),
        ("Record<string, integer>", (Type("object"),)),
        (
            '{ city: string, "odd key"?: integer[] }',
            (
                Type(
                    "object",
                    members=(
                        Member("city", (STRING,)),
                        Member("odd key", (Type("array", items=(INTEGER,)),), required=False),
                    ),
                ),
            ),
        ),
        (
            "{ a: { b: string | null }, [name: string]: integer }[]",
            (
                Type(
                    "array",
                    items=(
                        Type(
                            "object",
                            members=(Member("a", (Type("object", members=(Member("b", (STRING, NULL)),)),)),),
                        ),
                    ),
                ),
            ),
        ),
    ],
)
def test_a_type_is_read_as_it_is_written(text: str, types: Types) -> None:
    assert read_types(text) == (types, len(text))


def test_reading_ends_where_the_type_does() -> None:
    assert read_types("- city (string, required)", 8) == ((STRING,), 14)


@pytest.mark.parametrize(
    "text", ["", "strin", "{ a string }", "{ a: string", "(string)", "[string", "Record<string, string", "(" * 5000]
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_types(text)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": ["integer", "null"]},
        {"enum": ["a", "b c", 3, True, None]},
        {"type": "array", "items": {"type": "array", "items": {"enum": ["x", "y"]}}},
        {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "number"}]}},
        {"type": "object", "properties": {"a": {"type": "string"}, "b-c": {"type": "boolean"}}, "required": ["a"]},
        {"type": "object", "additionalProperties": {"type": "number"}},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]},
        {},
    ],
)
def test_whatever_the_prompt_writes_can_be_read(schema: dict[str, Any]) -> None:
    written = Written(Document(schema, Budget())).write(schema)
    _, end = read_types(written)
    assert end == len(written)
