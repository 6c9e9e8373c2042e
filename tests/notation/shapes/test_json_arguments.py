"""The arguments of a call in JSON: objects, strings that hold an object, missing braces, and what is no arguments."""

import json
from typing import Any

import pytest

from tests.notation.shapes.tag_pair import called
from tests.replies import TOOLS, Parsing, chunks, cut, read

OSLO = {"city": "Oslo"}
HERE = '<tool_call>{"name": "now"}</tool_call>'


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


def test_a_string_that_is_no_object_is_text_from_the_same_place_on_however_it_comes() -> None:
    text = '<tool_call>{"name": "now", "arguments": " \\n soon <tool_call>{\\"x' + HERE
    whole = read(text, "hermes")
    for size in (1, 2, 3, 5, 8):
        assert Parsing("hermes").read(chunks(text, size)) == whole
    assert whole.calls == [("now", "{}")]


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
