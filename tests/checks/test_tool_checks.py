"""Calls held to the schemas of the offered tools."""

from typing import Any

import pytest

from toolbridge.checks import Fault, ToolChecks, check_call
from toolbridge.events import ToolCall
from toolbridge.messages import Tool

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 1}, "days": {"type": "integer"}},
    "required": ["city"],
}
TOOL = Tool("get_weather", parameters=WEATHER)


def test_a_call_is_changed_to_the_only_reading_that_fits() -> None:
    found = check_call(ToolCall("getWeather", '{"city": "Oslo", "days": "3"}', "call_1"), [TOOL])
    assert found.call == ToolCall("get_weather", '{"city": "Oslo", "days": 3}', "call_1")
    assert found.changes == {"renamed": 1, "coerced": 1}
    assert found.fault is None


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}},
        {"name": "get_weather", "input_schema": WEATHER},
        TOOL,
    ],
)
def test_tools_come_in_any_shape(tool: Any) -> None:
    assert check_call(ToolCall("get_weather", '{"city": 5}'), [tool]).call.arguments == {"city": "5"}


def test_what_does_not_fit_is_told_without_its_value() -> None:
    found = check_call(ToolCall("get_weather", '{"city": "", "days": "soon"}'), [TOOL])
    assert found.call.arguments_json == '{"city": "", "days": "soon"}'
    assert found.fault is not None
    assert found.fault.tool == "get_weather"
    assert found.fault.where in ("/city", "/days")
    assert "soon" not in str(found.fault)
    assert check_call(ToolCall("get_weather", "{}"), [TOOL]).fault == Fault(
        "get_weather", "", '"city" is a required property'
    )


@pytest.mark.parametrize("arguments", ['{"a": "1"', "[1]", "no json", ""])
def test_arguments_that_are_no_object_stay_as_they_are(arguments: str) -> None:
    found = check_call(ToolCall("get_weather", arguments), [TOOL])
    assert found.call.arguments_json == arguments
    assert not found.changes


def test_an_unknown_tool_is_left_alone() -> None:
    call = ToolCall("other", '{"days": "3"}')
    assert check_call(call, [TOOL]).call == call
    assert check_call(call, []).fault is None


def test_a_name_that_two_tools_could_have_is_left_alone() -> None:
    tools = [Tool("get_weather"), Tool("getTime"), Tool("get_time")]
    assert ToolChecks(tools).meant("functions.get_weather") == "get_weather"
    assert ToolChecks(tools).meant("gettime_") == "gettime_"
    assert ToolChecks(tools, coerces=False).meant("getWeather") == "getWeather"


def test_a_schema_that_is_too_large_takes_every_call() -> None:
    large = Tool("large", parameters={"properties": {str(number): {"type": "null"} for number in range(3000)}})
    call = ToolCall("large", '{"0": 5}')
    assert check_call(call, [large]) == check_call(call, [])


def test_a_pattern_that_cannot_be_compiled_does_not_keep_the_rest_from_being_checked() -> None:
    tool = Tool("t", parameters={"properties": {"a": {"pattern": "^(?!x)"}, "b": {"type": "integer"}}})
    assert check_call(ToolCall("t", '{"a": "x", "b": "5"}'), [tool]).call.arguments == {"a": "x", "b": 5}


def test_places_are_made_once_for_schemas_that_were_seen_before() -> None:
    first, second = (ToolChecks([Tool("t", parameters={"properties": {"seen": {}}})]) for _ in range(2))
    assert first.place("t") is second.place("t")
    unremembered = ToolChecks([Tool("t", parameters={"properties": {"seen": {}}})], remembers=False)
    assert unremembered.place("t") is not first.place("t")
    assert unremembered.place("t") is unremembered.place("t")


def test_parameters_that_are_no_json_are_checked_all_the_same() -> None:
    odd = Tool("t", parameters={"properties": {"a": {"type": "integer", "x": object()}}})
    assert check_call(ToolCall("t", '{"a": "5"}'), [odd]).call.arguments == {"a": 5}


def test_long_arguments_are_coerced_and_not_held_to_the_whole_schema() -> None:
    arguments = '{"days": "3", "x": "' + "a" * 70_000 + '"}'
    found = check_call(ToolCall("get_weather", arguments), [TOOL])
    assert found.changes == {"coerced": 1}
    assert found.fault is None
