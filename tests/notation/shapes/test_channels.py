"""Messages framed by channels and recipients: when their parts leave, and what becomes of reasoning."""

from itertools import product

import pytest

from tests.replies import Parsing, chunks, tool
from toolbridge.events import ContentDelta, Event, ReasoningDelta, ToolCallArgsDelta, ToolCallEnd, ToolCallStart, merged
from toolbridge.limits import Limits
from toolbridge.notation.drafts import INVENTED
from toolbridge.reply_parser import ReplyParser

START = ToolCallStart(0, "call_0", "get_weather")
THOUGHT = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
REPLIES = {
    "harmony": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi.<|return|>",
    "muse": " to=self<|message|>Hm.<|eom|><|start|>assistant to=user<|message|>Hi.<|eot|>",
    "inkling": "<|content_thinking|>Hm.<|end_message|><|message_model|><|content_text|>Hi.<|end_message|>",
}
every_family = pytest.mark.parametrize("name", REPLIES)


def steps(parser: ReplyParser, pieces: list[str]) -> list[list[Event]]:
    return [merged(parser.feed(piece)) for piece in pieces]


def test_a_text_among_the_arguments_leaves_while_it_is_written() -> None:
    pieces = ["<|channel|>commentary to=functions.get_weather json", "<|message|>", '{"ci', 'ty": "Os', "lo", '"}']
    assert steps(Parsing("harmony").parser(), pieces) == [
        [],
        [],
        [START, ToolCallArgsDelta(0, "{")],
        [ToolCallArgsDelta(0, '"city": "Os')],
        [ToolCallArgsDelta(0, "lo")],
        [ToolCallArgsDelta(0, '"}'), ToolCallEnd(0, "complete", {})],
    ]


def test_arguments_in_a_string_leave_while_they_are_written() -> None:
    pieces = [" to=functions.get_weather<|message|>", '"{\\"city', '\\": \\"Os', "lo", '\\"}"']
    events = steps(Parsing("harmony").parser(), pieces)
    assert events[1:4] == [
        [START, ToolCallArgsDelta(0, "{")],
        [ToolCallArgsDelta(0, '"city": "Os')],
        [ToolCallArgsDelta(0, "lo")],
    ]


def test_code_leaves_while_it_is_written() -> None:
    parser = Parsing("harmony", [tool("python", {"code": {"type": "string"}})]).parser()
    first, second = steps(parser, ["<|channel|>analysis to=python code<|message|>print(", "6 * 7"])
    assert first == [ToolCallStart(0, "call_0", "python"), ToolCallArgsDelta(0, '{"code":"print(')]
    assert second == [ToolCallArgsDelta(0, "6 * 7")]


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("harmony", ["<|channel|>analysis<|message|>", "I look", " it up.", "<|en", "d|>"]),
        ("muse", [" to=self<|message|>", "I look", " it up.", "<|eo", "m|>"]),
        ("inkling", ["<|content_thinking|>", "I look", " it up.", "<|end_me", "ssage|>"]),
    ],
)
def test_reasoning_leaves_as_it_comes(name: str, pieces: list[str]) -> None:
    assert steps(Parsing(name).parser(), pieces) == [
        [],
        [ReasoningDelta("I look")],
        [ReasoningDelta(" it up.")],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("harmony", "<|channel|>final<|message|>"),
        ("muse", " to=user<|message|>"),
        ("inkling", "<|content_text|>"),
        ("functionary", "all\n"),
    ],
)
def test_content_leaves_as_it_comes(name: str, header: str) -> None:
    assert steps(Parsing(name).parser(), [header, "I look", " it up."]) == [
        [],
        [ContentDelta("I look")],
        [ContentDelta(" it up.")],
    ]


@pytest.mark.parametrize("name", [*REPLIES, "functionary"])
def test_text_without_any_header_waits_no_longer_than_a_word(name: str) -> None:
    assert steps(Parsing(name).parser(), ["Hello ", "there"]) == [[ContentDelta("Hello")], [ContentDelta(" there")]]


@every_family
def test_reasoning_is_content_where_it_is_not_told_apart(name: str) -> None:
    read = Parsing(name, options={"reasoning": "off"}).read([REPLIES[name]])
    assert (read.content, read.reasoning) == ("Hm.Hi.", "")


@pytest.mark.parametrize(("name", "size"), [*product(REPLIES, (1, 3, 1000))])
def test_reasoning_that_the_prompt_opened_ends_with_its_message(name: str, size: int) -> None:
    whole = REPLIES[name]
    for text in (whole, whole[whole.index("Hm.") :]):
        read = Parsing(name, options={"reasoning": "open"}).read(chunks(text, size))
        assert (read.content, read.reasoning) == ("Hi.", "Hm.")


@every_family
def test_where_reasoning_is_all_there_is_it_stays_reasoning(name: str) -> None:
    text = REPLIES[name]
    read = Parsing(name, cause="length").read([text[: text.index("Hm.") + 3]])
    assert (read.content, read.reasoning) == ("", "Hm.")


def test_with_no_tools_any_name_is_called() -> None:
    read = Parsing("harmony", ()).read([THOUGHT + '<|channel|>commentary to=functions.find<|message|>{"a": 1}<|call|>'])
    assert read.calls == [("find", '{"a":1}')]


def test_a_tool_named_like_a_header_is_that_tool() -> None:
    tools = [tool("final"), tool("functions.now"), tool("container.exec")]
    text = "".join(
        f"<|start|>assistant to={name}<|channel|>commentary<|message|>{{}}<|call|>"
        for name in ("functions.final", "functions.now", "container.exec")
    )
    read = Parsing("harmony", tools).read([text])
    assert [name for name, _ in read.calls] == ["final", "functions.now", "container.exec"]


def test_a_header_that_goes_on_for_ever_is_text() -> None:
    text = "<|channel|>commentary to=functions.now " + "and so on " * 20
    read = Parsing("harmony", options={"limits": Limits(lookahead=100)}).read([text])
    assert (read.content, read.calls) == (text, [])


def test_a_made_up_result_ends_the_reply() -> None:
    parser = Parsing("harmony").parser()
    parser.feed("<|channel|>commentary to=functions.now<|message|>{}<|call|>")
    assert not parser.ended
    parser.feed("<|start|>functions.now to=assistant<|channel|>commentary<|message|>12")
    assert parser.ended


def test_nothing_behind_another_turn_is_the_replys() -> None:
    text = REPLIES["harmony"].replace("<|return|>", "<|end|>") + "<|start|>user<|message|>And now?"
    read = Parsing("harmony").read([text + THOUGHT])
    assert (read.content, read.reasoning) == ("Hi.", "Hm.")
    assert read.ledger[INVENTED] == len("<|end|><|start|>user<|message|>And now?" + THOUGHT)


@pytest.mark.parametrize("end", ["<|return|>", "<|im_end|>", "</s>"])
def test_an_end_of_turn_token_may_follow_a_fence_at_once(end: str) -> None:
    for name in ("harmony", "xml"):
        assert Parsing(name).read(["```\nx\n```" + end]).content == "```\nx\n```"


@pytest.mark.parametrize("place", range(1, len(REPLIES["harmony"])))
def test_wherever_a_reply_is_cut_off_no_whole_marker_is_left_in_it(place: int) -> None:
    read = Parsing("harmony", cause="length").read([REPLIES["harmony"][:place]])
    told = read.content + read.reasoning
    assert "<|end|>" not in told
    assert "<|start|>" not in told
    assert "<|message|>" not in told
