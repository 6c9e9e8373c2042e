"""Promises about arguments that are changed while they come, for generated schemas and values."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.schemas import arguments_of
from toolbridge.checks.arguments import Arguments, rewritten

NAMES = st.sampled_from(["a", "ab", "file_path", "filePath", "input", "days", "é", 'q"'])
WORDS = st.sampled_from(
    ["celsius", "Celsius", "5", "true", "null", "[1]", '{"a": "1"}', "", "x y", "1.0", '"', "\\", "é😀"]
)
LEAVES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": "number", "minimum": 2},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": ["celsius", "kelvin"]},
        {"enum": ["Celsius", 5, None]},
        {"type": ["string", "null"]},
        {"type": "string", "pattern": "^x"},
        {},
    ]
)


def around(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    objects = st.builds(
        lambda properties, required, others: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & properties.keys()),
            **others,
        },
        st.dictionaries(NAMES, inner, max_size=4),
        st.sets(NAMES, max_size=3),
        st.sampled_from([{}, {"additionalProperties": False}, {"additionalProperties": True}]),
    )
    arrays = st.builds(lambda items: {"type": "array", "items": items}, inner)
    either = st.builds(
        lambda word, branches: {word: branches},
        st.sampled_from(["anyOf", "allOf"]),
        st.lists(inner, min_size=1, max_size=3),
    )
    return objects | arrays | either


SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(LEAVES, around, max_leaves=8)
TOOLS = around(SCHEMAS).filter(lambda schema: "properties" in schema)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)


@st.composite
def texts(draw: st.DrawFn, values: st.SearchStrategy[Any] = OBJECTS) -> str:
    """A value as JSON, with blanks where JSON allows them, and with escapes or without."""
    indent = draw(st.sampled_from([None, 0, 1]))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :")]))
    return json.dumps(draw(values), indent=indent, separators=separators, ensure_ascii=draw(st.booleans()))


@settings(max_examples=50)
@given(TOOLS, texts(), st.lists(st.integers(0, 60), max_size=4))
def test_any_split_gives_the_same_arguments(schema: dict[str, Any], text: str, cuts: list[int]) -> None:
    place = arguments_of(schema)
    arguments, out, begun = Arguments(place), "", 0
    for cut in [*sorted(cuts), len(text)]:
        out += arguments.feed(text[begun:cut])
        begun = max(begun, cut)
    assert out + arguments.finish() == rewritten(text, place)[0]
    assert arguments.changes == rewritten(text, place)[1]


@settings(max_examples=50)
@given(TOOLS, texts())
def test_json_stays_json_and_a_second_look_changes_nothing(schema: dict[str, Any], text: str) -> None:
    place = arguments_of(schema)
    out, _ = rewritten(text, place)
    json.loads(out)
    assert rewritten(out, place)[0] == out


@settings(max_examples=50)
@given(TOOLS, texts())
def test_arguments_that_fit_are_never_changed(schema: dict[str, Any], text: str) -> None:
    place = arguments_of(schema)
    out, changes = rewritten(text, place)
    if place.fits(json.loads(text)) and not changes["renamed"]:
        assert out == text
        assert not changes


@settings(max_examples=50)
@given(TOOLS, texts())
def test_text_without_a_change_is_the_text_that_came(schema: dict[str, Any], text: str) -> None:
    out, changes = rewritten(text, arguments_of(schema))
    assert (out == text) == (not changes)


@settings(max_examples=50)
@given(TOOLS, st.text(alphabet='{}[]",: \\abtrue5', max_size=40))
def test_what_is_no_json_leaves_as_it_came_or_is_changed_where_it_was_json(schema: dict[str, Any], text: str) -> None:
    arguments = Arguments(arguments_of(schema))
    out = "".join(map(arguments.feed, text)) + arguments.finish()
    assert out == text or arguments.changes
