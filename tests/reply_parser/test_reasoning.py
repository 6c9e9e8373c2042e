"""Reasoning: where it begins and ends, and when a call in it counts."""

import pytest

from tests.replies import Parsing, a_call, chunks, read, tool
from toolbridge.events import ContentDelta, Event, ReasoningDelta
from toolbridge.notation.literals import REASONING
from toolbridge.reply_parser import Reasoning

CALL = '<tool_call>{"name": "now", "arguments": {}}</tool_call>'


@pytest.mark.parametrize(("opener", "closer"), REASONING.items())
@pytest.mark.parametrize("first", ["", "\n", "  "])
def test_a_reply_that_opens_its_reasoning_begins_with_it(opener: str, closer: str, first: str) -> None:
    text = f"{first}{opener}\nHm.\n{closer}\n\nSo."
    whole = read(text)
    assert (whole.reasoning, whole.content) == ("Hm.", "So.")
    for size in (1, 2, 3):
        assert Parsing().read(chunks(text, size)) == whole


@pytest.mark.parametrize(
    ("mode", "text", "reasoning", "content"),
    [
        ("open", "Hm.</think>So.", "Hm.", "So."),
        ("open", "<think>Hm.</think>So.", "Hm.", "So."),
        ("open", "\n\nHm.\n</think>\n\nSo.\n", "Hm.", "So.\n"),
        ("open", "Hm.", "Hm.", ""),
        ("open", " \n", "", ""),
        ("open", "</think>So.", "", "So."),
        ("open", "Hm.[/THINK]So.", "Hm.", "So."),
        ("open", "<thinking>Hm.</think>ha</thinking>So.", "Hm.</think>ha", "So."),
        ("auto", "Hm.</think>So.", "", "Hm.So."),
        ("auto", "So <think>Hm.</think> so.", "", "So <think>Hm.</think> so."),
        ("auto", "<think></think>So.", "", "So."),
        ("auto", "<think>\n</think>\n<think>Hm.</think>So.", "Hm.", "So."),
        ("auto", "<think>a <think>b</think> c</think> d", "a <think>b", "c d"),
        ("auto", "<think>Hm.</think></think>So.", "Hm.", "So."),
        ("auto", "<think>Hm. </thi", "Hm. </thi", ""),
        ("auto", "<think>", "", ""),
        ("auto", "<thi", "", "<thi"),
        ("auto", "`</think>`", "", "`</think>`"),
        ("off", "<think>Hm.</think>So.", "", "<think>Hm.</think>So."),
    ],
)
def test_where_reasoning_begins_and_ends(mode: Reasoning, text: str, reasoning: str, content: str) -> None:
    whole = read(text, reasoning=mode)
    assert (whole.reasoning, whole.content) == (reasoning, content)
    for size in (1, 2, 3, 5):
        assert Parsing(options={"reasoning": mode}).read(chunks(text, size)) == whole


STEPS: list[tuple[str, list[Event]]] = [
    ("<th", []),
    ("ink>", []),
    ("\n", []),
    ("Hm ", [ReasoningDelta("Hm")]),
    ("so </th", [ReasoningDelta(" so")]),
    ("is", [ReasoningDelta(" </this")]),
    ("\n</think", []),
    (">", []),
    ("\n\n", []),
    ("Hi", [ContentDelta("Hi")]),
]


def test_reasoning_leaves_as_early_as_it_can() -> None:
    parser = Parsing().parser()
    for piece, events in STEPS:
        assert parser.feed(piece) == events, piece


def test_a_call_in_reasoning_that_was_never_answered_is_the_call() -> None:
    for text in (f"<think>So {CALL}</think>", f"<think>So {CALL}", f"<think>{CALL} or {CALL}</think>\n\n"):
        whole = read(text, "hermes")
        assert whole.calls == [("now", "{}")]
        assert whole.reasoning == text.strip().removeprefix("<think>").removesuffix("</think>")
        assert Parsing("hermes").read(chunks(text, 1)) == whole
        assert read(text, "hermes", release="whole") == whole


def test_calls_in_reasoning_that_stand_together_are_all_called_and_those_before_text_are_not() -> None:
    other = CALL.replace("now", "get_weather").replace("{}", '{"city": "Oslo"}')
    weather = ("get_weather", '{"city":"Oslo"}')
    for text, calls in (
        (f"<think>So {CALL}\n{other}", [("now", "{}"), weather]),
        (f"<think>So {CALL}{other}</think>", [("now", "{}"), weather]),
        (f"<think>So {CALL} or {other}{CALL}", [weather, ("now", "{}")]),
        (f"<think>So {other}{CALL} or {CALL.replace('now', 'nobody')}", [weather, ("now", "{}")]),
    ):
        for release in ("early", "whole"):
            whole = read(text, "hermes", release=release)
            assert whole.calls == calls
            assert Parsing("hermes", options={"release": release}).read(chunks(text, 1)) == whole


@pytest.mark.parametrize(
    "text",
    [
        f"<think>So {CALL}</think>No.",
        f"<think>So {CALL}</think>" + CALL.replace("now", "get_weather"),
        f"<think>So {CALL[:-14]}</think>",
        f"<think>So `{CALL}`</think>",
        f"<think>So {CALL.replace('now', 'other')}</think>",
        f"<think>So {CALL}</think>" + CALL[:30],
        f"<think>So {CALL}</think>" + CALL[:-14],
    ],
)
def test_there_is_none_where_an_answer_a_call_or_only_the_beginning_of_one_follows(text: str) -> None:
    assert ("now", "{}") not in read(text, "hermes").calls


def test_there_is_none_where_the_reply_was_cut_short() -> None:
    for cause in ("length", "cut"):
        assert read(f"<think>So {CALL}", "hermes", cause=cause).calls == []


def test_there_is_none_where_no_tools_are_offered_or_it_copies_the_example() -> None:
    assert read(f"<think>So {CALL}</think>", "hermes", []).calls == []
    copies = [a_call("now", {"a": 1})]
    text = "<think>So " + CALL.replace("{}", '{"a": 1}') + "</think>"
    assert read(text, "hermes", copies=copies).calls == []
    assert read(text, "hermes").calls == [("now", '{"a":1}')]


def test_reasoning_that_the_backend_sends_apart_is_not_begun_again() -> None:
    parser = Parsing(options={"reasoning": "open"}).parser()
    parser.reasoning_is_apart("Hm.")
    assert parser.feed("So.") == [ContentDelta("So.")]
    assert parser.finish() == []
    assert parser.ledger == {"content": 3}


def test_a_call_may_be_read_out_of_reasoning_that_came_apart() -> None:
    for made in (False, True):
        parser = Parsing("hermes", [tool("now")]).parser()
        for piece in chunks(f"So {CALL}", 5):
            parser.reasoning_is_apart(piece)
        if made:
            assert parser.calls_are_apart() == []
        events = parser.finish()
        assert bool(events) is not made
        assert parser.ledger == {}


QWEN = "<tool_call>\n<function=now>\n</function>\n</tool_call>"


@pytest.mark.parametrize(
    ("dialect", "text", "reasoning", "content", "calls"),
    [
        ("qwen3-coder", f"Hm. {QWEN} So.", "Hm.", " So.", 1),
        ("qwen3-coder", f"Hm. {CALL}", "Hm.", "", 1),
        ("qwen3-coder", f"Hm. {QWEN}\n</think>\nSo.", "Hm.", "\n\nSo.", 1),
        ("qwen3-coder", "A <tool_call> is <function=x y.</think>So.", "A <tool_call> is <function=x y.", "So.", 0),
        ("qwen3-coder", "A <tool_call>", "A <tool_call>", "", 0),
        ("qwen3-coder", "A <tool_c", "A <tool_c", "", 0),
        ("hermes", f"Hm. {QWEN} no.</think>So.", f"Hm. {QWEN} no.", "So.", 0),
        ("hermes", f"Hm. {CALL} no.</think>So.", f"Hm. {CALL} no.", "So.", 0),
        ("apriel", "Hm.[BEGIN FINAL RESPONSE]So.", "Hm.", "So.", 0),
    ],
)
def test_a_call_ends_the_reasoning_of_families_that_do_not_close_it(
    dialect: str, text: str, reasoning: str, content: str, calls: int
) -> None:
    whole = read(text, dialect, reasoning="open")
    assert (whole.reasoning, whole.content, len(whole.calls)) == (reasoning, content, calls)
    for size in (1, 2, 3, 5):
        assert Parsing(dialect, options={"reasoning": "open"}).read(chunks(text, size)) == whole


def test_bare_json_behind_a_thought_about_calls_is_still_the_first_text() -> None:
    text = 'A <tool_call> is it.</think>\n{"name": "now", "arguments": {}}'
    assert read(text, "qwen3-coder", reasoning="open").calls == [("now", "{}")]
