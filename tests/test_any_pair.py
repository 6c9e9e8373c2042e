"""One reply, well formed, on its way through every pair of wires, streamed and not: it says the same everywhere."""

import json
import re
from itertools import count, product

import pytest

from tests.replies import TOOLS
from tests.wire.exchanges import events_of, pieces, written
from tests.wires import CLIENTS, NAMES
from toolbridge.errors import UnknownWire
from toolbridge.events import (
    ContentDelta,
    Event,
    Finish,
    ReasoningDelta,
    ReplyStart,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
)
from toolbridge.messages import ChatRequest
from toolbridge.plan import Release
from toolbridge.reply_parser import ReplyParser
from toolbridge.translate import StreamTranslator, write_request

TEXT, THOUGHT = "Let me look: 日本 <b>.", "Two cities."
CALLS = (
    ToolCall("get_weather", '{"city":"Oslo","days":12345678901234567890123}'),
    ToolCall("get_weather", '{"city":"a \\"b\\"\\nc","days":2}'),
)
MARKUP = """<tool_calls>
<invoke name="get_weather">
<parameter name="city">Oslo</parameter>
<parameter name="days">12345678901234567890123</parameter>
</invoke>
<invoke name="get_weather">
<parameter name="city">
a "b"
c
</parameter>
<parameter name="days">2</parameter>
</invoke>
</tool_calls>"""
START, END = ReplyStart("r1", "m", 5.0), Usage(11, 7)

MADE: list[Event] = [
    START,
    ReasoningDelta(THOUGHT),
    ContentDelta(TEXT),
    *(
        event
        for index, call in enumerate(CALLS)
        for event in (
            ToolCallStart(index, f"call_{index}", call.name),
            ToolCallArgsDelta(index, call.arguments_json),
            ToolCallEnd(index),
        )
    ),
    Finish("tool_calls", END),
]
WRITTEN: list[Event] = [START, ReasoningDelta(THOUGHT), ContentDelta(f"{TEXT}\n\n{MARKUP}"), Finish("stop", END)]
MARKED: list[Event] = [START, ContentDelta(f"<think>{THOUGHT}</think>\n{TEXT}\n\n{MARKUP}"), Finish("stop", END)]
REPLIES = {
    "made by the backend": (MADE, None),
    "made by the backend, and the text is read": (MADE, "auto"),
    "in the text": (WRITTEN, "xml"),
    "in the text, behind the thought": (MARKED, "xml"),
    "leaked into the text": (WRITTEN, "auto"),
}
RELEASES: tuple[Release, ...] = ("early", "whole")
PAIRS = list(product(NAMES, NAMES))


@pytest.mark.parametrize("kind", REPLIES)
@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda pair: pair)
@pytest.mark.parametrize("sent_streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("asked_streamed", [True, False], ids=["asked streamed", "asked whole"])
def test_a_reply_says_the_same_on_every_way(
    kind: str, source: str, target: str, sent_streamed: bool, asked_streamed: bool
) -> None:
    events, dialect = REPLIES[kind]
    sent = written(source, events, stream=sent_streamed, include_usage=True)
    numbers = count()
    for size, keeps_frames, release in product((1, 11, len(sent)), (True, False), RELEASES):
        translator = StreamTranslator(
            source,
            target,
            parser=ReplyParser(dialect, TOOLS, release=release) if dialect else None,
            request=ChatRequest("m", stream=asked_streamed, include_usage=True, source=target),
            stream=sent_streamed,
            keeps_frames=keeps_frames,
            clock=lambda: 5.0,
            ids=lambda: f"new_{next(numbers)}",
        )
        out = b"".join(map(translator.feed, pieces(sent, size))) + translator.finish()
        reply = collect(events_of(target, pieces(out, 7), stream=asked_streamed))
        assert (reply.content, reply.reasoning, reply.error) == (TEXT, THOUGHT, None)
        assert [(call.name, call.arguments) for call in reply.tool_calls] == [
            (call.name, call.arguments) for call in CALLS
        ]
        assert len({call.id for call in reply.tool_calls}) == len(CALLS)
        assert (reply.finish_reason, reply.usage) == ("tool_calls", END)


BROKEN: list[Event] = [*MADE[:-1], ToolCallStart(2, "call_2", "get_weather"), ToolCallArgsDelta(2, '{"city":')]
"""Two whole calls, and one that breaks off."""
NO_SUCCESS = {"ollama": "stop", "openai": "stop", "anthropic": "end_turn", "responses": "incomplete"}


@pytest.mark.parametrize(("source", "target"), list(product(("openai", "anthropic", "responses"), NO_SUCCESS)))
@pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_whole_calls_beside_a_broken_one_are_no_success_on_any_wire(
    source: str, target: str, *, reads: bool, streamed: bool
) -> None:
    """Ollama's wire has no way to say a part of a call."""
    sent = written(source, [*BROKEN, ToolCallEnd(2, "broken"), Finish("tool_calls", END)])
    translator = StreamTranslator(
        source,
        target,
        parser=ReplyParser("auto", TOOLS) if reads and source != target else None,
        request=ChatRequest("m", stream=streamed, source=target),
    )
    said = (translator.feed(sent) + translator.finish()).decode()
    assert ending(target, said) == NO_SUCCESS[target]


def ending(name: str, said: str) -> str:
    """The word by which a reply of this wire, streamed or not, says how it ended."""
    if name == "responses":
        last = json.loads(said.rpartition("data: ")[2])
        return str(last.get("response", last)["status"])
    words: list[str] = re.findall(r'"(?:done_reason|finish_reason|stop_reason)":"(\w+)"', said)
    return words[-1]


EVERY = (*NAMES, *CLIENTS)
READ = tuple(name for name in EVERY if name != "ollama.generate")


@pytest.mark.parametrize(("source", "target"), list(product(READ, EVERY)))
@pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_a_reply_goes_from_every_wire_to_every_wire(source: str, target: str, *, reads: bool, streamed: bool) -> None:
    """Responses to Responses with a parser ended in an `AttributeError`."""
    request = ChatRequest("m", stream=streamed, source=target)
    parser = ReplyParser("xml", TOOLS) if reads else None
    translator = StreamTranslator(source, target, parser=parser, request=request, stream=streamed)
    sent = written(source, WRITTEN, stream=streamed)
    said = (translator.feed(sent) + translator.finish()).decode()
    assert "Let me look" in said
    assert "get_weather" in said
    assert ("<invoke" in said) is not reads
    assert isinstance(translator.end, Finish)


@pytest.mark.parametrize("target", EVERY)
def test_a_wire_that_only_clients_speak_is_no_source(target: str) -> None:
    with pytest.raises(UnknownWire, match=r"only clients speak the wire 'ollama\.generate'"):
        StreamTranslator("ollama.generate", target)


def test_a_request_for_a_wire_that_no_backend_speaks_says_so() -> None:
    with pytest.raises(UnknownWire, match=r"only clients speak the wire 'ollama\.generate'"):
        write_request(ChatRequest("m"), "ollama.generate")
