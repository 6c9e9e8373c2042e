"""What stands around messages, answers and reasoning: what is dropped, what is text, and when text leaves."""

import pytest

from tests.replies import TOOLS, Parsing, chunks, read
from toolbridge.events import ContentDelta, Event, ReasoningDelta
from toolbridge.notation.drafts import AROUND, END_OF_TURN, INVENTED

WORDED_CALL = '<|tool_call|>[{"name": "now", "arguments": {}}]'


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("<|content_text|>Hi.<|end_message|>\n<|message_model|><|content_text|>Bye.", "Hi.Bye."),
        ("<|content_text|>Hi.\n<|end_message|><|message_model|><|content_text|>Bye.", "Hi.\nBye."),
        ("\n<|content_text|>\nHi.", "\nHi."),
        ("<|content_text|>Hi.<|end_message|> More.", "Hi. More."),
        ("<|content_text|>Hi. <|end_message|>", "Hi. "),
    ],
)
def test_blanks_are_content_within_messages_and_markup_between_them(text: str, content: str) -> None:
    read = Parsing("inkling").read([text])
    assert read.content == content
    assert all(Parsing("inkling").read(chunks(text, size)) == read for size in (1, 2, 5))


def test_what_is_left_out_is_in_the_ledger() -> None:
    text = "<|content_text|>Hi.<|end_message|>\n<|message_model|><|content_text|>Bye.<|end_message|>\n"
    ledger = Parsing("inkling").read([text]).ledger
    assert ledger["content"] == len("Hi.Bye.")
    assert ledger[AROUND] == 1
    assert ledger[END_OF_TURN] == len("<|end_message|>\n")


def test_a_message_within_a_fence_is_text() -> None:
    text = "```\n<|content_text|>Hi.<|end_message|>\n```\nSo."
    assert Parsing("inkling").read([text]).content == text


def test_somebody_elses_message_is_left_out_to_the_end() -> None:
    text = "<|content_text|>Hi.<|end_message|>\n<|message_user|>And now?<|end_message|><|message_model|>"
    read = Parsing("inkling").read([text])
    assert read.content == "Hi."
    assert read.ledger[INVENTED] == len(text) - len("<|content_text|>Hi.<|end_message|>")


@pytest.mark.parametrize(
    ("text", "reasoning", "content", "calls"),
    [
        ("Here is my thought process: Hm. Here is my response: So.", "Hm.", "So.", 0),
        ("\n\nHere's my thought process:\nHm.\n\nHere's my response:\n\nSo.\n", "Hm.", "So.\n", 0),
        (f"Here is my thought process: Hm. {WORDED_CALL}", "Hm.", "", 1),
        (f"Here is my thought process: Hm. Here is my response: So. {WORDED_CALL}", "Hm.", "So.", 1),
        (
            "Here is my thought process: <|tool_call|> it is. Here is my response: So.",
            "<|tool_call|> it is.",
            "So.",
            0,
        ),
        ("Here is my thought process:", "", "", 0),
        ("Here is my thought process: Hm", "Hm", "", 0),
        ("Here is my thought process: Here is my response: So.", "", "So.", 0),
        ("Here is my thought", "", "Here is my thought", 0),
        ("Well: Here is my thought process: Hm.", "", "Well: Here is my thought process: Hm.", 0),
        ("```\nHere is my thought process:\n```\n", "", "```\nHere is my thought process:\n```\n", 0),
    ],
)
def test_where_reasoning_in_words_begins_and_ends(text: str, reasoning: str, content: str, calls: int) -> None:
    whole = read(text, "granite")
    assert (whole.reasoning, whole.content, len(whole.calls)) == (reasoning, content, calls)
    for size in (1, 2, 3, 5):
        assert Parsing("granite").read(chunks(text, size)) == whole


STEPS: list[tuple[str, list[Event]]] = [
    ("Here is my thought", []),
    (" process:", []),
    (" Hm ", [ReasoningDelta("Hm")]),
    ("so. Here is", [ReasoningDelta(" so.")]),
    (" not. Here is my", [ReasoningDelta(" Here is not.")]),
    (" response: It", [ContentDelta("It")]),
]


def test_reasoning_in_words_leaves_as_early_as_it_can() -> None:
    parser = Parsing("granite").parser()
    for piece, events in STEPS:
        assert parser.feed(piece) == events, piece


def test_a_call_that_breaks_off_in_reasoning_in_words_is_a_thought_where_calls_are_released_whole() -> None:
    text = 'Here is my thought process: Hm. <|tool_call|>[{"name": "now", "arguments": {"a": "b'
    whole = read(text, "granite", TOOLS, "length", release="whole")
    assert (whole.reasoning, whole.content) == (text.removeprefix("Here is my thought process: "), "")
    early = read(text, "granite", TOOLS, "length")
    assert (early.reasoning, early.incomplete) == ("Hm.", [("now", "truncated")])


@pytest.mark.parametrize(
    ("name", "text", "content"),
    [
        ("ernie", "<response>\nHi.\n</response>\n", "Hi."),
        ("ernie", "<response>Hi.</response>", "Hi."),
        ("ernie", "<response>\r\nHi.\r\n</response>\r\n", "Hi."),
        ("ernie", "\n\n<response>\n\nHi.", "\nHi."),
        ("ernie", "Hi.\n</response>", "Hi."),
        ("ernie", "So: <response>\nHi.", "So: <response>\nHi."),
        ("ernie", "<response>\na </response> b\n</response>", "a </response> b"),
        ("ernie", "Write `</response>` at the end.", "Write `</response>` at the end."),
        ("hunyuan-a13b", "<answer>\nHi.\n</answer><|eos|>", "Hi.\n</answer><|eos|>"),
        ("hunyuan-a13b", "<answer>\nHi.\n</answer></s>", "Hi."),
        ("cohere", "<|START_RESPONSE|>Hi.<|END_RESPONSE|>", "Hi."),
        ("cohere", "<|START_TEXT|>Hi.<|END_TEXT|>\n\nMore.", "Hi.\n\nMore."),
        ("apriel", "[BEGIN FINAL RESPONSE]\nHi.\n[END FINAL RESPONSE]\n", "Hi."),
        ("apriel", "See [BEGIN] and [1].", "See [BEGIN] and [1]."),
        ("solar", "<|content|>Hi.<|end|>", "Hi."),
        ("xml", "<response>\nHi.\n</response>\n", "<response>\nHi.\n</response>\n"),
        ("xml", "<answer>\nHi.\n</answer>\n", "<answer>\nHi.\n</answer>\n"),
        ("cohere", "```\n<|START_RESPONSE|>\n```\n", "```\n<|START_RESPONSE|>\n```\n"),
        ("ernie", "```\n<response>\n```\n", "```\n<response>\n```\n"),
    ],
)
def test_markers_around_an_answer_go_and_those_within_it_stay(name: str, text: str, content: str) -> None:
    parsing = Parsing(name)
    assert parsing.read([text]).content == content
    for size in (1, 2, 3, 5):
        assert parsing.read(chunks(text, size)) == parsing.read([text])


def test_text_between_the_markers_leaves_at_once() -> None:
    parser = Parsing("cohere").parser()
    parser.feed("<|START_RESPONSE|>")
    (delta,) = parser.feed("It is")
    assert delta.text == "It is"  # type: ignore[union-attr] # no other event has come


def test_no_call_is_read_out_of_a_message_that_only_speaks_of_calls() -> None:
    quoted = '<atem:invoke name="now"></atem:invoke>'
    for text in (f" to=self<|message|>So {quoted}", f" to=self<|message|>So {quoted}<|eom|>"):
        assert read(text, "muse").calls == []
    assert read(f"<|channel|>analysis<|message|>So {quoted}", "harmony").calls == [("now", "{}")]
