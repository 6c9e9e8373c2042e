"""What is seen in a reply that must make a call."""

import pytest

from toolbridge import ReplyParser, StreamTranslator
from toolbridge.events import ContentDelta, Event, Finish, ReasoningDelta, ToolCallEnd, ToolCallStart
from toolbridge.translate.watch import MOST, Watch


def seen(*events: Event) -> Watch:
    watch = Watch(["now"])
    for event in events:
        watch.note([event])
    return watch


@pytest.mark.parametrize(
    ("events", "called", "other", "complete"),
    [
        ((ContentDelta("No."), Finish("stop")), False, "", 0),
        ((ToolCallStart(0, "a", "now"),), True, "", 0),
        ((ToolCallStart(0, "a", "now"), ToolCallEnd(0)), True, "", 1),
        ((ToolCallStart(0, "a", "now"), ToolCallEnd(0, "truncated")), True, "", 0),
        ((ToolCallStart(0, "a", "later"), ToolCallStart(1, "b", "now")), False, "later", 0),
        ((ToolCallStart(0, "a", "now"), ToolCallStart(1, "b", "later")), True, "", 0),
        ((ToolCallStart(0, "a", ""),), False, "?", 0),
    ],
)
def test_the_first_call_decides(events: tuple[Event, ...], called: bool, other: str, complete: int) -> None:
    watch = seen(*events)
    assert (watch.called, watch.other, watch.complete) == (called, other, complete)
    assert watch.is_decided is (called or bool(other))


def test_the_text_in_front_of_the_call_is_kept() -> None:
    watch = seen(ReasoningDelta("Hm."), ContentDelta("Let "), ContentDelta("me."), ToolCallStart(0, "a", "now"))
    watch.note([ContentDelta("Done.")])
    assert watch.text == "Let me."


def test_of_a_long_text_the_beginning_is_kept() -> None:
    assert seen(ContentDelta("a" * MOST), ContentDelta("b"), ContentDelta("c" * MOST)).text == "a" * MOST


def test_a_translator_shows_its_reply_to_the_watch() -> None:
    watch = Watch(["now"])
    tools = [{"name": "now", "input_schema": {}}]
    translator = StreamTranslator("ollama", "openai", parser=ReplyParser("json", tools), watch=watch)
    translator.feed(b'{"message": {"content": "{\\"name\\": \\"now\\", \\"arguments\\": {"}}\n')
    assert watch.called
