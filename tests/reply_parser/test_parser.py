"""The parser itself: whatever it is fed and however, nothing is lost, nothing raises, nothing follows the end."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replies import TOOLS, Parsing, a_call, chunks, cut, tool
from tests.test_golden_dialects import CASES
from toolbridge.errors import Misuse, OverLimit, RequestError, UnknownDialect
from toolbridge.events import ContentDelta, Reply, ToolCallStart, collect
from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.reply_parser import ReplyParser, new_call_id, parse_reply

BLOCK = '<tool_calls>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n</tool_calls>'

FRAGMENTS = [
    *("<tool_calls>", "</tool_calls>", "<function_calls>"),
    *('<invoke name="get_weather">', "<invoke name='now'>", "</invoke>"),
    *('<parameter name="city">', '<parameter name="days">'),
    *("<parameter name=x/>", "</parameter>", '<invoke name="now"/>'),
    *("<![CDATA[", "]]>", "<get_weather>", "</get_weather>", "<city>", "</city>", "<now/>", "<now", "</now>"),
    *("<tool_call>", "</tool_call>"),
    *('{"name": "now"', '"arguments":', '{"name": "get_weather", "arguments": {"city": "Oslo"}}'),
    *('"arguments": "{\\"city\\": \\"', "{}", "{", "}", "[", "]", '"'),
    *("'", "\\", ",", ":", ";", "\\ud83d", "\\\\ud83d", "null"),
    *("True", "007", "1e5", "```json\n", "```", "\n```\n"),
    *("`", "<think>", "</think>", "[THINK]", "<|im_end|>", "</s>"),
    *("<|im_start|>", "<tool_results>", "<tool_result", "Observation:", "Results:"),
    *("Oslo", "2", "é😀", "\u2028", "\x00", "&lt;"),
    *("\n", "\r\n", "\r", " ", "\t", "\n\n", " " * 70, "x" * 1030, "<", "</", "<tool", "</inv", '{"tool_calls": ['),
]  # fmt: skip
SOUP = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=12).map("".join)
PARSINGS = st.builds(
    Parsing,
    st.sampled_from(["xml", "hermes", "json", "auto"]),
    st.sampled_from([TOOLS, TOOLS, TOOLS, []]),
    st.sampled_from(["stop", "stop", "length", "cut"]),
    st.fixed_dictionaries(
        {
            "release": st.sampled_from(["early", "whole"]),
            "reasoning": st.sampled_from(["auto", "auto", "open", "off"]),
            "parallel": st.sampled_from([True, True, False]),
            "copies": st.sampled_from([(), (), (a_call("get_weather", {"city": "Oslo"}),)]),
            "limits": st.sampled_from([None, None, Limits(lookahead=12, fence=60, call=40, depth=3)]),
        }
    ),
)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A golden reply with some of it deleted, doubled, swapped, cut off, or replaced."""
    text = draw(st.sampled_from(CASES)).text
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(1, 12)))
        further = min(len(text), end + draw(st.integers(1, 12)))
        way = draw(st.sampled_from(["delete", "double", "swap", "cut", "insert"]))
        text = {
            "delete": text[:start] + text[end:],
            "double": text[:end] + text[start:],
            "swap": text[:start] + text[end:further] + text[start:end] + text[further:],
            "cut": text[:start],
            "insert": text[:start] + draw(st.sampled_from(FRAGMENTS)) + text[start:],
        }[way]
    return text


def holds(parsing: Parsing, text: str, places: list[int], size: int) -> None:
    """The same events however the text is cut; `Parsing.read` checks the ledger, the order and the arguments."""
    whole = parsing.read([text])
    assert parsing.read(cut(text, [place % (len(text) + 1) for place in places])) == whole
    assert parsing.read(chunks(text, size)) == whole


@settings(max_examples=800, deadline=None)
@given(parsing=PARSINGS, text=SOUP, places=st.lists(st.integers(0, 3000), max_size=5), size=st.integers(1, 5))
def test_any_text_reads_the_same_however_it_is_cut(parsing: Parsing, text: str, places: list[int], size: int) -> None:
    holds(parsing, text, places, size)


@settings(max_examples=800, deadline=None)
@given(parsing=PARSINGS, text=mutations(), places=st.lists(st.integers(0, 600), max_size=5), size=st.integers(1, 5))
def test_a_damaged_call_reads_the_same_however_it_is_cut(
    parsing: Parsing, text: str, places: list[int], size: int
) -> None:
    holds(parsing, text, places, size)


@settings(max_examples=200, deadline=None)
@given(parsing=PARSINGS, text=st.text(st.characters(exclude_characters="<[{`◁")), size=st.integers(1, 9))
def test_text_without_a_character_that_opens_anything_comes_back_as_it_is(
    parsing: Parsing, text: str, size: int
) -> None:
    back = parsing.read(chunks(text, size))
    if parsing.options["reasoning"] == "open":
        assert text.strip(" \t\r\n") in back.reasoning
    else:
        assert back.content == text
        assert set(back.ledger) <= {"content"}


PROSE = st.text("ab .,\n", max_size=20).map(lambda text: f"x{text.strip()}y")
CALLS = st.sampled_from(["xml", "hermes"])


@settings(max_examples=100, deadline=None)
@given(
    texts=st.lists(PROSE, min_size=1, max_size=4),
    dialect=CALLS,
    release=st.sampled_from(["early", "whole"]),
    size=st.integers(1, 30),
)
def test_text_between_calls_is_kept_and_none_of_the_markup(
    texts: list[str], dialect: str, release: str, size: int
) -> None:
    call = BLOCK if dialect == "xml" else '<tool_call>{"name": "get_weather", "arguments": {"city":"Oslo"}}</tool_call>'
    back = Parsing(dialect, options={"release": release}).read(chunks(f"\n{call}".join(texts), size))
    assert back.content == "".join(texts)
    assert back.calls == [("get_weather", '{"city":"Oslo"}')] * (len(texts) - 1)


def test_nothing_follows_the_end() -> None:
    parser = Parsing().parser()
    parser.feed("Hi <tool")
    assert parser.finish() == [ContentDelta(" <tool")]
    assert parser.finish() == []
    with pytest.raises(Misuse, match=r"feed\(\) was called after finish\(\)"):
        parser.feed("more")
    assert parser.ledger == {"content": 8}


def test_an_empty_reply_is_empty() -> None:
    parser = Parsing().parser()
    assert parser.feed("") == []
    assert parser.finish() == []
    assert parser.ledger == {}


def test_while_text_is_held_the_ledger_does_not_count_it() -> None:
    parser = Parsing().parser()
    parser.feed("Hi <tool_calls>")
    assert parser.ledger == {"content": 2}
    parser.feed(' <invoke name="now">')
    assert parser.ledger == {"content": 2}
    parser.feed("</invoke>")
    assert parser.ledger["call"] == len('<invoke name="now"></invoke>')


def test_each_parser_counts_its_own_calls() -> None:
    for _ in range(2):
        assert [event.index for event in Parsing().read([BLOCK * 2]).events if isinstance(event, ToolCallStart)] == [
            0,
            1,
        ]


def test_the_ids_of_calls_are_new_ones() -> None:
    ids = {new_call_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("call_") and len(one) == 13 for one in ids)


def test_a_whole_reply_is_read_at_once() -> None:
    text = f"<think>Hm.</think>So.\n{BLOCK}"
    reply = parse_reply(text, tools=TOOLS)
    (call,) = reply.tool_calls
    assert (reply.reasoning, reply.content, call.name, call.arguments) == (
        "Hm.",
        "So.",
        "get_weather",
        {"city": "Oslo"},
    )
    assert reply.finish_reason == "tool_calls"
    assert parse_reply("Hi").finish_reason == "stop"
    assert parse_reply("Hi", "auto") == Reply("Hi", finish_reason="stop")
    assert parse_reply("Hm.</think>Hi", reasoning="open").reasoning == "Hm."


@pytest.mark.parametrize(
    "tools",
    [
        [tool("get_weather", {"city": {"type": "string"}})],
        [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
        (one for one in [{"name": "get_weather", "parameters": None}]),
    ],
)
def test_tools_are_taken_in_any_shape(tools: Any) -> None:
    reply = parse_reply(BLOCK, tools=tools)
    assert [call.arguments for call in reply.tool_calls] == [{"city": "Oslo"}]


def test_a_wrong_dialect_or_tool_is_an_error_at_once() -> None:
    with pytest.raises(UnknownDialect):
        ReplyParser("no such dialect")
    with pytest.raises(RequestError):
        ReplyParser(tools=[{"name": ""}])


def test_tools_that_share_a_name_are_one() -> None:
    assert len(parse_reply(BLOCK, tools=[*TOOLS, *TOOLS]).tool_calls) == 1


def test_a_call_of_a_megabyte_survives_in_small_pieces() -> None:
    city = "Oslo <b>&\n" * 100_000
    text = BLOCK.replace("Oslo", city)
    parser = Parsing(options={"release": "early"}).parser()
    events = [event for piece in chunks(text, 4096) for event in parser.feed(piece)]
    reply = collect([*events, *parser.finish()])
    assert json.loads(reply.tool_calls[0].arguments_json) == {"city": city}
    assert len(events) > 200


def test_tools_are_read_within_the_limits_that_the_parser_is_given() -> None:
    offered = [{"name": f"get_{number}"} for number in range(3)]
    with pytest.raises(OverLimit, match=r"limits\.tools"):
        ReplyParser(tools=offered, limits=Limits(tools=2))
    assert ReplyParser(tools=offered, limits=Limits(tools=3)).feed("Hi")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"release": "wole"}, "release must be 'early' or 'whole', not 'wole'"),
        ({"reasoning": "on"}, "reasoning must be 'auto', 'open' or 'off', not 'on'"),
        (
            {"dialect": [Tool("now")]},
            "the dialect must be a name such as 'xml', not .*; tools are the argument after it",
        ),
    ],
)
def test_a_slip_of_the_caller_raises_with_what_to_write(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(Misuse, match=says):
        ReplyParser(**arguments)


def test_a_cause_that_is_none_raises_with_those_that_there_are() -> None:
    cause: Any = "foo"
    with pytest.raises(Misuse, match="cause must be 'stop', 'length' or 'cut', not 'foo'"):
        ReplyParser().finish(cause)
