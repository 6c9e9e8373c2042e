"""Calls as JSON objects: every variant that models write, and objects that are not calls."""

import json
from typing import Any

import pytest

from tests.replies import TOOLS, Parsing, chunks, cut, read, tool
from toolbridge.events import ContentDelta, Event, ToolCall, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.limits import Limits
from toolbridge.notation.shapes.json_call import call_object

OSLO = {"city": "Oslo"}


def pair(body: str) -> str:
    return f"<tool_call>{body}</tool_call>"


def called(body: str) -> list[tuple[str, Any]]:
    """The calls of a tag pair that holds only this text, however it is cut."""
    text = pair(body)
    parsing = Parsing("hermes")
    whole = parsing.read([text])
    assert parsing.read(chunks(text, 1)) == whole
    for place in range(1, len(text)):
        assert parsing.read(cut(text, [place])) == whole, text[:place]
    assert whole.content == ""
    assert read(text, "hermes", release="whole").calls == whole.calls
    return [(name, json.loads(arguments)) for name, arguments in whole.calls]


@pytest.mark.parametrize("key", ["name", "tool", "tool_name", "function_name", "function"])
def test_the_name_may_stand_under_several_keys(key: str) -> None:
    assert called(f'{{"{key}": "now", "arguments": {{}}}}') == [("now", {})]


@pytest.mark.parametrize("key", ["arguments", "parameters", "args", "input", "tool_input"])
def test_the_arguments_may_stand_under_several_keys(key: str) -> None:
    assert called(f'{{"name": "get_weather", "{key}": {{"city": "Oslo"}}}}') == [("get_weather", OSLO)]
    assert called(f'{{"{key}": {{"city": "Oslo"}}, "name": "get_weather"}}') == [("get_weather", OSLO)]


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("{}", {}),
        ("null", {}),
        ("None", {}),
        ('""', {}),
        ('"  "', {}),
        ('"{}"', {}),
        (r'"{\"city\": \"Oslo\"}"', OSLO),
        (r'" {\"city\": \"Oslo\"} \n"', OSLO),
        (r'"{\"city\": \"Os\\nlo \\u00e9 \\\\ \\\"\"}"', {"city": 'Os\nlo é \\ "'}),
        (r'"{\"city\": \"\\ud83d\\ude00 \\\\ud83d\"}"', {"city": "😀 \\ud83d"}),
        (r'"{\"city\": \"Oslo\", \"days\": True"', {"city": "Oslo", "days": True}),
    ],
)
def test_arguments_may_be_missing_or_written_as_a_string(arguments: str, meant: Any) -> None:
    assert called(f'{{"name": "now", "arguments": {arguments}}}') == [("now", meant)]


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
        '{name: "now"}',
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


def test_a_string_that_is_no_object_is_text_from_the_same_place_on_however_it_comes() -> None:
    text = '<tool_call>{"name": "now", "arguments": " \\n soon <tool_call>{\\"x' + HERE
    whole = read(text, "hermes")
    for size in (1, 2, 3, 5, 8):
        assert Parsing("hermes").read(chunks(text, size)) == whole
    assert whole.calls == [("now", "{}")]


HERE = '<tool_call>{"name": "now"}</tool_call>'


@pytest.mark.parametrize("inner", [r"{\"a\": @}", r"{\"a\": 1} x", r"{\"a\": 1}{}", r"{\"a\": \"x", r"{\"a\": [1, 2}"])
def test_arguments_in_a_string_that_break_are_broken_at_the_end_of_the_string(inner: str) -> None:
    text = f'<tool_call>{{"name": "now", "arguments": "{inner} <tool_call>"}}</tool_call> So.'
    whole = read(text, "hermes")
    for size in (1, 2, 3, 5, 8):
        assert Parsing("hermes").read(chunks(text, size)) == whole
    assert whole.incomplete == [("now", "broken")]
    assert whole.content == " So."
    assert read(text, "hermes", release="whole").content == text


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ('{"city": @}', "broken"),
        ('{"city": "Oslo"; }', "broken"),
        ('{"city": Oslo}', "broken"),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", "broken"),
        ('{"a": "x', "truncated"),
        ('{"a": 1', "truncated"),
        ('{"a": ', "truncated"),
    ],
)
def test_arguments_that_break_or_break_off_are_no_complete_call(arguments: str, outcome: str) -> None:
    text = '<tool_call>{"name": "now", "arguments": ' + arguments
    text += "}</tool_call>" if outcome == "broken" else ""
    assert read(text, "hermes").incomplete == [("now", outcome)]
    assert read(text, "hermes", release="whole").content == text


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ('{"name": "now", "arguments": {"a": 1}', 1),
        ('{"name": "now", "arguments": {"a": 1', 2),
        ('{"name": "now", "arguments": {"a": [1, {"b": 1', 2),
        ('{"name": "now", "arguments": {"a": 1,', 2),
        ('{"name": "now", "parameters": {"a": "x"', 2),
        ('{"function": {"name": "now", "arguments": {"a": 1}}', 1),
    ],
)
def test_braces_are_added_where_the_close_tag_was_read(text: str, missing: int) -> None:
    for ending in ("</tool_call>", "\n</tool_call>"):
        whole = read("<tool_call>" + text + ending, "hermes")
        assert len(whole.calls) == 1
        assert whole.tolerances == {"missing brace": missing}
        assert whole.content == ""


LISTS = [
    ('[{"name": "now", "arguments": {"a": 1}]', [{"a": 1}], 1),
    ('[{"name": "now", "arguments": {"a": 1]', [{"a": 1}], 2),
    ('[{"name": "now", "arguments": {"a": [1, 2]]', [{"a": [1, 2]}], 2),
    ('[{"name": "now", "arguments": {"a": 1}, {"name": "now", "arguments": {}}]', [{"a": 1}, {}], 1),
    ('[{"name": "now", "arguments": {"a": 1} {"name": "now", "arguments": {"b": 2}]', [{"a": 1}, {"b": 2}], 2),
    ('{"tool_calls": [{"name": "now", "arguments": {"a": 1}]}', [{"a": 1}], 1),
]


@pytest.mark.parametrize(("text", "arguments", "missing"), LISTS)
def test_braces_are_added_where_the_list_ends(text: str, arguments: list[Any], missing: int) -> None:
    for before, behind in (("<tool_call>", "</tool_call>"), ("<tool_call>", ""), ("[TOOL_CALLS]", " So.")):
        reply = before + text + behind
        dialect = "hermes" if before == "<tool_call>" else "mistral-array"
        whole = read(reply, dialect)
        assert [json.loads(one) for _, one in whole.calls] == arguments
        assert whole.tolerances == {"missing brace": missing}
        assert whole.content == (behind if dialect == "mistral-array" else "")
        for place in range(1, len(reply)):
            assert Parsing(dialect).read(cut(reply, [place])) == whole


@pytest.mark.parametrize("behind", [",", " }", "]", '"', ":"])
def test_no_brace_is_added_where_what_follows_belongs_to_the_arguments(behind: str) -> None:
    text = '<tool_call>[{"name": "now", "arguments": {"a": 1]' + behind + "</tool_call>"
    whole = read(text, "hermes")
    assert whole.incomplete == [("now", "broken")]
    assert Parsing("hermes").read(chunks(text, 1)) == whole


@pytest.mark.parametrize("ending", ["", "\n", ",", ', "id"', ', "id": "x', "</tool_c", "\n</tool"])
@pytest.mark.parametrize("cause", ["stop", "length", "cut"])
def test_arguments_that_balance_are_complete_whatever_ended_the_reply(ending: str, cause: Any) -> None:
    text = '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}' + ending
    whole = read(text, "hermes", cause=cause)
    assert whole.calls == [("get_weather", '{"city":"Oslo"}')]
    assert whole.content == ""
    assert Parsing("hermes", TOOLS, cause).read(chunks(text, 1)) == whole


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
