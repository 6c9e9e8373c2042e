"""How the default notation is written: raw where raw text reads back, else wrapped."""

import pytest

from tests.replies import a_call, read, tool
from toolbridge.dialects.xml import DIALECT, write
from toolbridge.tools import read_tools

TOOLS = [tool("f", {"a": {"type": "string"}, "n": {"type": "integer"}, "u": {"type": ["string", "null"]}})]


def value(text: str, name: str = "a") -> str:
    """How this value of `f` is written."""
    lines = write([a_call("f", {name: text})], read_tools(TOOLS))
    before, after = (
        f'<tool_calls>\n<invoke name="f">\n<parameter name="{name}">',
        "</parameter>\n</invoke>\n</tool_calls>",
    )
    assert lines.startswith(before)
    assert lines.endswith(after)
    return lines[len(before) : -len(after)]


@pytest.mark.parametrize(
    "text", ["", "x", "x\n", "x\ny", " x ", '<b>&amp;</b> "q"', "a < b && c", "null", "7", "\rx", "]]"]
)
def test_a_text_is_written_as_it_is(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\nx", "\n\nx\n"),
        ("\n", "\n\n\n"),
        ("\r\nx", "\n\r\nx\n"),
        ("\nx\r", "<![CDATA[\nx\r]]>"),
        ("</parameter>", "<![CDATA[</parameter>]]>"),
        ("<![CDATA[x", "<![CDATA[<![CDATA[x]]>"),
        ("a ]]> b", "<![CDATA[a ]]]]><![CDATA[> b]]>"),
        ("<tool_calls>", "<![CDATA[<tool_calls>]]>"),
    ],
)
def test_a_text_that_would_not_read_back_is_wrapped(text: str, shown: str) -> None:
    assert value(text) == shown
    assert read(f'<invoke name="f"><parameter name="a">{shown}</parameter></invoke>', tools=TOOLS).calls == [
        ("f", a_call("f", {"a": text}).arguments_json.replace('": ', '":'))
    ]


def test_a_text_that_would_be_another_kind_is_quoted() -> None:
    assert value("null", "u") == '"null"'
    assert value("so", "u") == "so"


def test_what_is_no_text_is_json() -> None:
    calls = [a_call("f", {"n": 2**70, "other": [1, {"x": None}]})]
    assert write(calls, read_tools(TOOLS)).splitlines()[2:4] == [
        f'<parameter name="n">{2**70}</parameter>',
        '<parameter name="other">[1, {"x": null}]</parameter>',
    ]


@pytest.mark.parametrize("name", ['a"b', "a<b", "a>b", "a\nb", ""])
def test_where_a_name_cannot_stand_in_an_attribute_all_of_them_are_json(name: str) -> None:
    call = a_call("f", {"a": "x", name: "y"})
    assert (
        write([call], read_tools(TOOLS))
        == f'<tool_calls>\n<invoke name="f">\n{call.arguments_json}\n</invoke>\n</tool_calls>'
    )


def test_several_calls_stand_in_one_block_and_one_without_arguments_is_empty() -> None:
    assert write([a_call("now", {}), a_call("now", {})], []) == (
        '<tool_calls>\n<invoke name="now">\n</invoke>\n<invoke name="now">\n</invoke>\n</tool_calls>'
    )


def test_the_offered_tools_open_elements_at_the_start_of_a_line() -> None:
    (opener,) = DIALECT.tool_openers
    assert (opener.literal, opener.line_start) == ("<", True)


def test_every_wrapper_is_opened_and_closed() -> None:
    openers = {opener.literal for opener in DIALECT.openers}
    assert openers == {"<tool_calls>", "<function_calls>", "<toolbridge_calls>", "<tool_call>", "<invoke"}
    assert {literal.replace("</", "<") for literal in DIALECT.closers} == openers - {"<invoke"} | {"<invoke>"}
