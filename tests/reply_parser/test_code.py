"""Fences and code spans: a fence around calls and nothing else is read, all other code only speaks of calls."""

import pytest

from tests.replies import Parsing, chunks, read
from toolbridge.events import ContentDelta, Event, ToolCallArgsDelta, ToolCallEnd, ToolCallStart

NOW: list[Event] = [ToolCallStart(0, "call_0", "now"), ToolCallArgsDelta(0, "{}"), ToolCallEnd(0)]
OBJECT = '{"name": "now", "arguments": {}}'
BLOCK = '<tool_calls>\n<invoke name="now">\n</invoke>\n</tool_calls>'


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{OBJECT}\n```",
        f"```json\n{OBJECT}\n```\n",
        f"```\n{OBJECT}\n```",
        f"```json {OBJECT} ```",
        f"```{OBJECT}```",
        f"````json\n{OBJECT}\n````",
        f"```json\n\n  {OBJECT}\n\n```",
        f"  ```json\n  {OBJECT}\n  ```  \n",
        f"```json\r\n{OBJECT}\r\n```\r\n",
        f"```json\n[{OBJECT}]\n```",
        f"```xml\n{BLOCK}\n```",
        "```xml\n<now/>\n```",
        f"```\n<tool_call>\n{OBJECT}\n</tool_call>\n```",
        f"```json\n{OBJECT}\n`````",
        f"```json\n{OBJECT}\n",
        f"```json\n{OBJECT}\n`",
        f"```json\n{OBJECT}\n``",
        f"```json\n{OBJECT};\n",
        f"```xml\n{BLOCK}",
    ],
)
def test_a_fence_around_calls_and_nothing_else_vanishes(text: str) -> None:
    for release in ("early", "whole"):
        parsing = Parsing(options={"release": release})
        whole = parsing.read([text])
        assert whole.events == NOW
        for size in (1, 2, 3, 5):
            assert parsing.read(chunks(text, size)) == whole


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{OBJECT}\nso\n```\n",
        f"```json\nso\n{OBJECT}\n```\n",
        f'```json\n{OBJECT}\n{{"a": 1}}\n```\n',
        f"```json\n{OBJECT}\n``` so\n",
        f"```xml\n{BLOCK}\n<p>so</p>\n```\n",
        f"```xml\n{BLOCK[:-20]}",
        f"```json\n{OBJECT[:-4]}",
        f"```json\n{OBJECT[:-4]}\n```\n",
        '```json\n{"name": "other", "arguments": {}}\n```\n',
        '```json title="x"\n' + OBJECT + "\n```\n",
        f"```python\nprint('{BLOCK}')\n```\n",
        f"so ```json {OBJECT}```\n",
        f"````\n```json\n{OBJECT}\n```\n````\n",
        "```\n```",
        "```",
        "````json",
        "```\n\n\n",
    ],
)
def test_any_other_fence_is_text(text: str) -> None:
    for release in ("early", "whole"):
        for size in (1, 2, 3, 5, len(text)):
            back = Parsing(options={"release": release}).read(chunks(text, size))
            assert back.content == text
            assert dict(back.ledger) == {"content": len(text)}


def test_a_call_behind_a_fence_of_code_is_a_call() -> None:
    for inside in ("x = 1\n", f"print('{BLOCK}')\n", "`` ` ``\n", "~~~\n", "``\n"):
        back = read(f"```\n{inside}```\n<now/>")
        assert back.calls == [("now", "{}")]
        assert back.content == f"```\n{inside}```"


def test_a_fence_that_is_closed_by_a_longer_run_is_closed() -> None:
    assert read("```\nx\n`````\n<now/>").calls == [("now", "{}")]
    assert read("````\nx\n```\n<now/>\n````").calls == []


def test_a_fence_may_only_be_so_long() -> None:
    body = '<invoke name="get_weather"><parameter name="city">' + "x" * 70_000 + "</parameter></invoke>"
    text = f"```xml\n{body}\n```\n"
    for size in (999, len(text)):
        assert Parsing().read(chunks(text, size)).content == text
    assert len(read(body).calls) == 1


STEPS: list[tuple[list[tuple[str, list[Event]]], str]] = [
    (
        [("```json\n", []), (OBJECT[:20], []), (OBJECT[20:], []), ("\n", []), ("```", []), ("\n", NOW)],
        "a fence of calls leaves once it is closed",
    ),
    (
        [
            ("```py", []),
            ("thon\n", []),
            ("x = 1", [ContentDelta("```python\nx = 1")]),
            (" # `y", [ContentDelta(" # `y")]),
            ("\n``", []),
            ("`", []),
            ("\n", [ContentDelta("\n```")]),
            ("y", [ContentDelta("\ny")]),
        ],
        "a fence of code leaves as it comes",
    ),
    (
        [("```json\n", []), ("{", []), ('"a"', []), (": 1", []), ("}", [ContentDelta('```json\n{"a": 1}')])],
        "one of other JSON leaves once it is no call",
    ),
    (
        [("``", []), ("` x", [ContentDelta("``` x")])],
        "and a run of ticks once it has ended",
    ),
]


@pytest.mark.parametrize(("steps", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_fence_is_held_only_while_it_may_be_one_of_calls(steps: list[tuple[str, list[Event]]], name: str) -> None:
    parser = Parsing("json").parser()
    for piece, events in steps:
        assert parser.feed(piece) == events, (name, piece)


BESIDE = [f"```json\n{OBJECT}\n```", f"```xml\n{BLOCK}\n```", f"```\n<tool_call>\n{OBJECT}\n</tool_call>\n```"]


@pytest.mark.parametrize("fence", BESIDE)
def test_where_fences_are_not_asked_for_a_fence_of_calls_with_prose_behind_it_is_text(fence: str) -> None:
    text = f"It looks like this:\n\n{fence}\n\nThat is all."
    for release in ("early", "whole"):
        for size in (1, 3, len(text)):
            back = Parsing(options={"release": release}).read(chunks(text, size))
            assert (back.content, back.calls) == (text, [])
    # Where a fence is what the prompt asks for, it is a call whatever follows.
    assert len(read(text, "json").calls) == 1


@pytest.mark.parametrize("fence", BESIDE)
@pytest.mark.parametrize("behind", ["", "\n", "\n\n", "\n<|im_end|>", "\n\n```xml\n<now/>\n```"])
def test_blanks_more_such_fences_and_the_end_of_the_turn_may_stand_behind_it(fence: str, behind: str) -> None:
    text = f"Look:\n{fence}{behind}"
    whole = read(text)
    assert (whole.content, whole.calls) == ("Look:", [("now", "{}")] * (1 + behind.count("<now/>")))
    for size in (1, 3):
        assert Parsing().read(chunks(text, size)).calls == whole.calls


def test_a_fence_of_calls_is_held_until_the_reply_ends_where_fences_are_not_asked_for() -> None:
    parser = Parsing().parser()
    assert parser.feed(f"```xml\n{BLOCK}\n```\n\n") == []
    assert parser.finish() == NOW


@pytest.mark.parametrize(
    "text",
    [
        "`<now/>`",
        f"`{BLOCK.replace(chr(10), '')}`",
        'Write `<tool_calls>` or `` <invoke name="now"/> ``.',
        "`</think>` and `<|im_end|>`",
        f"`{OBJECT}`",
        'a ` b <tool_call>{"name": "now"}</tool_call> ` c',
    ],
)
def test_what_stands_between_backticks_on_a_line_is_text(text: str) -> None:
    for size in (1, 2, 3, len(text)):
        assert Parsing("hermes").read(chunks(text, size)).content == text


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a ` b\n<tool_call>" + OBJECT + "</tool_call>", "a ` b"),
        ("a ` b <tool_call>" + OBJECT + "</tool_call>", "a ` b"),
        ("a ` b <tool_call>" + OBJECT + "</tool_call>\nc ` d", "a ` b\nc ` d"),
        ("`a` <tool_call>" + OBJECT + "</tool_call> `b`", "`a` `b`"),
        ("``a` <tool_call>" + OBJECT + "</tool_call>", "``a`"),
        ("a `\n` <tool_call>" + OBJECT + "</tool_call>", "a `\n`"),
        (
            "`" + "x" * 2000 + "<tool_call>" + OBJECT + "</tool_call>" + "y" * 1100 + "`",
            "`" + "x" * 2000 + "y" * 1100 + "`",
        ),
    ],
)
def test_a_backtick_that_is_not_closed_on_its_line_hides_no_call(text: str, content: str) -> None:
    whole = read(text, "hermes")
    assert whole.calls == [("now", "{}")]
    assert whole.content == content
    for size in (1, 3, 7):
        assert Parsing("hermes").read(chunks(text, size)) == whole


def test_a_call_ends_what_was_said_on_its_line() -> None:
    assert read("a ` b\n<now/>` c <now/>").calls == [("now", "{}")]
