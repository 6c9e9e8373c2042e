"""Arguments beside the name, or under a key of their own: what is an argument, and what makes the object text."""

import json
from typing import Any

import pytest

from tests.notation.shapes.tag_pair import called, pair
from tests.replies import Parsing, chunks, cut, tool
from toolbridge.limits import Limits

TOOLS = [
    tool("get_weather", {"city": {"type": "string"}, "days": {"type": "integer"}}, ["city"]),
    tool("search", {"type": {"type": "string"}, "name": {"type": "string"}, "id": {"type": "string"}}),
    tool("now"),
]


@pytest.mark.parametrize(
    ("body", "name", "arguments"),
    [
        ('{"name": "get_weather", "city": "Oslo"}', "get_weather", {"city": "Oslo"}),
        ('{"city": "Oslo", "days": 07, "name": "get_weather"}', "get_weather", {"city": "Oslo", "days": "07"}),
        ('{"name": "get_weather", "city": "Oslo", "days": 2}', "get_weather", {"city": "Oslo", "days": 2}),
        ('{"name": "get_weather", "city": "Oslo", "days": 2, "unit": None}', "get_weather",
         {"city": "Oslo", "days": 2, "unit": None}),
        ('{"name": "get_weather", "params": {"city": "Oslo"}}', "get_weather", {"city": "Oslo"}),
        ('{"params": {"city": "Oslo"}, "name": "get_weather"}', "get_weather", {"city": "Oslo"}),
        ('{"name": "get_weather", "params": {}}', "get_weather", {}),
        ('{"id": "1", "type": "function", "function": {"name": "get_weather", "city": "Oslo"}}', "get_weather",
         {"city": "Oslo"}),
        ('{"name": "get_weather", "city": "a", "city": "b"}', "get_weather", {"city": "a"}),
        ('{"tool": "search", "name": "x", "type": "y"}', "search", {"name": "x", "type": "y"}),
        ('{"name": "search", "type": "function"}', "search", {}),
        ('{"name": "search", "id": "5"}', "search", {"id": "5"}),
        ('{"name": "get_weather", "id": "5", "city": "Oslo"}', "get_weather", {"city": "Oslo"}),
        ('{"name": "now", "note": "x"}', "now", {}),
        ('{"name": "get_weather", "type": "function", "index": 0}', "get_weather", {}),
    ],
)  # fmt: skip
def test_members_that_the_tool_declares_are_its_arguments(body: str, name: str, arguments: Any) -> None:
    assert called(body, TOOLS) == [(name, arguments)]


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "get_weather", "colour": "red"}',
        '{"name": "get_weather", "colour": {"of": "red"}}',
        '{"name": "get_weather", "params": {"city": "Oslo"}, "more": {}}',
        '{"name": "get_weather", "params": ["Oslo"]}',
    ],
)
def test_an_object_whose_members_nobody_understands_is_text(body: str) -> None:
    assert called(body, TOOLS) == []


def test_without_tools_every_unknown_member_is_an_argument() -> None:
    assert called('{"name": "launch", "at": 5, "type": "function"}', []) == [("launch", {"at": 5})]
    assert called('{"name": "launch", "with": {"at": 5}}', []) == [("launch", {"at": 5})]


def test_an_entry_that_nobody_understands_takes_no_good_entry_along() -> None:
    text = pair('[{"name": "get_weather", "colour": "red"}, {"name": "now"}]')
    read = Parsing("hermes", TOOLS).read([text])
    assert read.calls == [("now", "{}")]
    assert '"colour"' in read.content


def test_a_long_text_beside_the_name_is_an_argument() -> None:
    city = "x" * (2 * Limits().lookahead)
    assert Parsing("hermes", TOOLS).read(
        chunks(pair(json.dumps({"name": "get_weather", "city": city})), 4096)
    ).calls == [("get_weather", json.dumps({"city": city}, separators=(",", ":")))]


def test_bare_json_with_loose_arguments_is_text_as_it_may_well_be_an_answer() -> None:
    text = '{"name": "get_weather", "city": "Oslo"}'
    assert Parsing("json", TOOLS).read([text]).content == text


FLAT = '{"tool": "get_weather", "city": "Oslo", "days": 2}'


@pytest.mark.parametrize("dialect", ["json", "xml", "llama3-json", "auto"])
@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```"])
def test_a_bare_object_that_holds_only_arguments_beside_its_tool_is_a_call(dialect: str, frame: str) -> None:
    text = frame.format(FLAT) if frame == "{}" else frame.replace("{}", FLAT)
    whole = Parsing(dialect, TOOLS).read([text])
    assert whole.calls == [("get_weather", '{"city":"Oslo","days":2}')]
    assert (whole.content, whole.tolerances) == ("", {"loose arguments": 1})
    for pieces in (chunks(text, 1), *(cut(text, [place]) for place in range(1, len(text)))):
        assert Parsing(dialect, TOOLS).read(pieces) == whole


@pytest.mark.parametrize(
    "text",
    [
        '{"tool": "get_weather", "city": "Oslo", "unit": "C"}',
        '{"tool": "get_weather", "days": 2}',
        '{"tool": "get_weather"}',
        '{"tool": "now"}',
        '{"tool": "unknown", "city": "Oslo"}',
        '{"name": "get_weather", "city": "Oslo"}',
        '{"result": {"tool": "get_weather", "city": "Oslo"}}',
        'It says {"tool": "get_weather", "city": "Oslo"}',
    ],
)
def test_any_other_bare_object_may_be_an_answer_and_is_text(text: str) -> None:
    for dialect in ("json", "xml"):
        read = Parsing(dialect, TOOLS).read([text])
        assert (read.content, read.calls) == (text, [])


def test_a_long_text_beside_a_bare_tool_is_an_argument() -> None:
    city = "x" * (2 * Limits().lookahead)
    text = json.dumps({"tool": "get_weather", "city": city})
    assert Parsing("json", TOOLS).read(chunks(text, 4096)).calls == [
        ("get_weather", json.dumps({"city": city}, separators=(",", ":")))
    ]
