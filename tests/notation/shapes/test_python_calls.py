"""Calls as Python writes them: literals, and arguments that are not literals."""

import json
from typing import Any

import pytest

from tests.replies import Parsing, a_call, chunks, cut, read, tool
from toolbridge.notation.shapes.python_calls import write_call

TOOLS = [tool("f"), tool("now")]
OPEN, CLOSE = "<|tool_call_start|>", "<|tool_call_end|>"


def argument(literal: str) -> Any:
    """The JSON that is read out of this literal, however it is cut."""
    text = f"{OPEN}[f(a={literal})]{CLOSE}"
    whole = read(text, "lfm2", TOOLS)
    for size in (1, 2, 3, 7):
        assert Parsing("lfm2", TOOLS).read(chunks(text, size)) == whole
    assert read(text, "lfm2", TOOLS, release="whole").calls == whole.calls
    ((_, arguments),) = whole.calls
    assert whole.tolerances == {}
    return json.loads(arguments)["a"]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1", 1),
        ("-1.5e10", -1.5e10),
        ("True", True),
        ("false", False),
        ("None", None),
        ("null", None),
        ('""', ""),
        ("''", ""),
        ('"it\'s"', "it's"),
        ("'say \"x\"'", 'say "x"'),
        (r"'it\'s'", "it's"),
        (r'"a\nb\\c\u00e9"', "a\nb\\cé"),
        ('"(),=]["', "(),=]["),
        ("[1, 'a', [], {'k': [None]},]", [1, "a", [], {"k": [None]}]),
        ('""""""', ""),
        ('"""a\n"b" \'c\' \\""""', 'a\n"b" \'c\' "'),
        ("'''\\\\'''", "\\"),
        (" 1 ", 1),
    ],
)
def test_a_literal_is_its_value(literal: str, value: Any) -> None:
    assert argument(literal) == value


@pytest.mark.parametrize("literal", ["g()", "x", 'f"x"', "lambda: 1", "Truely", "not True", "_x"])
def test_what_begins_as_no_literal_is_no_call(literal: str) -> None:
    text = f"{OPEN}[f(a={literal})]{CLOSE}"
    assert read(text, "lfm2", TOOLS).content == text
    listed = f"{OPEN}[f(a={literal}), now()]{CLOSE}"
    whole = read(listed, "lfm2", TOOLS)
    assert (whole.content, whole.calls) == (f"f(a={literal})", [("now", "{}")])
    for place in range(1, len(listed)):
        assert Parsing("lfm2", TOOLS).read(cut(listed, [place])) == whole


@pytest.mark.parametrize("literal", ["1 + 1", "(1, 2)", "'a' 'b'", "1__0", "", "[x(1)]", "{'a': x}"])
def test_what_is_no_literal_breaks_the_call(literal: str) -> None:
    text = f"{OPEN}[f(a={literal})]{CLOSE}"
    assert read(text, "lfm2", TOOLS).incomplete == [("f", "broken")]
    assert read(text, "lfm2", TOOLS, release="whole").content == text


@pytest.mark.parametrize("body", ["f(1)", "f('x', a=1)", "f(*x)", "f(**x)", "f", "(a=1)", "f[0]", "1", "", "f(a"])
def test_what_begins_as_no_call_is_text(body: str) -> None:
    text = f"{OPEN}[{body}]{CLOSE} and so on"
    for size in (1, 3, len(text)):
        assert Parsing("lfm2", TOOLS).read(chunks(text, size)).content == text


@pytest.mark.parametrize("bad", ["b=2 + 2", "b=x(')', 1)", "b=[x, y(1)]", "2", "b=f'(x)'"])
def test_behind_a_call_that_breaks_the_next_one_is_read(bad: str) -> None:
    text = f"{OPEN}[f(a=1, {bad}), now()]{CLOSE}"
    whole = read(text, "lfm2", TOOLS)
    assert whole.incomplete == [("f", "broken")]
    assert whole.calls == [("now", "{}")]
    assert whole.content == ""
    for place in range(1, len(text)):
        assert Parsing("lfm2", TOOLS).read(cut(text, [place])) == whole


def test_a_call_that_breaks_and_is_not_closed_nearby_ends_the_block() -> None:
    text = f"{OPEN}[f(a=1, b=x({'y' * 1100}), now()]{CLOSE} So."
    whole = read(text, "lfm2", TOOLS)
    assert (whole.incomplete, whole.calls, whole.content) == ([("f", "broken")], [], " So.")
    assert Parsing("lfm2", TOOLS).read(chunks(text, 7)) == whole


@pytest.mark.parametrize("bad", ["f(1)", 'f(g(\')\'), ["\\")"])', "f({'a': (1, 2)})"])
def test_behind_a_call_what_is_none_is_text_and_the_next_one_is_read(bad: str) -> None:
    text = f"{OPEN}[now(), {bad}, now()]{CLOSE}"
    whole = read(text, "lfm2", TOOLS)
    assert [name for name, _ in whole.calls] == ["now", "now"]
    assert whole.content == f", {bad}"
    for size in (1, 2, 5):
        assert Parsing("lfm2", TOOLS).read(chunks(text, size)) == whole


@pytest.mark.parametrize("rest", ["x", "f)", "'f'(1)", "f(1", "f('1"])
def test_behind_a_call_what_has_not_even_its_shape_ends_the_block(rest: str) -> None:
    back = read(f"{OPEN}[now(), {rest}", "lfm2", TOOLS)
    assert [name for name, _ in back.calls] == ["now"]
    assert back.content == f", {rest}"


def test_a_number_that_is_mended_is_counted() -> None:
    assert read(f"{OPEN}[f(a=+.5)]{CLOSE}", "lfm2", TOOLS).tolerances == {"number": 1}


def test_a_call_is_written_with_keywords_or_an_object() -> None:
    assert write_call(a_call("f", {"a": "x\n", "b_1": [True, None]})) == 'f(a="x\\n", b_1=[true, null])'
    assert write_call(a_call("f", {"a": 1, "b c": 2})) == 'f(**{"a": 1, "b c": 2})'
    assert write_call(a_call("f", {})) == "f()"


@pytest.mark.parametrize(
    "text",
    [
        "[Oslo](https://example.org) and [x]\n[1] a note\n\n- [ ] to do\n- [x] done\n",
        "[[wiki]] [a, b] [f for f in g]\n[f\n",
        "array[0] = f(1)\n    [f(1)]\n[f(x)]\n",
        "> [now] is (not) a call\n[now] [now] (now)\n",
    ],
)
def test_brackets_in_prose_are_text_even_where_lists_were_asked_for(text: str) -> None:
    for dialect in ("pythonic", "auto"):
        for size in (1, 4, len(text)):
            assert Parsing(dialect, TOOLS).read(chunks(text, size)).content == text
