"""Calls as a name, a separator and arguments, in all their families."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.replies import Parsing, chunks, cut, read
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.events import ToolCallArgsDelta, ToolCallStart
from toolbridge.limits import Limits

BEFORE = {
    "mistral": "[TOOL_CALLS]{}[ARGS]",
    "deepseek-v3": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>{}\n```json\n",
    "deepseek-v3.1": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>{}<｜tool▁sep｜>",
    "kimi-k2": "<|tool_calls_section_begin|><|tool_call_begin|>functions.{}:0<|tool_call_argument_begin|>",
    "llama3-function": "<function={}>",
    "solar": "<|tool_calls|><|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>{}<|tool_call:args|>",
}
BEHIND = {
    "mistral": "",
    "deepseek-v3": "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "deepseek-v3.1": "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "kimi-k2": "<|tool_call_end|><|tool_calls_section_end|>",
    "llama3-function": "</function>",
    "solar": "<|tool_call:end|><|calls|>",
}
every_family = pytest.mark.parametrize("name", BEFORE)


def call(name: str, tool: str, arguments: str) -> str:
    return BEFORE[name].replace("{}", tool) + arguments + BEHIND[name]


@every_family
def test_a_family_is_found_by_its_name_and_says_why_it_is_not_asked_for(name: str) -> None:
    assert name in dialect_names()
    assert find_dialect(name).form is None
    assert find_dialect(name).unpromptable


@every_family
def test_the_call_begins_with_its_arguments_and_a_text_leaves_while_it_is_written(name: str) -> None:
    parser = Parsing(name).parser()
    assert parser.feed(BEFORE[name].replace("{}", "get_weather")) == []
    start, *_ = parser.feed('{"city": "')
    assert isinstance(start, ToolCallStart)
    assert parser.feed("Os") == [ToolCallArgsDelta(0, "Os")]
    assert parser.feed("lo") == [ToolCallArgsDelta(0, "lo")]


@every_family
def test_arguments_in_a_json_string_are_decoded_once_and_leave_while_they_are_written(name: str) -> None:
    text = call(name, "get_weather", json.dumps(json.dumps({"city": 'Os"lo'})))
    whole = read(text, name)
    assert whole.calls == [("get_weather", '{"city":"Os\\"lo"}')]
    assert whole.content == ""
    for place in range(1, len(text)):
        assert Parsing(name).read(cut(text, [place])) == whole
    parser = Parsing(name).parser()
    parser.feed(BEFORE[name].replace("{}", "get_weather") + '"{\\"city\\": \\"')
    assert parser.feed("Os") == [ToolCallArgsDelta(0, "Os")]


@every_family
def test_a_json_string_that_holds_no_object_is_text(name: str) -> None:
    text = call(name, "get_weather", '"Oslo"')
    whole = read(text, name)
    assert whole.content == text
    assert whole.calls == whole.incomplete == []
    assert Parsing(name).read(chunks(text, 1)) == whole


@pytest.mark.parametrize(
    ("name", "call_id"),
    [
        ("kimi-k2", "functions.get_weather:0"),
        ("solar", "a1b2c3d4e5"),
        ("mistral", "call_0"),
        ("deepseek-v3", "call_0"),
        ("deepseek-v3.1", "call_0"),
        ("llama3-function", "call_0"),
    ],
)
def test_an_id_of_the_models_own_is_kept(name: str, call_id: str) -> None:
    events = read(call(name, "get_weather", '{"city": "Oslo"}'), name).events
    assert [event.id for event in events if isinstance(event, ToolCallStart)] == [call_id]


def test_mistrals_id_stands_between_the_name_and_the_arguments() -> None:
    events = read("[TOOL_CALLS]now[CALL_ID]a1B2c3D4e[ARGS]{}", "mistral").events
    assert [event.id for event in events if isinstance(event, ToolCallStart)] == ["a1B2c3D4e"]


@every_family
@given(
    text=st.lists(
        st.sampled_from(["{", "}", ",", " ", "\n", '"', "x", "{}", "null", "```", "[ARGS]", "now", "</function>"]),
        max_size=12,
    )
)
def test_whatever_stands_in_a_call_reads_the_same_in_pieces(name: str, text: list[str]) -> None:
    whole = "So " + call(name, "now", "".join(text)) + " and " + call(name, "get_weather", '{"city": "Oslo"}')
    parsing = Parsing(name)
    assert parsing.read(chunks(whole, 1)) == parsing.read([whole]) == parsing.read(cut(whole, [len(whole) // 2]))


@every_family
@given(value=st.text())
def test_every_text_comes_through(name: str, value: str) -> None:
    arguments = json.dumps({"city": value})
    got = read(call(name, "get_weather", arguments), name)
    assert [(tool, json.loads(text)) for tool, text in got.calls] == [("get_weather", {"city": value})]
    assert got.content == ""
    assert got.tolerances == {}


@every_family
def test_a_header_that_goes_on_and_on_is_text(name: str) -> None:
    text = BEFORE[name].split("{}")[0] + "x" * 3000
    got = Parsing(name, options={"limits": Limits(lookahead=256)}).read(chunks(text, 7))
    assert got.content == text
