"""Calls in a reply: when they leave, in whose notation they are, and what is left of a call that broke."""

import pytest

from tests.replies import Parsing, a_call, chunks, read
from toolbridge.events import Cause, ContentDelta, Event, ToolCallArgsDelta, ToolCallEnd, ToolCallStart

OPEN = '<tool_calls>\n<invoke name="get_weather">\n<parameter name="city">'
CLOSE = "</parameter>\n</invoke>"

Steps = list[tuple[str, list[Event]]]

EARLY: Steps = [
    ("Checking. ", [ContentDelta("Checking.")]),
    ("<tool_calls>\n", []),
    ('<invoke name="get_', []),
    ('weather">', []),
    ("\n<param", []),
    ("eter", []),
    (' name="city">', [ToolCallStart(0, "call_0", "get_weather"), ToolCallArgsDelta(0, '{"city":"')]),
    ("Os", [ToolCallArgsDelta(0, "Os")]),
    ("lo", [ToolCallArgsDelta(0, "lo")]),
    ("</parameter>", []),
    ("\n</invoke", []),
    (">", [ToolCallArgsDelta(0, '"}'), ToolCallEnd(0)]),
    ("\n</tool_calls>\n", []),
    ("So.", [ContentDelta("\nSo.")]),
]
WHOLE: Steps = [
    (OPEN, []),
    ("Oslo", []),
    ("</parameter>\n</invoke", []),
    (">", [ToolCallStart(0, "call_0", "get_weather"), ToolCallArgsDelta(0, '{"city":"Oslo"}'), ToolCallEnd(0)]),
    ('\n<invoke name="now">', []),
    ("</invoke>", [ToolCallStart(1, "call_1", "now"), ToolCallArgsDelta(1, "{}"), ToolCallEnd(1)]),
]


@pytest.mark.parametrize(("release", "steps"), [("early", EARLY), ("whole", WHOLE)], ids=["early", "whole"])
def test_when_the_pieces_of_a_call_leave(release: str, steps: Steps) -> None:
    parser = Parsing(options={"release": release}).parser()
    for piece, events in steps:
        assert parser.feed(piece) == events, piece


def test_a_call_that_may_copy_the_example_waits_until_it_cannot() -> None:
    parser = Parsing(options={"copies": [a_call("get_weather", {"city": "Vintral"})]}).parser()
    assert parser.feed(OPEN + "Vint") == []
    assert parser.feed("x" * 20) == []
    (start, arguments) = parser.feed("y" * 20)
    assert start == ToolCallStart(0, "call_0", "get_weather")
    assert arguments == ToolCallArgsDelta(0, '{"city":"Vint' + "x" * 20 + "y" * 20)
    assert parser.feed("z") == [ToolCallArgsDelta(0, "z")]


@pytest.mark.parametrize("release", ["early", "whole"])
@pytest.mark.parametrize(
    "text",
    [
        OPEN + "Vintral" + CLOSE + "\n</tool_calls>",
        '```json\n[{"name": "get_weather", "arguments": {"city": "Vintral"}}]\n```\n',
    ],
)
def test_a_copy_of_the_example_is_text(text: str, release: str) -> None:
    options = {"release": release, "copies": [a_call("get_weather", {"city": "Vintral"}), a_call("now", {"a": 1})]}
    parsing = Parsing(options=options)
    for size in (1, 5, len(text)):
        assert parsing.read(chunks(text, size)).content == text
    other = text.replace("Vintral", "Oslo")
    assert parsing.read([other]) == read(other, release=release)


def test_a_copy_of_the_example_hides_no_call_beside_it() -> None:
    copy = OPEN + "Vintral" + CLOSE
    text = copy + '\n<invoke name="now"/>\n</tool_calls>'
    whole = read(text, copies=[a_call("get_weather", {"city": "Vintral"})])
    assert whole.content == copy
    assert whole.calls == [("now", "{}")]


@pytest.mark.parametrize(
    ("broken", "behind"),
    [
        ('<invoke name="get_weather">{"city": @}</invoke>', "<now/>"),
        ('<tool_call>{"name": "get_weather", "arguments": {@}}</tool_call>', '<tool_call>{"name": "now"}</tool_call>'),
        ('<tool_call>{"name": "get_weather", "arguments": {@}}', '<tool_call>{"name": "now"}</tool_call>'),
    ],
)
def test_a_call_that_breaks_hides_none_behind_it(broken: str, behind: str) -> None:
    text = f"{broken}\n{behind} So."
    early, whole = read(text), read(text, release="whole")
    assert early.incomplete == [("get_weather", "broken")]
    assert early.calls == whole.calls == [("now", "{}")]
    assert early.content == " So."
    assert whole.content == f"{broken} So."
    for release, expected in (("early", early), ("whole", whole)):
        assert Parsing(options={"release": release}).read(chunks(text, 1)) == expected


@pytest.mark.parametrize("release", ["early", "whole"])
@pytest.mark.parametrize("cause", ["length", "cut"])
def test_a_reply_that_is_cut_anywhere_in_a_call_has_no_complete_one(release: str, cause: Cause) -> None:
    text = "So. " + OPEN + "Oslo" + CLOSE
    for end in range(1, len(text)):
        parsing = Parsing(cause=cause, options={"release": release})
        back = parsing.read([text[:end]])
        assert back.calls == []
        assert parsing.read(chunks(text[:end], 1)) == back
        if release == "whole":
            assert back.content == text[:end]
            assert back.incomplete == []


@pytest.mark.parametrize("dialect", ["xml", "hermes", "json", "auto"])
def test_every_notation_is_read_beside_the_one_that_was_asked_for(dialect: str) -> None:
    fence = '```json\n{"name": "now", "arguments": {}}\n```'
    text = f'A <tool_call>{{"name": "now"}}</tool_call> B <invoke name="now"/> C\n<now/> D\n{fence}'
    whole = read(text, dialect)
    assert whole.calls == [("now", "{}")] * 4
    assert whole.content == "A B C D"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('<tool_call>{"name": "other"}</tool_call>', "hermes"),
        ('<invoke name="other"/>', "xml"),
    ],
)
def test_an_unknown_name_is_called_in_the_notation_that_was_asked_for_only(text: str, asked: str) -> None:
    for dialect in ("xml", "hermes", "json", "auto"):
        whole = read(text, dialect)
        assert whole.calls == ([("other", "{}")] if dialect == asked else [])
        assert whole.content == ("" if dialect == asked else text)
        assert read(text, dialect, []).calls == [("other", "{}")]


def test_an_unknown_name_does_not_poison_what_follows() -> None:
    text = '<tool_call>{"name": "other"}</tool_call> and\n<now/> so'
    assert read(text).content == '<tool_call>{"name": "other"}</tool_call> and so'
    assert read(text).calls == [("now", "{}")]
