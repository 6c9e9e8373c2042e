"""docs/differences.md: each row's text is read, and comes to what the row says."""

import json
import re
from pathlib import Path

import pytest

from tests.peers.replies import replies
from tests.replies import TOOLS, Parsing, Read, chunks

PAGE = Path(__file__).resolve().parent.parent / "docs" / "differences.md"
ROW = re.compile(
    r"^\| (\d+) \| (.+?) (?<!\\)\| (.+?) (?<!\\)\| (.+?) (?<!\\)\| (.+?) (?<!\\)\| (.+?) (?<!\\)\|$", re.MULTILINE
)
SPAN = re.compile(r"(?<!`)(`+)(?!`) ?(.+?) ?(?<!`)\1(?!`)")
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))


def spans(cell: str) -> list[str]:
    """The code in a cell, with the characters that stand for a line break and for a bar."""
    return [text.replace("\\|", "|").replace("⏎", "\n") for _, text in SPAN.findall(cell)]


def told(read: Read) -> list[str]:
    """What came of a reply, in the words of the page."""
    out = [f"{kind} {text}" for kind, text in (("reasoning", read.reasoning), ("content", read.content)) if text]
    out += [f"call {name} {arguments}" for name, arguments in read.calls]
    return out + [f"{outcome} call {name}" for name, outcome in read.incomplete]


def test_every_row_is_found_and_numbered_in_order() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, len(ROWS) + 1))
    assert len(ROWS) == len(re.findall(r"^\| \d", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(ROWS) > 15


@pytest.mark.parametrize(("number", "where", "text", "comes"), [(row[0], *row[2:5]) for row in ROWS])
def test_a_row_says_what_comes_of_its_text(number: str, where: str, text: str, comes: str) -> None:
    dialect, *more = re.findall(r"[\w.-]+", where)
    (reply,) = spans(text)
    parsing = Parsing(
        dialect, TOOLS, "length" if "cut" in more else "stop", {"release": "whole" if "whole" in more else "early"}
    )
    read = parsing.read([reply])
    assert told(read) == spans(comes), number
    assert parsing.read(chunks(reply, 1)) == read


def test_what_comes_is_told_with_all_its_kinds() -> None:
    read = Parsing("hermes", TOOLS, "length").read(['<think>hm</think>Hi <tool_call>{"name": "now", "arguments": {'])
    assert told(read) == ["reasoning hm", "content Hi", "truncated call now"]
    assert json.loads(spans('` a `, ``b`c`` and `{"d": "e"}`')[2]) == {"d": "e"}


def test_the_replies_that_peers_are_given_name_rows_that_are_there() -> None:
    titles = {title for _, title, *_ in ROWS}
    assert {reply.row for reply in replies()} - {""} <= titles
