"""Tools in every shape that clients send, and the messages for those that are none."""

from typing import Any

import ollama
import pytest

from toolbridge.errors import RequestError
from toolbridge.messages import Tool
from toolbridge.reply_parser import parse_reply
from toolbridge.tools import read_tool, read_tools, write_tool

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NOTHING = {"type": "object", "properties": {}}
WEATHER = Tool("get_weather", "Report the weather.", CITY)


def get_weather(city: str) -> str:
    """Report the weather."""
    return city


@pytest.mark.parametrize(
    "shape",
    [
        {
            "type": "function",
            "function": {"name": "get_weather", "description": "Report the weather.", "parameters": CITY},
        },
        {"function": {"name": "get_weather", "description": "Report the weather.", "parameters": CITY}},
        {"name": "get_weather", "description": "Report the weather.", "parameters": CITY},
        {"type": "function", "name": "get_weather", "description": "Report the weather.", "parameters": CITY},
        {"name": "get_weather", "description": "Report the weather.", "input_schema": CITY},
        {"name": "get_weather", "description": "Report the weather.", "inputSchema": CITY},
        WEATHER,
        get_weather,
    ],
)
def test_every_shape_is_the_same_tool(shape: Any) -> None:
    assert read_tool(shape) == WEATHER


@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        (None, NOTHING),
        ({}, NOTHING),
        ([], NOTHING),
        ({"type": "object"}, NOTHING),
        ({"type": "object", "properties": None}, NOTHING),
        ({"type": "object", "properties": []}, NOTHING),
        ({"type": None, "properties": {}}, NOTHING),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": "OBJECT", "properties": {"a": {}}}, {"type": "OBJECT", "properties": {"a": {}}}),
        ({"type": "object", "required": None}, NOTHING),
        ({"$ref": "#/$defs/A", "$defs": {"A": CITY}}, {"$ref": "#/$defs/A", "$defs": {"A": CITY}}),
        ({"type": "object", "additionalProperties": True}, NOTHING | {"additionalProperties": True}),
    ],
)
def test_parameters_that_only_look_odd_are_an_object(parameters: Any, read: Any) -> None:
    assert read_tool({"name": "now", "parameters": parameters}).parameters == read


def test_absent_parameters_are_an_object_without_properties() -> None:
    assert read_tool({"type": "function", "function": {"name": "now"}}) == Tool("now", "", NOTHING)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "not null"),
        (5, "not a number"),
        ("get_weather", "not a string"),
        ([], "not a list"),
        ({}, "has no function"),
        ({"type": "function"}, "has no function"),
        ({"type": "function", "function": None}, "has no function"),
        ({"type": "function", "function": {"parameters": CITY}}, "needs a name"),
        ({"type": "function", "function": {"name": ""}}, "needs a name"),
        ({"type": "function", "function": {"name": " "}}, "needs a name"),
        ({"type": "function", "function": {"name": 7}}, "needs a name"),
        ({"name": None, "parameters": CITY}, "needs a name"),
        (Tool(""), "needs a name"),
        ({"type": "web_search"}, "is of type 'web_search'"),
        ({"type": ["function"]}, "is of type ['function']"),
        ({"name": "f", "parameters": "city"}, "the tool 'f' must be a JSON schema of an object, not a string"),
        ({"name": "f", "parameters": [1]}, "must be a JSON schema of an object, not a list"),
        ({"name": "f", "parameters": True}, "not a boolean"),
        ({"name": "f", "parameters": {"type": "string"}}, 'must have "type": "object", not \'string\''),
        ({"name": "f", "parameters": {"type": "object", "properties": "city"}}, "must be an object of name to schema"),
    ],
)
def test_what_is_no_tool_is_refused_with_a_message_that_says_what_to_mend(value: Any, says: str) -> None:
    with pytest.raises(RequestError) as raised:
        read_tool(value)
    assert says in raised.value.message


def test_a_schema_nested_without_end_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(150):
        schema = {"items": schema}
    with pytest.raises(RequestError, match="nested more than 100 levels"):
        read_tool({"name": "f", "parameters": {"type": "object", "properties": {"a": schema}}})


def test_a_name_is_as_long_as_can_be_looked_for() -> None:
    """Expressions that nest deeper than Python's stack were an answer of 500."""
    deep = {"type": "object", "properties": {"a": {"type": "array", "items": {"properties": {"x" * 129: {}}}}}}
    with pytest.raises(RequestError, match=r"the name of the tool 'x+'… has 129 characters; 128 are the most"):
        read_tool({"name": "x" * 129})
    with pytest.raises(RequestError, match=r"a parameter of the tool 'f' has a name of 129 characters"):
        read_tool({"name": "f", "parameters": deep})
    tool = read_tool({"name": "x" * 128, "parameters": {"type": "object", "properties": {"y" * 128: {}}}})
    assert parse_reply(f"<{tool.name}><{'y' * 128}>a</{'y' * 128}></{tool.name}>", "xml", [tool]).tool_calls


def test_the_position_of_a_bad_tool_is_named() -> None:
    with pytest.raises(RequestError, match=r"^tools\[1\]: the tool needs a name"):
        read_tools([WEATHER, {"function": {"name": ""}}])


@pytest.mark.parametrize("values", ["get_weather", {"name": "f"}, 5, b"x"])
def test_tools_that_are_no_list_are_refused(values: Any) -> None:
    with pytest.raises(RequestError, match="tools must be a list"):
        read_tools(values)


def test_no_tools_are_no_tools() -> None:
    assert read_tools(None) == read_tools([]) == ()


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "function", "function": {"name": "f", "parameters": CITY}},
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": CITY, "strict": True}},
        {"type": "function", "function": {"name": "f", "parameters": CITY, "odd": 1}, "cache_control": {"type": "x"}},
    ],
)
def test_a_tool_is_written_as_it_was_read(shape: dict[str, Any]) -> None:
    assert write_tool(read_tool(shape)) == shape


def test_the_anthropic_shape_keeps_its_own_fields_beside_the_function() -> None:
    tool = read_tool({"name": "f", "input_schema": CITY, "cache_control": {"type": "ephemeral"}, "type": "custom"})
    assert tool.extra == {"cache_control": {"type": "ephemeral"}, "type": "custom"}


def test_strictness_is_kept_only_where_the_client_said_it() -> None:
    assert "strict" not in write_tool(WEATHER)["function"]
    assert write_tool(Tool("f", strict=False))["function"]["strict"] is False


def test_a_tool_of_the_ollama_package_is_a_tool() -> None:
    """Whoever uses this package has such objects, and not dicts."""
    zone = ollama.Tool.Function.Parameters.Property(type="string", description="Where")
    parameters = ollama.Tool.Function.Parameters.model_validate({"properties": {"zone": zone}, "required": ["zone"]})
    function = ollama.Tool.Function(name="now", description="The time.", parameters=parameters)
    made = read_tool(ollama.Tool(function=function))
    assert (made.name, made.description) == ("now", "The time.")
    assert made.parameters["required"] == ["zone"]
    assert made.parameters["properties"]["zone"]["description"] == "Where"
