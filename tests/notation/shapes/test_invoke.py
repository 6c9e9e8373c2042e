"""Calls as elements: attributes, children, and what is forgiven in both."""

import json
from typing import Any

import pytest

from tests.replies import TOOLS, Parsing, chunks, read, tool

OSLO = '<parameter name="city">Oslo</parameter>'


def called(text: str, tools: Any = None) -> list[tuple[str, Any]]:
    """The calls of a reply that holds nothing else, however it is cut."""
    tools = TOOLS if tools is None else tools
    whole = read(text, tools=tools)
    for size in (1, 2, 3, 7):
        assert Parsing("xml", tools).read(chunks(text, size)) == whole
    assert whole.content == ""
    assert read(text, tools=tools, release="whole").calls == whole.calls
    return [(name, json.loads(arguments)) for name, arguments in whole.calls]


@pytest.mark.parametrize(
    "opener",
    [
        '<invoke name="get_weather">',
        "<invoke name='get_weather'>",
        "<invoke name=get_weather>",
        '<invoke\nname="get_weather"\n>',
        '<invoke   name  =  "get_weather"   >',
        '<invoke id="7" name="get_weather">',
        '<invoke name="get_weather" name="now">',
        '<invoke name="get_weather>',
    ],
)
def test_attributes_may_be_written_in_many_ways(opener: str) -> None:
    assert called(f"{opener}{OSLO}</invoke>") == [("get_weather", {"city": "Oslo"})]


@pytest.mark.parametrize(
    "text",
    [
        "<invoke>" + OSLO + "</invoke>",
        "<invoke name>" + OSLO + "</invoke>",
        '<invoke name="a<b">' + OSLO + "</invoke>",
        '<invoke name="get_weather" & x="y">' + OSLO + "</invoke>",
        '<invoke name="get_weather">Oslo</invoke>',
        '<invoke name="get_weather"><city>Oslo</city></invoke>',
        '<invokes name="get_weather">' + OSLO,
        "</invoke>",
        OSLO,
        "<invoke ",
        '<invoke name="get_weather"',
        '<invoke name="get_weather">',
        '<invoke name="get_weather">\n<para',
    ],
)
def test_what_never_becomes_a_call_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        back = Parsing().read(chunks(text, size))
        assert (back.content, dict(back.ledger)) == (text, {"content": len(text)})


def test_an_opener_that_takes_longer_than_it_may_is_text() -> None:
    text = '<invoke name="now"' + " " * 1100 + "></invoke>"
    for size in (3, len(text)):
        assert Parsing().read(chunks(text, size)).content == text


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ("", {}),
        ('{"city": "Oslo"}', {"city": "Oslo"}),
        ("\n{}\n", {}),
        ('<parameter name="city"/>', {"city": ""}),
        ('<parameter name="days"/>', {"days": ""}),
        ('<parameter name="n\'s & é">1</parameter>', {"n's & é": "1"}),
        ('<parameter type="int" name="days">1</parameter>', {"days": 1}),
    ],
)
def test_a_call_may_hold_parameters_or_a_json_object_or_nothing(body: str, arguments: Any) -> None:
    assert called(f'<invoke name="get_weather">{body}</invoke>') == [("get_weather", arguments)]


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (OSLO + '<parameter name="">x</parameter>', "broken"),
        (OSLO + "<parameter>x</parameter>", "broken"),
        ('{"city": @}', "broken"),
        ('{"city": "Oslo"} x', "broken"),
        # The close tag did not count, so the value goes on to the end.
        (OSLO + "oops", "truncated"),
    ],
)
def test_what_stops_being_a_call_is_no_complete_one(body: str, outcome: str) -> None:
    text = f'<invoke name="get_weather">{body}</invoke> So.'
    assert read(text).incomplete == [("get_weather", outcome)]
    assert read(text).content == ("" if outcome == "truncated" else " So.")
    assert read(text, release="whole").content == text
    for size in (1, 4):
        assert Parsing().read(chunks(text, size)) == read(text)


@pytest.mark.parametrize("ending", ["", "\n", "</", "</inv", "</invoke", "\n</par"])
def test_only_a_model_that_stopped_may_leave_out_the_close_tag(ending: str) -> None:
    text = '<invoke name="get_weather">' + OSLO + ending
    assert read(text).calls == [("get_weather", '{"city":"Oslo"}')]
    assert read(text).content == ""
    assert read(text).tolerances == {"missing close tag": 1}
    for cause in ("length", "cut"):
        assert read(text, cause=cause).incomplete == [("get_weather", "truncated")]
        assert read(text, cause=cause, release="whole").content == text


@pytest.mark.parametrize(
    "ending", ["<", "<par", "<parameter ", '<parameter name="days">', '<parameter name="days">2', "x"]
)
def test_nor_may_it_where_more_was_to_come(ending: str) -> None:
    text = '<invoke name="get_weather">' + OSLO + ending
    early = read(text)
    if ending == "<":
        assert early.calls == [("get_weather", '{"city":"Oslo"}')]  # every tag begins like this
    else:
        assert early.incomplete == [("get_weather", "truncated")]
        assert read(text, release="whole").content == text


def test_nor_where_a_required_parameter_is_missing() -> None:
    text = '<invoke name="get_weather"><parameter name="days">2</parameter>'
    assert read(text).incomplete == [("get_weather", "truncated")]
    assert read(text + '<invoke name="now"/>').incomplete == [("get_weather", "broken")]
    assert read(text + "</invoke>").calls == [("get_weather", '{"days":2}')]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("<now/>", [("now", {})]),
        ("<now />", [("now", {})]),
        ("<now></now>", [("now", {})]),
        ("<now>\n</now>", [("now", {})]),
        ("<get_weather><city>Oslo</city></get_weather>", [("get_weather", {"city": "Oslo"})]),
        (
            "<get_weather>\n<days>2</days>\n<city>\nOslo\n</city>\n</get_weather>",
            [("get_weather", {"days": 2, "city": "Oslo"})],
        ),
        ("<get_weather><city/></get_weather>", [("get_weather", {"city": ""})]),
        ('<get_weather>{"city": "Oslo"}</get_weather>', [("get_weather", {"city": "Oslo"})]),
        ("<get_weather>\n<city>Oslo</city>\n</get_wea", [("get_weather", {"city": "Oslo"})]),
        ("  <now/>\n\t<now/>", [("now", {}), ("now", {})]),
        ("<now/><now/>", [("now", {}), ("now", {})]),
    ],
)
def test_an_element_named_after_a_tool_is_a_call(text: str, calls: list[tuple[str, Any]]) -> None:
    assert called(text) == calls


@pytest.mark.parametrize(
    "text",
    [
        "Use <now/>.",
        "- <now/>",
        "<nowadays/>",
        "<now>soon</now>",
        '<now x="y"/>',
        "<get_weather>Oslo</get_weather>",
        "<get_weather><place>Oslo</place></get_weather>",
        "<get_weather><City>Oslo</City></get_weather>",
        "<Now/>",
        "<parameter/>",
        "</now>",
        "<now",
    ],
)
def test_another_element_is_text(text: str) -> None:
    for size in (1, 3, len(text)):
        assert Parsing().read(chunks(text, size)).content == text
        assert Parsing("auto").read(chunks(text, size)).content == text


def test_a_tool_named_like_markup_does_not_break_the_reading() -> None:
    tools = [tool("invoke", {"name": {"type": "string"}}), tool("invoke_all"), tool("tool_calls"), tool("a b")]
    assert called("<invoke_all/>", tools) == [("invoke_all", {})]
    assert called("<tool_calls>\n<invoke_all/>\n</tool_calls>", tools) == [("invoke_all", {})]
    assert called('<tool_calls><invoke name="tool_calls"/></tool_calls>', tools) == [("tool_calls", {})]
