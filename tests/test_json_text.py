"""The transcoder: valid JSON comes out as it is, what models get wrong is mended and counted, the rest is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.replies import chunks, cut
from toolbridge.json_text import BadJson, JsonText, escaped

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def transcoded(pieces: list[str], *, depth: int = 256) -> tuple[str, int, dict[str, int]]:
    """What comes out, how many characters were read, and the tolerances. Raises `BadJson` at its place in the whole."""
    text, out, read = JsonText(depth=depth), "", 0
    for piece in pieces:
        try:
            end = text.feed(piece, 0, len(piece))
        except BadJson as bad:
            raise BadJson(read + bad.pos) from None
        out += text.taken()
        read += end
        if text.ended:
            break
    assert text.ended
    return out, read, dict(text.tolerances)


def ways(text: str) -> list[list[str]]:
    return [[text], chunks(text, 1), *(cut(text, [place]) for place in range(1, len(text)))]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '""',
        "[ ]",
        '{"a": [1, -2.5, 1.5e10, 1E+3, true, false, null, "x", {}, []], "b": {"c": {"d": {"e": 1}}}}',
        '{ "a" :\t1 ,\r\n "b" : [ 1 , 2 ] }',
        '{"a": 1180591620717411303424, "b": 1e400, "c": 0.1000000000000000000001}',
        '{"a": "\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"}',
        '{"a": "é 😀 \u2028 \x7f </tool_call> }{][, \'"}',
        '{"b": 1, "a": {"b": 1, "a": [{"b": 1}, {"b": 1}]}, "c": {"b": 3}}',
        '{"": ""}',
    ],
)
def test_valid_json_comes_out_as_it_is(text: str) -> None:
    for pieces in ways(text):
        assert transcoded(pieces) == (text, len(text), {})


@given(value=st.dictionaries(TEXT, JSON, max_size=3), indent=st.none() | st.integers(0, 2), ascii_only=st.booleans())
def test_any_valid_json_comes_out_as_it_is(value: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert transcoded([text]) == (text, len(text), {})
    assert transcoded(chunks(text, 3)) == (text, len(text), {})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"b": 1, "a": 2, "b": 3}', '{"b": 1, "a": 2}'),
        ('{"a": 1, "a": 2, "b": 3}', '{"a": 1, "b": 3}'),
        ('{"a":1,"a":2 , "b":3 }', '{"a":1 , "b":3 }'),
        ('{"a": "x", "a": "y\\n\\"}, {"}', '{"a": "x"}'),
        ('{"a": 1, "a": {"a": [1, {"b": 2}], "c": 3}, "c": 4}', '{"a": 1, "c": 4}'),
        ('{"a": [{"b": 1, "b": [2], "c": 3}, {"b": 4}]}', '{"a": [{"b": 1, "c": 3}, {"b": 4}]}'),
        ('{"\\u0061": 1, "a": 2}', '{"\\u0061": 1}'),
        ('[{"": 1, "": 2}]', '[{"": 1}]'),
    ],
)
def test_of_two_members_with_one_key_the_first_stays(text: str, kept: str) -> None:
    for pieces in ways(text):
        assert transcoded(pieces) == (kept, len(text), {"repeated key": 1})


def test_a_repeated_key_is_found_in_any_spelling_and_with_other_mistakes_beside_it() -> None:
    text = '{a: 1, \'a\': [+1, {a: 1, a: 2},], "a": None, "b": 007,}'
    for pieces in ways(text):
        out, _, tolerances = transcoded(pieces)
        assert out == '{"a": 1, "b": "007"}'
        assert tolerances["repeated key"] == 2


def test_a_member_that_is_dropped_is_not_kept_in_memory() -> None:
    reader = JsonText()
    reader.feed('{"a": 1, "a": "', 0, 15)
    reader.taken()
    for _ in range(1000):
        assert reader.inside("x" * 1000) is None
        reader.feed("x" * 1000, 0, 1000)
        assert reader.taken() == ""
    assert sum(map(len, reader._written)) == 0
    reader.feed('"}', 0, 2)
    assert reader.taken() == "}"


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ('{"a": 1, "a": 2', '{"a": 1}'),
        ('{"a": [1, {"b": 1, "b": 2}', '{"a": [1, {"b": 1}]}'),
        ('{"a": 1, "a": {"b": [', '{"a": 1}'),
    ],
)
def test_braces_behind_a_member_that_is_dropped_can_be_added(text: str, closed: str) -> None:
    reader = JsonText()
    reader.feed(text, 0, len(text))
    out = reader.taken()
    assert reader.missing()
    reader.close()
    assert out + reader.taken() == closed


@pytest.mark.parametrize(
    ("text", "mended", "tolerances"),
    [
        pytest.param("{'a': 'x'}", '{"a": "x"}', {"single quotes": 2}, id="single quotes"),
        pytest.param("{'a': 'say \"x\"'}", '{"a": "say \\"x\\""}', {"single quotes": 2}, id="double quotes in single"),
        pytest.param("{'a': 'it\\'s'}", '{"a": "it\'s"}', {"single quotes": 2, "escape": 1}, id="escaped single quote"),
        pytest.param('{"a": "it\\\'s"}', '{"a": "it\'s"}', {"escape": 1}, id="a quote that needs no escape"),
        pytest.param('{"a": "C:\\Oslo\\x41"}', '{"a": "C:\\\\Oslo\\u0041"}', {"escape": 2}, id="odd escapes"),
        pytest.param('{"a": "\\u12G"}', '{"a": "\\\\u12G"}', {"escape": 1}, id="an escape that breaks off"),
        pytest.param(
            '{"a": "\\\nx"}', '{"a": "\\\\\\nx"}', {"escape": 1, "raw control character": 1}, id="a continued line"
        ),
        pytest.param(
            '{"a": "1\n2\t3\x01"}',
            '{"a": "1\\n2\\t3\\u0001"}',
            {"raw control character": 3},
            id="raw control characters",
        ),
        pytest.param(
            "[True, None, NaN, -Infinity, undefined]",
            "[true, null, null, null, null]",
            {"literal": 5},
            id="other words",
        ),
        pytest.param("[+5, .5, 5., -.5, 007]", '[5, 0.5, 5.0, -0.5, "007"]', {"number": 5}, id="odd numbers"),
        pytest.param("{a: 1, $b-c: 2, _d: 3}", '{"a": 1, "$b-c": 2, "_d": 3}', {"bare key": 3}, id="bare keys"),
        pytest.param('{"a": [1, 2, ], }', '{"a": [1, 2 ] }', {"trailing comma": 2}, id="trailing commas"),
    ],
)
def test_what_models_get_wrong_is_mended_and_counted(text: str, mended: str, tolerances: dict[str, int]) -> None:
    for pieces in ways(text):
        assert transcoded(pieces) == (mended, len(text), tolerances)
    json.loads(mended)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("@", 0),
        ("{,}", 1),
        ("[,]", 1),
        ("{]", 1),
        ("[}", 1),
        ('{"a" 1}', 5),
        ('{"a": }', 6),
        ('{"a": 1 "b"}', 8),
        ('{"a": 1; }', 7),
        ('{"a": 1,,}', 8),
        ('{"a": Oslo}', 10),
        ("[1.2.3]", 6),
        ("[1_000]", 6),
        ("[-]", 2),
        ("{1: 2}", 1),
        ("{a.b: 2}", 4),
        ('["a" <', 5),
    ],
)
def test_what_cannot_be_mended_is_refused_at_its_place(text: str, at: int) -> None:
    for pieces in ways(text):
        with pytest.raises(BadJson) as refused:
            transcoded(pieces)
        assert refused.value.pos == at


def test_nothing_behind_the_value_is_read() -> None:
    for text, end in (("{} x", 2), ('"a"b', 3), ("[1]]", 3), ("{}}", 2)):
        assert transcoded([text])[:2] == (text[:end], end)


def test_nesting_is_bounded() -> None:
    assert transcoded(["[" * 3 + "]" * 3], depth=3)[0] == "[[[]]]"
    with pytest.raises(BadJson) as refused:
        transcoded(["[" * 4], depth=3)
    assert refused.value.pos == 3


def test_a_word_is_bounded_however_it_comes() -> None:
    for pieces in (["[" + "1" * 2000], ["[", *"1" * 2000]):
        with pytest.raises(BadJson) as refused:
            transcoded(pieces)
        assert refused.value.pos == 1 + 1024
    long = "[" + ", ".join(["1" * 1024] * 3) + "]"
    assert transcoded(chunks(long, 7))[0] == long


STEPS = [
    ('{"city": "Os', '{"city": "Os'),
    ("lo\\", "lo"),
    ("n", "\\n"),
    ("\\u00", ""),
    ("e9", "\\u00e9"),
    ('", "days": 1', '", "days": '),
    ("2", ""),
    (", ", "12"),
    ("}", " }"),
]


def test_everything_leaves_but_what_cannot_be_decided_yet() -> None:
    text = JsonText()
    for piece, out in STEPS:
        assert text.feed(piece, 0, len(piece)) == len(piece)
        assert text.taken() == out
    assert text.ended


def test_a_piece_inside_a_string_takes_the_short_way() -> None:
    text = JsonText()
    assert text.inside("x") is None
    text.feed('{"a": "', 0, 7)
    assert text.taken() == '{"a": "'
    assert text.inside("x") is None  # the string's first piece
    text.feed("x", 0, 1)
    assert text.taken() == "x"
    assert [text.inside(piece) for piece in ("é\\n", "\n", "\\", "u00", "e9")] == ["é\\n", "\\n", "", "", "\\u00e9"]
    assert text.inside('y"') is None
    text.feed('"}', 0, 2)
    assert text.taken() == '"}'
    assert text.ended


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ('{"a": 1', '{"a": 1}'),
        ('{"a": [1, 2', '{"a": [1, 2]}'),
        ('{"a": [1, 2, ', '{"a": [1, 2]}'),
        ('{"a": "x"', '{"a": "x"}'),
        ('{"a": True', '{"a": true}'),
        ('{"a": 007', '{"a": "007"}'),
        ('{"a": {}', '{"a": {}}'),
        ('{"a": {', '{"a": {}}'),
        ("[", "[]"),
        ('{"a": 1 ', '{"a": 1 }'),
    ],
)
def test_braces_that_are_missing_can_be_added(text: str, closed: str) -> None:
    for pieces in ways(text):
        reader, out = JsonText(), ""
        for piece in pieces:
            reader.feed(piece, 0, len(piece))
            out += reader.taken()
        assert reader.missing()
        reader.close()
        assert out + reader.taken() == closed
        assert reader.ended
        assert reader.tolerances["missing brace"] == 1


@pytest.mark.parametrize(
    "text", ["", " ", '{"a', '{"a"', '{"a":', '{"a": ', '{"a": "x', '{"a": tru', '{"a": -', "{}", "{b"]
)
def test_nothing_else_can(text: str) -> None:
    reader = JsonText()
    reader.feed(text, 0, len(text))
    assert not reader.missing()


@given(characters=TEXT)
def test_escaped_text_is_the_inside_of_a_string(characters: str) -> None:
    assert json.loads(f'"{escaped(characters)}"') == characters
    assert "".join(map(escaped, characters)) == escaped(characters)
