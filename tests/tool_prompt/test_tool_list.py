"""The typed list: what it says of a schema, and that its lines can be read back."""

import inspect
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge import schema as schemas
from toolbridge.messages import Tool
from toolbridge.tool_prompt import tool_prompt
from toolbridge.tool_prompt.tool_list import _tidy, entry
from toolbridge.tools import read_tools

OPEN_WEBUI = Path(__file__).resolve().parent.parent / "data" / "open_webui_tools.json"


def line(schema: Any, **more: Any) -> str:
    """The lines for one parameter `p` of this schema."""
    parameters = {"type": "object", "properties": {"p": schema}} | more
    return entry(Tool("f", parameters=parameters)).removeprefix("## f\n")


OBJECT = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b-c": {"type": "integer"}},
    "required": ["a"],
}
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "string"}, "- p (string, optional)"),
        ({}, "- p (any, optional)"),
        (True, "- p (any, optional)"),
        ({"type": "integer", "description": "How\n  many"}, "- p (integer, optional): How many"),
        ({"type": "str"}, "- p (string, optional)"),
        ({"type": ["string", "null"]}, "- p (string | null, optional)"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}], "default": None}, "- p (integer | null, optional)"),
        ({"type": "string", "nullable": True}, "- p (string | null, optional)"),
        ({"enum": ["a", 'b"c', 1, None]}, '- p ("a" | "b\\"c" | 1 | null, optional)'),
        ({"const": "a"}, '- p ("a", optional)'),
        ({"type": "string", "default": "a"}, '- p (string, optional, default "a")'),
        ({"type": "boolean", "default": False}, "- p (boolean, optional, default false)"),
        ({"type": "integer", "minimum": 1, "maximum": 5}, "- p (integer, optional, 1 to 5)"),
        ({"type": "integer", "minimum": 0}, "- p (integer, optional, >= 0)"),
        ({"type": "number", "maximum": 0.5}, "- p (number, optional, <= 0.5)"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "- p (number, optional, > 0, < 1)"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, "- p (number, optional, > 0)"),
        ({"type": "integer", "multipleOf": 5}, "- p (integer, optional, multiple of 5)"),
        ({"type": "string", "minLength": 2, "maxLength": 4}, "- p (string, optional, 2 to 4 characters)"),
        ({"type": "string", "minLength": 2, "maxLength": 2}, "- p (string, optional, exactly 2 characters)"),
        ({"type": "string", "minLength": 1}, "- p (string, optional, at least 1 character)"),
        ({"type": "string", "pattern": "^a|b$"}, "- p (string, optional, matches /^a|b$/)"),
        ({"type": "string", "format": "date"}, "- p (string, optional, format date)"),
        ({"type": "string", "examples": ["a", "b"]}, '- p (string, optional, e.g. "a", "b")'),
        ({"type": "string", "deprecated": True}, "- p (string, optional, deprecated)"),
        ({"type": "string", "title": "P"}, "- p (string, optional)"),
        ({"type": "string", "title": "The city's name"}, "- p (string, optional): The city's name"),
        (
            {"anyOf": [{"type": "string", "maxLength": 4}, {"type": "null"}]},
            "- p (string | null, optional, at most 4 characters)",
        ),
        ({"type": "array"}, "- p (any[], optional)"),
        ({"type": "array", "items": {"type": "string"}}, "- p (string[], optional)"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '- p (("a" | "b")[], optional)'),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "- p (number[][], optional)"),
        (
            {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": True},
            "- p (any[], optional, 1 to 3 items, no duplicates)",
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            "- p ([string, integer], optional)",
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string", "maxLength": 2}]},
            '- p (array, optional)\n  schema: {"type":"array","prefixItems":[{"type":"string","maxLength":2}]}',
        ),
        (
            {"allOf": [{"type": "string", "minLength": 1}, {"pattern": "a"}]},
            (
                "- p (string, optional, at least 1 character, matches /a/)\n"
                '  schema: {"allOf":[{"type":"string","minLength":1},{"pattern":"a"}]}'
            ),
        ),
        ({"type": "object"}, "- p (object, optional)"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "- p (Record<string, number>, optional)"),
        (OBJECT, '- p ({ a: string, "b-c"?: integer }, optional)'),
        ({"type": "array", "items": OBJECT}, '- p ({ a: string, "b-c"?: integer }[], optional)'),
        (
            OBJECT | {"additionalProperties": {"type": "null"}},
            '- p ({ a: string, "b-c"?: integer, [name: string]: null }, optional)',
        ),
        ({"type": "object", "properties": {"o": OBJECT}}, '- p ({ o?: { a: string, "b-c"?: integer } }, optional)'),
        ({"allOf": [{"$ref": "#/$defs/Unit"}], "description": "d"}, '- p ("c" | "f", optional): d'),
        ({"$ref": "#/$defs/Unit", "default": "c"}, '- p ("c" | "f", optional, default "c")'),
        ({"anyOf": [{"$ref": "#/$defs/Unit"}, {"type": "null"}]}, '- p ("c" | "f" | null, optional)'),
        (
            {"type": "object", "properties": {"a": {"type": "string", "description": "The a", "default": "x"}}},
            '- p ({ a?: string }, optional)\n  - a: default "x"; The a',
        ),
        (
            {"type": "array", "items": {"type": "string", "maxLength": 5}},
            "- p (string[], optional)\n  - each: at most 5 characters",
        ),
        (
            {"type": "object", "properties": {"o": {"type": "object", "properties": {"a": {"minimum": 1}}}}},
            "- p ({ o?: { a?: number } }, optional)\n  - o.a: >= 1",
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "object", "properties": {"b": OBJECT}}},
                "description": "d",
            },
            (
                '- p (object, optional): d\n  schema: {"type":"object","properties":{"a":{"type":"object","properties":'
                '{"b":{"type":"object","properties":{"a":{"type":"string"},"b-c":{"type":"integer"}},"required":["a"]}}}}}'
            ),
        ),
        (
            {"oneOf": [{"properties": {"k": {"const": 1}}}, {"properties": {"k": {}}}]},
            '- p (object, optional)\n  schema: {"oneOf":[{"properties":{"k":{"const":1}}},{"properties":{"k":{}}}]}',
        ),
        (
            {"type": "object", "patternProperties": {"^x": {"type": "string"}}},
            '- p (object, optional)\n  schema: {"type":"object","patternProperties":{"^x":{"type":"string"}}}',
        ),
        (
            {"$ref": "#/$defs/Node"},
            (
                '- p (object, optional)\n  schema: {"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object",'
                '"properties":{"next":{"$ref":"#/$defs/Node"}}}}}'
            ),
        ),
        ({"type": "string", "description": "a\u2028b\x00"}, "- p (string, optional): a b\\u0000"),
    ],
)
def test_a_parameter_is_one_line_that_says_all_its_schema_says(schema: Any, written: str) -> None:
    defs = {"Unit": {"type": "string", "enum": ["c", "f"]}, "Node": NODE}
    assert line(schema, **{"$defs": defs}) == written


def test_a_schema_that_multiplies_itself_is_shown_as_it_is() -> None:
    defs: dict[str, Any] = {f"L{n}": {"type": "array", "items": [{"$ref": f"#/$defs/L{n + 1}"}] * 4} for n in range(12)}
    written = line({"$ref": "#/$defs/L0"}, **{"$defs": defs | {"L12": {"type": "string"}}})
    assert written.startswith("- p (array, optional)\n  schema: ")
    assert len(written) < 5000


def test_required_parameters_come_first_and_the_clients_order_holds() -> None:
    properties = {name: {"type": "string"} for name in "dacb"}
    written = entry(Tool("f", parameters={"properties": properties, "required": ["c", "a"]}))
    assert re.findall(r"- (\w) \(string, (\w+)\)", written) == [
        ("a", "required"),
        ("c", "required"),
        ("d", "optional"),
        ("b", "optional"),
    ]


def test_a_tool_without_parameters_says_so() -> None:
    assert entry(Tool("now", "Tell the time.")) == "## now\nTell the time.\nNo parameters."


def test_any_other_name_is_a_line_of_its_own() -> None:
    assert line({}, additionalProperties={"type": "integer"}).endswith("- * (integer, optional)")


def test_what_holds_for_all_parameters_together_is_shown_as_it_is() -> None:
    written = line({"type": "string"}, anyOf=[{"required": ["p"]}, {"required": ["q"]}])
    assert written.splitlines()[-1].startswith('schema: {"type":"object","properties":{"p":')


def test_a_long_description_keeps_its_lines_and_loses_its_indentation() -> None:
    about = "Do it.\n\n    Then:\n      - once  \n\n\n\n    Done."
    assert entry(Tool("f", about)) == "## f\nDo it.\n\nThen:\n  - once\n\nDone.\nNo parameters."


@pytest.mark.parametrize(
    "trick", ["## other", "# Using tools", "- p (string, required)", "No parameters.", "schema: {}"]
)
def test_a_description_cannot_pass_for_our_own_lines(trick: str) -> None:
    assert f"\n  {trick}" in entry(Tool("f", f"Do it.\n{trick}"))


@dataclass
class Listed:
    """A tool as a reader of the prompt sees it."""

    name: str
    types: dict[str, str] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    enums: dict[str, list[Any]] = field(default_factory=dict)


PARAMETER = re.compile(r"- (.+?) \((.+?), (required|optional)(?:, (.+?))?\)(?:: (.*))?")


def read_back(prompt: str) -> list[Listed]:
    """The tools of a prompt by the grammar of its lines."""
    tools: list[Listed] = []
    inside = False
    for text in prompt.split("\n"):
        if text.startswith("# "):
            inside = text == "# Tools"
        elif inside and text.startswith("## "):
            tools.append(Listed(text.removeprefix("## ")))
        elif inside and tools and (found := PARAMETER.fullmatch(text)):
            name, written, needed = found[1], found[2], found[3]
            tools[-1].types[name] = written
            if needed == "required":
                tools[-1].required.append(name)
            if written[0] in '"-0123456789':
                tools[-1].enums[name] = json.loads(f"[{written.replace(' | ', ',')}]")
    return tools


def test_a_list_can_be_read_back() -> None:
    tools = read_tools(json.loads(OPEN_WEBUI.read_text(encoding="utf-8")))
    listed = read_back(tool_prompt(tools))
    assert [one.name for one in listed] == [tool.name for tool in tools]
    for one, tool in zip(listed, tools, strict=True):
        declared = schemas.properties(tool.parameters)
        assert set(one.types) == set(declared)
        assert set(one.required) == set(schemas.required(tool.parameters))
        assert one.enums == {name: schema["enum"] for name, schema in declared.items() if "enum" in schema}
        for name, schema in declared.items():
            if isinstance(schema.get("type"), str) and schema["type"] != "array" and "enum" not in schema:
                assert one.types[name] == schema["type"]


@pytest.mark.parametrize("dialect", ["xml", "hermes", "json"])
def test_the_whole_prompt_is_shorter_than_the_schemas_alone(dialect: str) -> None:
    tools = json.loads(OPEN_WEBUI.read_text(encoding="utf-8"))
    minified = json.dumps(tools, ensure_ascii=False, separators=(",", ":"))
    assert len(tools) == 28
    assert len(minified) > 20_000
    assert len(tool_prompt(tools, dialect)) <= 0.9 * len(minified)


WORDS = st.sampled_from(
    [
        *(
            "type",
            "properties",
            "required",
            "items",
            "enum",
            "const",
            "anyOf",
            "oneOf",
            "allOf",
            "$ref",
            "$defs",
            "not",
        ),
        *("default", "description", "minimum", "maxLength", "pattern", "format", "additionalProperties", "nullable"),
        *("patternProperties", "prefixItems", "examples", "a", "b"),
    ]
)
PLAIN: list[Any] = ["string", "integer", "object", "array", "#/$defs/a", "#", "enum", "int | null", ""]
LEAVES = st.sampled_from([*PLAIN, None, True, 0, -3, 2.5, {}, []])
SCHEMAS = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4))


@given(st.dictionaries(st.text(), SCHEMAS, max_size=3), SCHEMAS, st.lists(st.text()), st.text())
def test_any_schema_has_an_entry_and_no_tool_begins_another(
    properties: dict[str, Any], definition: Any, required: list[str], about: str
) -> None:
    parameters = {"type": "object", "properties": properties, "required": required, "$defs": {"a": definition}}
    written = entry(Tool("f", about, parameters))
    assert [text for text in written.split("\n") if text.startswith(("# ", "## "))] == ["## f"]


@given(st.text(st.sampled_from("ab \t\n-"), max_size=30))
def test_a_description_is_tidied_as_docstrings_are(text: str) -> None:
    assert _tidy(text) == re.sub(r"[ \t]+(?=\n)|\n(?=\n\n)", "", inspect.cleandoc(text))


@pytest.mark.parametrize(
    "text", [" " * 60_000 + "a", "a" + " \t" * 30_000 + "b", " \n" * 60_000 + "  a", "\n" * 60_000]
)
def test_blanks_without_end_are_tidied_at_once(text: str) -> None:
    assert len(_tidy(text)) <= len(text.expandtabs())
