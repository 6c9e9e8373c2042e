"""Arguments that are made to fit the schema of their tool while they come."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.checks.schemas import arguments_of
from toolbridge.checks.arguments import Arguments, rewritten
from toolbridge.checks.places import Place

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "file_path": {"type": "string"},
        "deep": {"type": "object", "properties": {"n": {"type": "number"}, "on": {"type": "boolean"}}},
        "opt": {"type": ["string", "null"]},
        "count": {"anyOf": [{"type": "integer"}, {"enum": ["all"]}]},
        "edits": {
            "type": "array",
            "items": {"type": "object", "properties": {"old": {"type": "string"}, "line": {"type": "integer"}}},
        },
        "near_by": {"type": "object", "properties": {"km": {"type": "integer"}}, "required": ["km"]},
    },
    "required": ["city"],
}


def place(schema: dict[str, Any] = SCHEMA) -> Place:
    return arguments_of(schema)


SAME = [
    "{}",
    "{ }",
    ' {"days" : 1 , "city" : "x" } ',
    '{"city":"x","days":30.0,"opt":null,"count":"all","count":7}',
    '{"city":"x","days":"soon"}',
    '{"city":"x","days":5.5}',
    '{"city":null}',
    '{"city":"x","zz":[1,{"a":null}],"yy":"5"}',
    '{"city":"x","tags":[],"edits":[{}]}',
    '{"city":"x","unit":"kelvin"}',
    '{"arguments":{"city":"x"},"days":1}',
    '{"arguments":{"days":"x"}}',
    '{"arguments":5}',
    '{"arguments":{}}',
    '{"city":"x","arguments":{"city":"y"}}',
    '{"city":"x","nearBy":{"km":"far"}}',
    '{"filePath":null,"city":"x"}',
    "[1]",
    "5",
    "null",
    '"text"',
    '{"city":"x" "y"}',
    "{city:1}",
    '{"city"}',
    '{"city":"x",}',
    '{"city":NaN}',
    '{"city":"x"} and more',
    '{"city":"x","days":"3',
    '{"city":"x","days":"',
    '{"city":"x","da',
    '{"city":"x","tags":{"a":',
    '{"city":"x","arguments',
    '{"arguments":{"ci',
    "",
]

CHANGED = [
    ('{"city": "Oslo", "days": "30"}', '{"city": "Oslo", "days": 30}', {"coerced": 1}),
    ('{"city":5,"tags":"a"}', '{"city":"5","tags":["a"]}', {"coerced": 2}),
    ('{"city":"x","unit":"Celsius"}', '{"city":"x","unit":"celsius"}', {"coerced": 1}),
    ('{"city":"x","unit":"cElsius"}', '{"city":"x","unit":"celsius"}', {"coerced": 1}),
    ('{"city":"x","tags":["a",1,true]}', '{"city":"x","tags":["a","1","true"]}', {"coerced": 2}),
    ('{"deep":{"n":"1.5","on":"True"},"city":"x"}', '{"deep":{"n":1.5,"on":true},"city":"x"}', {"coerced": 2}),
    ('{"city":"x","deep":"{\\"n\\":\\"2\\"}"}', '{"city":"x","deep":{"n":2}}', {"coerced": 1}),
    (
        '{"edits":[{"old":"a","line":"7"},{"old":5}],"city":"x"}',
        '{"edits":[{"old":"a","line":7},{"old":"5"}],"city":"x"}',
        {"coerced": 2},
    ),
    ('{"count":"12","city":"z"}', '{"count":12,"city":"z"}', {"coerced": 1}),
    ('{"count":"ALL","city":"z"}', '{"count":"all","city":"z"}', {"coerced": 1}),
    ('{"city":"x","days":null}', '{"city":"x"}', {"dropped": 1}),
    ('{"days": null, "city": "x"}', '{ "city": "x"}', {"dropped": 1}),
    ('{"city":"x","days":null,"tags":null,"opt":null}', '{"city":"x","opt":null}', {"dropped": 2}),
    ('{"days":null}', "{}", {"dropped": 1}),
    ('{"filePath":"/a","city":"x"}', '{"file_path":"/a","city":"x"}', {"renamed": 1}),
    ('{"city":"x","FILE-PATH":5}', '{"city":"x","file_path":"5"}', {"renamed": 1, "coerced": 1}),
    ('{"city":"x","nearBy":{"km":"3"}}', '{"city":"x","near_by":{"km":3}}', {"renamed": 1, "coerced": 1}),
    ('{"filePath":"/a","city":"x","file_path":"/b"}', '{"file_path":"/a","city":"x"}', {"renamed": 1, "dropped": 1}),
    ('{"city":"x","Days":"3"}', '{"city":"x","days":3}', {"renamed": 1, "coerced": 1}),
    ('"{\\"city\\": \\"Oslo\\"}"', '{"city": "Oslo"}', {"coerced": 1}),
    ('"{\\"city\\": \\"Oslo\\", \\"days\\": \\"3\\"}"', '{"city": "Oslo", "days": 3}', {"coerced": 1}),
    ('{"arguments": {"city": "Oslo"}}', '{"city": "Oslo"}', {"unwrapped": 1}),
    ('{"input":{"city":"Oslo","days":"4"} }', '{"city":"Oslo","days":4}', {"unwrapped": 1, "coerced": 1}),
    ('{"parameters":"{\\"city\\":\\"Oslo\\"}"}', '{"city":"Oslo"}', {"unwrapped": 1, "coerced": 1}),
]


@pytest.mark.parametrize("text", SAME)
def test_what_fits_or_has_no_one_reading_leaves_as_it_came(text: str) -> None:
    assert rewritten(text, place()) == (text, Counter())


@pytest.mark.parametrize(("text", "meant", "changes"), CHANGED)
def test_what_can_only_be_meant_otherwise_is_changed(text: str, meant: str, changes: dict[str, int]) -> None:
    assert rewritten(text, place()) == (meant, Counter(changes))


@pytest.mark.parametrize("text", [*SAME, *(text for text, _, _ in CHANGED)])
def test_every_cut_gives_the_same(text: str) -> None:
    whole = rewritten(text, place())
    for cut in range(1, len(text)):
        arguments = Arguments(place())
        assert arguments.feed(text[:cut]) + arguments.feed(text[cut:]) + arguments.finish() == whole[0]
        assert arguments.changes == whole[1]
    arguments = Arguments(place())
    assert "".join(map(arguments.feed, text)) + arguments.finish() == whole[0]


def pieces(*given: str, schema: dict[str, Any] = SCHEMA) -> list[str]:
    arguments = Arguments(place(schema))
    return [arguments.feed(piece) for piece in given]


def test_a_needed_member_leaves_while_it_comes() -> None:
    given = ('{"ci', 'ty"', ": ", '"a', "\\", 'n"', "}")
    schema = {"properties": {"city": {"type": "string"}}, "required": ["city"]}
    assert pieces(*given, schema=schema) == ['{"ci', 'ty"', ": ", '"a', "", '\\n"', "}"]


def test_a_name_that_may_stand_for_all_arguments_waits_until_it_differs() -> None:
    schema = {"properties": {"path": {"type": "string"}}, "required": ["path"]}
    assert pieces('{"', "pa", 'th"', ':"a"}', schema=schema) == ['{"', "", 'path"', ':"a"}']


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ('{"args":{"path":"a"}}', '{"path":"a"}'),
        ('{"args":{ "path":5}}', '{"path":"5"}'),
        ('{"args":{}}', '{"args":{}}'),
        ('{"args":{"path":"a"},"b":1}', '{"args":{"path":"a"},"b":1}'),
        ('{"args":', '{"args":'),
    ],
)
def test_all_arguments_may_be_wrapped_though_the_quote_in_front_has_left(given: str, meant: str) -> None:
    schema = {"properties": {"path": {"type": "string"}}, "required": ["path"]}
    arguments = Arguments(place(schema))
    assert arguments.feed('{"') == '{"'
    assert '{"' + arguments.feed(given[2:]) + arguments.finish() == meant


def test_text_inside_lists_and_objects_leaves_while_it_comes() -> None:
    assert pieces('{"tags":["a', 'b","', 'c"]') == ['{"tags":["a', 'b","', 'c"]']
    assert pieces('{"edits":[{"old":"a', "b") == ['{"edits":[{"old":"a', "b"]


def test_the_name_of_an_optional_member_waits_for_its_value() -> None:
    assert pieces('{"city":"x"', ', "days"', ": ", "5", "}") == ['{"city":"x"', "", "", ', "days": 5', "}"]


def test_a_listed_text_leaves_as_long_as_it_is_listed() -> None:
    schema = {"properties": {"unit": {"enum": ["celsius", "kelvin"]}}, "required": ["unit"]}
    assert pieces('{"unit":"', "cel", "sius", '"', schema=schema) == ['{"unit":', '"cel', "sius", '"']
    assert pieces('{"unit":"cel', "SIUS", '"', schema=schema) == ['{"unit":"cel', "", 'sius"']


def test_nothing_is_held_where_the_schema_says_nothing() -> None:
    text = '{"a":{"b":[1,"x",null]},"c":"d"}'
    assert pieces(*text, schema={}) == list(text)


def test_a_value_that_is_too_long_to_be_held_leaves_as_it_came() -> None:
    long = json.dumps({"city": "x", "days": "9" * 100_000, "tags": ["9" * 100_000]})
    assert rewritten(long, place()) == (long, Counter())
    arguments = Arguments(place())
    out = [arguments.feed(long[at : at + 1000]) for at in range(0, len(long), 1000)]
    assert max(map(len, out)) < 70_000
    assert "".join(out) + arguments.finish() == long
    listed = json.dumps({"unit": "x" * 100_000, "city": "y"})
    assert rewritten(listed, place()) == (listed, Counter())
    for odd in ({"x" * 100_000: 1, "days": "1"}, {"input": {"city": "x" * 100_000}}, {"Days": "1" * 100_000}):
        text = json.dumps(odd)
        assert rewritten(text, place()) == (text, Counter())
        arguments = Arguments(place())
        assert "".join(arguments.feed(text[at : at + 999]) for at in range(0, len(text), 999)) == text


def test_a_name_with_escapes_is_the_name_it_spells() -> None:
    text = '{"cit\\u0079":5,"d\\u0061ys":null}'
    assert rewritten(text, place()) == ('{"cit\\u0079":"5"}', Counter(coerced=1, dropped=1))


def test_a_name_is_left_alone_where_the_tool_takes_others() -> None:
    schema = SCHEMA | {"additionalProperties": True}
    text = '{"filePath":"/a","city":"x","arguments":{}}'
    assert rewritten(text, place(schema)) == (text, Counter())


def test_deep_nesting_of_json_in_text_ends() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(30):
        schema = {"type": "array", "items": schema}
    value: Any = "5"
    for _ in range(8):
        value = json.dumps([value])
    out, _ = rewritten(json.dumps({"a": value}), place({"properties": {"a": schema}}))
    json.loads(out)


def test_only_so_many_values_of_a_call_are_looked_at() -> None:
    schema = {"properties": {"a": {"type": "array", "items": {"type": "integer"}}}}
    many = '{"a":[' + ",".join(['"5"'] * 150 + ["1"] * 3000 + ['"5"']) + "]}"
    meant, changes = rewritten(many, place(schema))
    assert changes == Counter(coerced=150)
    assert json.loads(meant)["a"] == [5] * 150 + [1] * 3000 + ["5"]
    wrong = '{"a":[' + ",".join(['"x"'] * 300 + ['"5"']) + "]}"
    assert rewritten(wrong, place(schema)) == (wrong, Counter())
    arguments = Arguments(place(schema))
    assert "".join(arguments.feed(many[at : at + 7]) for at in range(0, len(many), 7)) == meant
