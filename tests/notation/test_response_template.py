"""Response templates as dialects: the calls that they describe are read, and what they cannot say is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.replies import TOOLS, Parsing, chunks, cut
from toolbridge.errors import Misuse
from toolbridge.notation.response_template import template_dialect

FUNCTION = {"type": "function", "function": "{content}"}
NAMED = {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}}
KEYED = {"type": "function", "function": {"name": "{tool_name}", "arguments": "{parameters}"}}
OBJECT = {"open": "<acme_call>", "close": "</acme_call>", "repeats": True, "content": "json", "transform": FUNCTION}
LIST = {"open": "<|BEGIN|>", "close": "<|DONE|>", "content": "json", "transform_each": True, "transform": KEYED}
HEADED = {
    "open_pattern": r"<\|to\|>functions\.(?P<name>\w+).*?<\|body\|>",
    "close": "<|done|>",
    "content": "json",
    "transform": NAMED,
}
ELEMENTS = {
    "open_pattern": r"<acme>\s*<fn=(?P<name>\w+)>",
    "close": "</acme>",
    "content": "xml-inline",
    "content_args": {"tag_pattern": r"<arg=(?P<key>\w+)>\s*(?P<value>.*?)\s*</arg>"},
    "transform": NAMED,
}
BARE = {"open_pattern": r"\[ACME\](?P<name>[\w-]+)\[WITH\]", "content": "json", "transform": NAMED}


def described(field: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "start_anchor": "<|me|>", "fields": {"tool_calls": field, "content": {"close": "<|end|>"}}}


CALLS = [("get_weather", '{"city":"Oslo","days":2}'), ("now", "{}")]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (OBJECT, ('<acme_call>{"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}</acme_call>'
                 '<acme_call>{"name": "now", "arguments": {}}</acme_call>')),
        (LIST, ('<|BEGIN|>[{"tool_name": "get_weather", "parameters": {"city": "Oslo", "days": 2}}, '
               '{"tool_name": "now", "parameters": {}}]<|DONE|>')),
        (HEADED, ('<|to|>functions.get_weather as json<|body|>{"city": "Oslo", "days": 2}<|done|>'
                 "<|to|>functions.now<|body|>{}<|done|>")),
        (ELEMENTS, ("<acme>\n<fn=get_weather>\n<arg=city>\nOslo\n</arg>\n<arg=days>2</arg>\n</fn>\n</acme>"
                   "<acme><fn=now></fn></acme>")),
        (BARE, '[ACME]get_weather[WITH]{"city": "Oslo", "days": 2}[ACME]now[WITH]{}'),
    ],
)  # fmt: skip
def test_the_calls_of_a_template_are_read_however_they_are_cut(field: dict[str, Any], text: str) -> None:
    dialect: Any = template_dialect(described(field))
    reply = f"Let me look.{text} Done."
    whole = Parsing(dialect).read([reply])
    assert whole.calls == CALLS
    assert (whole.content, whole.tolerances) == ("Let me look. Done.", {})
    for pieces in (chunks(reply, 1), chunks(reply, 3), *(cut(reply, [at]) for at in range(1, len(reply), 3))):
        assert Parsing(dialect).read(pieces) == whole
    for ended in range(len("Let me look."), len(reply), 5):
        cut_off = Parsing(dialect, TOOLS, "length", {"release": "whole"}).read([reply[:ended]])
        assert cut_off.calls in (CALLS, CALLS[:1], [])


def test_other_notations_are_read_beside_it_and_prose_with_its_opener_is_text() -> None:
    dialect: Any = template_dialect(described(OBJECT))
    hermes = '<tool_call>{"name": "now", "arguments": {}}</tool_call>'
    assert Parsing(dialect).read([hermes]).calls == [("now", "{}")]
    assert Parsing(dialect).read(["It writes <acme_call> first."]).content == "It writes <acme_call> first."
    assert Parsing("auto").read(["<acme_call>"]).content == "<acme_call>"


def test_a_template_wins_over_a_family_with_the_same_marker() -> None:
    field = OBJECT | {"open": "<tool_call>", "close": "</tool_call>"}
    text = '<tool_call>{"name": "unknown", "arguments": {}}</tool_call>'
    dialect: Any = template_dialect(described(field))
    assert Parsing(dialect).read([text]).calls == [("unknown", "{}")]


def test_a_template_is_found_in_the_file_of_a_tokenizer(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer_config.json"
    file.write_text(json.dumps({"chat_template": "x", "response_template": described(OBJECT)}), encoding="utf-8")
    assert template_dialect(json.loads(file.read_text(encoding="utf-8"))).openers[0].literal == "<acme_call>"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (None, "describes no calls"),
        (OBJECT | {"open": ""}, "begin with no fixed text"),
        (OBJECT | {"open": "<"}, "begin with no fixed text"),
        ({"open_pattern": "(?:<a>)?<b>", "content": "json"}, "begin with no fixed text"),
        ({"open_pattern": "<a>|<b>", "content": "json"}, "not read"),
        (OBJECT | {"content": "kv-lines"}, "not read"),
        (OBJECT | {"close_pattern": "<.*>"}, "end with an expression"),
        (OBJECT | {"content_args": {"string_delims": [["<|", "|>"]]}}, "delimiters"),
        (OBJECT | {"transform": "{content}"}, "not read"),
        (OBJECT | {"transform": {"function": {"name": "{fn}", "arguments": "{with}"}}}, "no family has"),
        (HEADED | {"open_pattern": r"<\|to\|>(?P<tool>\w+)<\|body\|>"}, "no group"),
        (HEADED | {"transform": FUNCTION}, "holds more than text"),
        (ELEMENTS | {"content_args": {}}, "no `tag_pattern`"),
        (ELEMENTS | {"content_args": {"tag_pattern": r"<arg>(?P<value>.*?)</arg>"}}, "not read"),
    ],
)
def test_what_is_not_read_is_refused_with_the_reason(field: Any, reason: str) -> None:
    with pytest.raises(Misuse, match=reason):
        template_dialect(described(field) if field else {"fields": {"content": {}}})
