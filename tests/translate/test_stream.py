"""One reply from wire to wire."""

import json

import pytest

from tests.streams import FRAMES, PAIR, ollama, parser, whole_body
from tests.wire.exchanges import events_of, pieces
from toolbridge.events import ContentDelta, ToolCallStart, collect
from toolbridge.messages import ChatRequest
from toolbridge.translate import (
    StreamTranslator,
)


@pytest.mark.parametrize("source", FRAMES)
@pytest.mark.parametrize("target", FRAMES)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("asked", [True, False])
def test_a_call_is_found_on_the_way_from_any_wire_to_any(source: str, target: str, stream: bool, asked: bool) -> None:
    texts = ["So. ", PAIR[:20], PAIR[20:], "\nDone."]
    data = b"".join(FRAMES[source](*texts)) if stream else whole_body(source, "".join(texts))
    request = ChatRequest("m", stream=asked, source=target)
    translator = StreamTranslator(source, target, parser=parser(release="whole"), request=request, stream=stream)
    out = b"".join(map(translator.feed, pieces(data, 50))) + translator.finish()
    reply = collect(events_of(target, [out], stream=asked))
    assert reply.content == "So.\nDone."
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("now", {})]
    assert reply.finish_reason == "tool_calls"
    assert translator.end is not None


@pytest.mark.parametrize("target", ["ollama", "openai", "anthropic", "responses"])
@pytest.mark.parametrize("stream", [True, False])
def test_no_text_stands_behind_a_call_of_the_backends_that_had_blanks_before_it(target: str, stream: bool) -> None:
    # Anthropic's servers refuse a text of blanks alone when a client sends the turn back.
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "now", "arguments": {}}}]}
    frames = ollama("Let me ", "see.", "\n\n", call)
    request = ChatRequest("m", stream=stream, source=target)
    translator = StreamTranslator("ollama", target, parser=parser(release="whole"), request=request)
    out = b"".join(map(translator.feed, frames)) + translator.finish()
    kinds = [type(event) for event in events_of(target, [out], stream=stream)]
    assert kinds.index(ToolCallStart) > len(kinds) - 1 - kinds[::-1].index(ContentDelta)


@pytest.mark.parametrize("wire", FRAMES)
def test_a_whole_reply_on_one_wire_keeps_all_but_its_text_and_calls(wire: str) -> None:
    request = ChatRequest("m", stream=False, source=wire)
    for text, changed in (("Hi.", False), (PAIR, True)):
        body = whole_body(wire, text)
        translator = StreamTranslator(wire, wire, parser=parser(release="whole"), request=request, stream=False)
        out = translator.feed(body) + translator.finish()
        assert (out != body) is changed
        assert json.loads(out).keys() == json.loads(body).keys()
        assert bool(collect(events_of(wire, [out], stream=False)).tool_calls) is changed


def test_a_stream_without_a_parser_is_translated_as_it_is() -> None:
    translator = StreamTranslator("ollama", "openai", model="m")
    out = b"".join(map(translator.feed, ollama("So. ", PAIR))) + translator.finish()
    assert collect(events_of("openai", [out])).content == f"So. {PAIR}"
