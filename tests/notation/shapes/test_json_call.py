"""Calls as JSON objects: every variant that models write, and objects that are not calls."""

import pytest

from tests.notation.shapes.tag_pair import called, pair
from tests.replies import TOOLS, Parsing, chunks, read, tool
from toolbridge.events import ContentDelta, Event, ToolCall, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.limits import Limits
from toolbridge.notation.shapes.json_call import call_object

OSLO = {"city": "Oslo"}


@pytest.mark.parametrize("key", ["name", "tool", "tool_name", "function_name", "function"])
def test_the_name_may_stand_under_several_keys(key: str) -> None:
    assert called(f'{{"{key}": "now", "arguments": {{}}}}') == [("now", {})]


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "now"}',
        '{"name": "now", "id": "x"}',
        '{"type": "function", "name": "now"}',
        '{"function": {"name": "now"}}',
        '{"type": "function", "id": "x", "function": {"name": "now", "arguments": "{}"}}',
        '{"tool_call": {"name": "now", "arguments": {}}}',
        '{"function_call": {"name": "now"}, "content": null}',
        '{"tool_calls": [{"name": "now", "arguments": {}}]}',
        '{"tool_call": {"type": "function", "function": {"name": "now", "arguments": "{}"}}}',
        '{"a": {"b": {"c": {"name": "now", "arguments": {}}}}}',
        '{"response": {"tool_calls": [{"name": "now", "arguments": {}}]}}',
        '{"tool": {"name": "now", "arguments": {}}}',
        '{"user": {"name": "bob", "age": 7}, "name": "now"}',
        '{"user": [{"name": "bob", "arguments": {}}], "name": "now"}',
        '{"name": "now", "more": {"name": "get_weather", "arguments": {}}}',
        '{"name": "now", "arguments": {}, "tool_calls": [{"name": "get_weather"}]}',
        '{"content": "", "tool_calls": [{"function": {"name": "now", "arguments": {}}}]}',
        '[{"name": "now"}]',
        '[{"name": "now"},]',
        '[{"name": "now"}',
        '{"name": "now"},',
        '{"name": "now",}',
        "{'name': 'now'}",
        ' \n{ "name" : "now" , "arguments" : { } } \n',
        '{"n\\u0061me": "n\\u006fw"}',
        '{"thought": "I {need} [it]", "name": "now"}',
        '{name: "now"}',
        '{type: "function", function: {name: "now", arguments: {}}}',
    ],
)
def test_many_shapes_are_one_call(body: str) -> None:
    assert called(body) == [("now", {})]


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "now"}{"name": "now"}',
        '{"name": "now"}, {"name": "now"}',
        '{"name": "now"};\n{"name": "now"}',
        '[{"name": "now"}, {"name": "now"}]',
        '[{"name": "now"} {"name": "now"}]',
        '[{"name": "now"}]\n[{"name": "now"}]',
        '[1, {"name": "now"}, "x", {"name": "now"}, null, [{}], 1.5, true]',
        '{"tool_calls": [{"name": "now"}, {"name": "now"}]}',
    ],
)
def test_many_shapes_are_several_calls(body: str) -> None:
    assert called(body) == [("now", {}), ("now", {})]


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        "[1, 2]",
        "[[]]",
        '{"arguments": {}}',
        '{"name": ""}',
        '{"name": "<b>"}',
        '{"name": 7}',
        '{"name": null, "arguments": {}}',
        '{"name": {"first": "now"}}',
        '{"name": "now", "arguments": []}',
        '{"name": "now", "arguments": "soon"}',
        '{"name": "now", "arguments": 7}',
        '{"arguments": "soon", "name": "now"}',
        '{7: "now"}',
        '{na-me: "now"}',
        '{: "now"}',
        "{" + "x" * 300 + ': "now"}',
        '{"name" "now"}',
        '{"name": "' + "x" * 300 + '"}',
        '{"a": {"name": "now"}}',
        '{"a": ' * 10 + '{"name": "now", "arguments": {}}' + "}" * 10,
        '{"a": [{"name": "now", "arguments": {}}]}',
        '{"city": "Oslo"}',
        '[{"city": "Oslo"}, {"city": "Paris"}]',
        '{"tool_calls": []}',
        "now()",
        "{" * 30,
    ],
)
def test_what_is_no_call_is_text(body: str) -> None:
    text = pair(body)
    for size in (1, 2, 3, 5, len(text)):
        back = Parsing("hermes").read(chunks(text, size))
        assert back.content == text
        assert dict(back.ledger) == {"content": len(text)}


def test_an_id_that_stands_before_the_arguments_is_the_calls_own() -> None:
    text = pair('{"id": "call_x", "name": "now", "arguments": {}}') + pair(
        '{"name": "now", "arguments": {}, "id": "y"}'
    )
    starts = [event for event in read(text, "hermes").events if isinstance(event, ToolCallStart)]
    assert [start.id for start in starts] == ["call_x", "call_0"]


@pytest.mark.parametrize("given", ["call_x", "functions.f:0", "a1B2c3D4e", "x" * 64])
def test_an_id_of_the_models_is_kept_once(given: str) -> None:
    text = pair(f'{{"id": "{given}", "name": "now", "arguments": {{}}}}') * 2
    starts = [event for event in read(text, "hermes").events if isinstance(event, ToolCallStart)]
    assert [start.id for start in starts] == [given, "call_0"]


@pytest.mark.parametrize("given", ["", " ", "a b", "<x>", "é", "x" * 65, "\\n"])
def test_one_that_is_none_is_replaced(given: str) -> None:
    (start, *_) = read(pair(f'{{"id": "{given}", "name": "now", "arguments": {{}}}}'), "hermes").events
    assert isinstance(start, ToolCallStart)
    assert start.id == "call_0"


STEPS: list[tuple[str, list[Event]]] = [
    ("<tool_call>", []),
    ('{"name": "get_', []),
    ('weather"', []),
    (', "arguments": ', []),
    ("{", [ToolCallStart(0, "call_0", "get_weather"), ToolCallArgsDelta(0, "{")]),
    ('"city": "Os', [ToolCallArgsDelta(0, '"city": "Os')]),
    ("lo", [ToolCallArgsDelta(0, "lo")]),
    ('"', [ToolCallArgsDelta(0, '"')]),
    ("}", [ToolCallArgsDelta(0, "}")]),
    ("}", [ToolCallEnd(0)]),
    ("\n</tool_call>", []),
    ("\nSo.", [ContentDelta("\nSo.")]),
]


def test_a_call_begins_once_its_name_and_the_first_token_of_its_arguments_are_there() -> None:
    parser = Parsing("hermes").parser()
    for piece, events in STEPS:
        assert parser.feed(piece) == events, piece


def test_arguments_before_the_name_wait_for_it_up_to_the_length_of_a_call() -> None:
    text = '<tool_call>{"arguments": {"city": "' + "x" * 3000 + '"}, "name": "get_weather"}</tool_call>'
    assert len(read(text, "hermes").calls) == 1
    limited = Parsing("hermes", TOOLS, options={"limits": Limits(call=2000)})
    for size in (7, len(text)):
        assert limited.read(chunks(text, size)).content == text


def test_other_members_before_the_name_may_only_be_so_long() -> None:
    text = '<tool_call>{"thought": "' + "x" * 1100 + '", "name": "now"}</tool_call>'
    for size in (7, len(text)):
        assert Parsing("hermes").read(chunks(text, size)).content == text


def test_a_call_that_grows_beyond_the_limit_is_broken() -> None:
    text = '<tool_call>{"name": "now", "arguments": {"a": "' + "x" * 3000 + '"}}</tool_call>'
    for release, outcome in (("early", [("now", "broken")]), ("whole", [])):
        parsing = Parsing("hermes", TOOLS, options={"limits": Limits(call=2000), "release": release})
        whole = parsing.read([text])
        assert whole.incomplete == outcome
        assert whole.content == ("" if outcome else text)
        assert parsing.read(chunks(text, 7)) == whole


def test_one_object_of_a_list_that_is_no_call_ends_it_no_more() -> None:
    text = pair('[{"name": "now"}, {"city": "Rome"}, {"name": "now", "arguments": {"a": 1}}]')
    whole = read(text, "hermes")
    assert whole.calls == [("now", "{}"), ("now", '{"a":1}')]
    assert whole.content == '{"city": "Rome"}'
    others = [tool("now")]
    text = pair('[{"name": "now"}, {"name": "find_flat", "arguments": {}}, {"name": "now"}]')
    assert read(text, "xml", others).calls == [("now", "{}"), ("now", "{}")]
    assert read(text, "xml", others).content == '{"name": "find_flat", "arguments": {}}'


def test_a_call_is_written_on_one_line_with_its_arguments_as_they_are() -> None:
    assert call_object(ToolCall('f"é', '{"a":  1e400}')) == '{"name": "f\\"é", "arguments": {"a":  1e400}}'
