"""Elements named after tools: when a text leaves, which close tag ends it, how a call is written."""

import json
from typing import Any

import pytest

from tests.replies import Parsing, a_call, chunks, read, tool
from toolbridge.dialect_choice import find_dialect
from toolbridge.dialects.cline import write
from toolbridge.events import ToolCallArgsDelta, ToolCallStart
from toolbridge.tools import read_tools

TEXT = {"type": "string"}
WRITE = tool("write_file", {"path": TEXT, "content": TEXT, "lines": {"type": "integer"}, "note": TEXT}, ["path"])
TOOLS = [WRITE, tool("now")]


def written(content: str, behind: str = "") -> str:
    return f"<write_file>\n<path>a</path>\n<content>{content}</content>\n{behind}</write_file>"


def steps(pieces: list[str]) -> list[str]:
    """What leaves with each piece: a name, a piece of the arguments."""
    parser = Parsing("cline", TOOLS).parser()
    told = []
    for piece in pieces:
        events = parser.feed(piece)
        names = "".join(event.name for event in events if isinstance(event, ToolCallStart))
        told.append(names + "".join(event.json for event in events if isinstance(event, ToolCallArgsDelta)))
    return told


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        (["<write_fi", "le>\n<pat", "h>a", "b</pa", "th>"], ["", "", 'write_file{"path":"a', "b", ""]),
        (
            ["<write_file><path>a</path>", "<content>x", "</content>", "y"],
            ['write_file{"path":"a', '","content":"x', "", "</content>y"],
        ),
        (
            ["<write_file><path>a", "<path>b</path>", "</path>", "</write_file>"],
            ['write_file{"path":"a', "<path>b", "</path>", '"}'],
        ),
    ],
)
def test_a_text_leaves_while_it_is_written(pieces: list[str], told: list[str]) -> None:
    assert steps(pieces) == told


@pytest.mark.parametrize(
    "content",
    [
        "",
        "x",
        "</content>x",
        "<content>",
        "the <content> tag",
        "<content>x</content>",
        "<content><content>x</content></content>",
        "<content>x</content><content>y</content>",
        "<a><content>x</content>\n<path>y</path></a>",
        "<path>y</path>",
        "</path>",
        "</path>\n<content>",
        "</write_file>",
        "<write_file><path>a</path></write_file>",
        "<now/>",
        "<lines>3</lines>",
        "<item></item> < > & \u2028 ]]>",
    ],
)
def test_a_text_may_hold_any_element_of_its_call(content: str) -> None:
    meant = json.dumps({"path": "a", "content": content}, ensure_ascii=False, separators=(",", ":"))
    for behind, more in (("", ""), ("<lines>3</lines>\n", ',"lines":3')):
        text = written(content, behind)
        expected = [("write_file", meant[:-1] + more + "}")]
        for pieces in ([text], chunks(text, 1)):
            found = Parsing("cline", TOOLS).read(pieces)
            assert found.calls == expected
            assert found.tolerances == {}


@pytest.mark.parametrize(
    ("text", "arguments", "tolerances"),
    [
        ("<path>a</path></path>", {"path": "a"}, {"stray close tag": 1}),
        ("<path>a</path><path>b</path>", {"path": "a"}, {"repeated parameter": 1}),
        ("<lines>3</lines><path>a</path><lines>4</lines>", {"lines": 3, "path": "a</path><lines>4</lines>"}, None),
        ("<path>a</path><lines>3</lines><path>b</path>", {"path": "a", "lines": 3}, {"repeated parameter": 1}),
        ("</path><path>a</path>", None, None),
        ("x<path>a</path>", None, None),
    ],
)
def test_what_models_get_wrong(text: str, arguments: dict[str, Any] | None, tolerances: dict[str, int] | None) -> None:
    whole = f"<write_file>{text}</write_file>"
    found = read(whole, "cline", TOOLS, release="whole")
    if arguments is None or tolerances is None:
        assert (found.calls, found.content) == ([], whole)
    else:
        assert [json.loads(text) for _, text in found.calls] == [arguments]
        assert found.tolerances == tolerances


def test_elements_count_anywhere_on_a_line_only_where_they_were_asked_for() -> None:
    dialect = find_dialect("cline")
    (opener,) = dialect.asked_tool_openers
    assert (opener.literal, opener.line_start) == ("<", False)
    assert not dialect.openers
    assert not dialect.tool_openers


@pytest.mark.parametrize("names", [["a b"], ["<"], [""], ["write_file"], ["undeclared"], ["path", "a/b"]])
def test_where_a_name_cannot_be_an_element_all_of_them_are_json(names: list[str]) -> None:
    declared = [tool("write_file", {name: TEXT for name in [*names, "path"] if name != "undeclared"})]
    call = a_call("write_file", dict.fromkeys(names, "x"))
    assert write([call], read_tools(declared)) == f"<write_file>\n{call.arguments_json}\n</write_file>"


def test_a_call_of_a_tool_that_is_not_offered_any_more_is_written_in_elements() -> None:
    assert write([a_call("gone", {"a": "x", "b": 1})], []) == "<gone>\n<a>x</a>\n<b>1</b>\n</gone>"
