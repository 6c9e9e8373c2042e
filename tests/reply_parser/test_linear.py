"""Cost by counting: how often a character is looked at, on text that is made to be looked at often.

Every expression of the parser counts the characters it has gone over. No clock: a slow machine changes nothing, and a
search that begins again from the start shows at once, as its count grows with the square of the text.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

import toolbridge.dialects
import toolbridge.notation
import toolbridge.notation.shapes
import toolbridge.reply_parser
from tests.replies import Parsing, chunks
from toolbridge import json_text, scanner
from toolbridge.scanner import Markers, Scanner
from toolbridge.words import Words

LENGTH = 8000
MOST = 4.5
"""How often a character may be looked at, on average, where the text comes whole or in tokens of four characters.

Text that begins like a marker is looked at once more, to see which marker it is."""
MOST_ONE_BY_ONE = 12.5
"""How often, where the text comes character by character: half a marker is looked at again with each character."""
MOST_COPIED = 3
"""How often a character may be copied so that it can be given back, and read again if another opener stands in it."""


@dataclass(slots=True)
class Count:
    looked_at: int = 0
    copied: int = 0


@dataclass(slots=True)
class Counted:
    """An expression that counts: a search goes up to the end of what it finds, a match over what it matches."""

    inner: re.Pattern[str]
    count: Count

    def search(self, text: str, pos: int = 0, stop: int | None = None) -> re.Match[str] | None:
        stop = len(text) if stop is None else min(stop, len(text))
        found = self.inner.search(text, pos, stop)
        self.count.looked_at += (found.end() if found else stop) - pos
        return found

    def match(self, text: str, pos: int = 0, stop: int | None = None) -> re.Match[str] | None:
        found = self.inner.match(text, pos, len(text) if stop is None else stop)
        self.count.looked_at += found.end() - pos if found else 1
        return found

    def fullmatch(self, text: str, pos: int = 0) -> re.Match[str] | None:
        self.count.looked_at += len(text) - max(pos, 0)
        return self.inner.fullmatch(text, pos)


def modules() -> Iterator[ModuleType]:
    yield from (scanner, json_text)
    for package in (toolbridge.notation, toolbridge.notation.shapes, toolbridge.dialects, toolbridge.reply_parser):
        for found in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"{package.__name__}.{found.name}")


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Counts from here on."""
    one = Count()
    for module in modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, re.Pattern):
                monkeypatch.setattr(module, name, Counted(value, one))
            elif isinstance(value, dict) and value and all(isinstance(inner, re.Pattern) for inner in value.values()):
                monkeypatch.setattr(module, name, {key: Counted(inner, one) for key, inner in value.items()})
    compiled, looked_up = Markers.__init__, Words.at

    def init(self: Markers, *args: Any, **options: Any) -> None:
        compiled(self, *args, **options)
        self.pattern = Counted(self.pattern, one)  # type: ignore[assignment] # it has the methods that are called

    def counted_at(self: Words, text: str, pos: int, stop: int) -> tuple[str, bool]:
        found = looked_up(self, text, pos, stop)
        one.looked_at += len(found[0]) or 1
        return found

    kept = Scanner.kept

    def counted_kept(self: Scanner) -> str:
        text = kept(self)
        one.copied += len(text)
        return text

    monkeypatch.setattr(Markers, "__init__", init)
    monkeypatch.setattr(Words, "at", counted_at)
    monkeypatch.setattr(Scanner, "kept", counted_kept)
    return one


VALUE = '<invoke name="get_weather"><parameter name="city">'
JSON = '<tool_call>{"name": "now", "arguments": '
CALLED = '<tool_call>{"name": "now"}</tool_call>'

HOSTILE: dict[str, tuple[str, str]] = {
    "<": ("", "<"),
    "half an opener": ("", "<tool_call"),
    "half an opener and a blank": ("", "<tool_cal "),
    "openers": ("", "<tool_call>"),
    "openers with a brace": ("", "<tool_call>{"),
    "openers with a bracket": ("", "<tool_call>["),
    "openers with a key": ("", '<tool_call>{"name":'),
    "openers with an envelope": ("", '<tool_call>{"function":'),
    "openers with objects in objects": ("", '<tool_call>{"a":{"b":{"c":'),
    "objects in objects before a name": ("<tool_call>", '{"a":'),
    "objects beside objects": ("<tool_call>{", '"a":{"b":{"c":{}}},'),
    "ends of turns in a value": (VALUE, "</parameter><|im_end|>"),
    "ends of turns and blanks in a value": (VALUE, "</parameter><|im_end|> \n"),
    "Python calls that break": ("", "<function_calls>\nnow(a=1, b=x("),
    "Python calls that are none": ("<function_calls>\n", "now(1)\n"),
    "lists that lack a brace": ("", '<tool_call>[{"name": "now", "arguments": {"a": 1]'),
    "lists that lack a brace, and blanks": ("", '<tool_call>[{"name": "now", "arguments": {"a": 1]' + " " * 1000),
    "openers and blanks": ("", "<tool_call>" + " " * 1000),
    "wrappers": ("", "<tool_calls><"),
    "elements without an end": ("", '<invoke name="'),
    "elements without children": ("", '<invoke name="now">'),
    "elements in elements": ("", "<invoke <invoke "),
    "elements and blanks": ("", "<invoke" + " " * 1000),
    "elements of tools": ("", "<now>\n"),
    "elements of tools with a child": ("", "<get_weather>\n<city>"),
    "backticks": ("", "`"),
    "backticks on lines": ("", "`\n"),
    "code spans": ("", "a `b` "),
    "openers in code spans": ("", "`<tool_call>"),
    "many openers in one code span": ("", "`" + "<tool_call>" * 90 + "`\n"),
    "many openers behind one backtick": ("", "`" + "<tool_call>" * 500 + "\n"),
    "fences with a brace": ("", "```json\n{"),
    "fences with a call": ("", '```json\n{"name":"now","arguments":{"a":"\n'),
    "fences with a wrapper": ("", "```\n<tool_calls>\n"),
    "fences without anything": ("", "```\n\n"),
    "code in a fence": ("```\n", "x = `y`\n"),
    "calls in a fence": ("```json\n", '{"name":"now","arguments":{}}\n'),
    "blanks": ("", " "),
    "blanks and text": ("", "x" + " " * 900),
    "prose": ("", "Some words, and more of them. "),
    "brackets": ("", "["),
    "braces": ("", "{"),
    "keys": ("", '{"name":'),
    "calls": ("", CALLED),
    "elements that are calls": ("", '<invoke name="now"></invoke>'),
    "close tags in a value": (VALUE, "</parameter>"),
    "close tags and blanks in a value": (VALUE, "</parameter>" + " " * 900),
    "close tags, blanks and text in a value": (VALUE, "</parameter>" + " " * 900 + "x"),
    "close tags and half of the next in a value": (VALUE, "</parameter>\n</invok"),
    "close tags of the call in a value": (VALUE, "</invoke>"),
    "close tags of the call and blanks in a value": (VALUE, "</invoke>" + " " * 900),
    "open tags in a value": (VALUE, "<parameter"),
    "open tags and blanks in a value": (VALUE, "<parameter " + " " * 900),
    "open tags with a name in a value": (VALUE, '<parameter name="days'),
    "open tags with a name and blanks in a value": (VALUE, '<parameter name="days" ' + " " * 900 + "<"),
    "< in a value": (VALUE, "<"),
    "line breaks in a value": (VALUE + "\n", "\n"),
    "carriage returns in a value": (VALUE + "\n", "\r"),
    "both in a value": (VALUE + "\n", "\r\n"),
    "ends of CDATA": (VALUE + "<![CDATA[", "]]>"),
    "beginnings of CDATA": (VALUE, "<![CDATA["),
    "CDATA in a row": (VALUE + "<![CDATA[", "]]><![CDATA["),
    "brackets in CDATA": (VALUE + "<![CDATA[", "]"),
    "attributes": ('<invoke name="now"><parameter ', "a=b "),
    "objects in objects": (JSON, '{"a":'),
    "lists in lists": (JSON + '{"a":', "["),
    "objects in objects in a string": (JSON + '"', '{\\"a\\":'),
    "blanks behind a comma": (JSON + '{"a":1,', " "),
    "digits": (JSON + '{"a":[', "1" * 1000 + ","),
    "backslashes": (JSON + '{"a":"', "\\"),
    "escapes": (JSON + '{"a":"', "\\u00e9"),
    "half pairs in a string": (JSON + '"{\\"a\\":\\"', "\\\\ud83d"),
    "backslashes in a string": (JSON + '"', "\\\\"),
    "arguments before the name": ('<tool_call>{"arguments":{"a":"', "x"),
    "objects that are no calls in a list": ('<tool_call>[{"name":"now"},', '{"a":1},'),
    "numbers in a list": ('<tool_call>[{"name":"now"},', "1,"),
    "calls that break": ("", '<tool_call>{"name":"now","arguments":{@}'),
    "openers of reasoning": ("", "<think>"),
    "half closers of reasoning": ("<think>", "</thin"),
    "calls in reasoning": ("<think>", "<tool_call>{"),
    "end-of-turn tokens": ("", "<|im_end|>"),
    "end-of-turn tokens and text": ("", "<|im_end|> x"),
    "end-of-turn tokens and blanks": ("", "<|im_end|>" + " " * 900 + "x"),
    "results behind a call": (CALLED, "<tool_result>"),
    "half words for results behind a call": (CALLED, "Observatio"),
    "close tags behind a call": (CALLED, "</tool_call>"),
}


@pytest.mark.parametrize(("first", "unit"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_character_is_looked_at_a_few_times_whatever_it_is(first: str, unit: str, count: Count) -> None:
    text = first + (unit * (LENGTH // len(unit) + 1))[:LENGTH]
    for size, most in ((len(text), MOST), (4, MOST), (1, MOST_ONE_BY_ONE)):
        for release in ("early", "whole"):
            if size == 1 and release == "whole":
                continue
            count.looked_at = count.copied = 0
            Parsing(options={"release": release}).read(chunks(text, size))
            assert count.looked_at <= most * len(text), (size, release)
            assert count.copied <= MOST_COPIED * len(text), (size, release)
