"""The whole translation with no network: streams from wire to wire, requests, replies, and the second turn."""

import json
from typing import Any

import pytest

from tests.replies import TOOLS, a_call, chunks, tool
from tests.streams import FRAMES, PAIR, ollama, parser
from tests.wire.exchanges import events_of, pieces
from toolbridge.dialect_choice import find_dialect
from toolbridge.errors import RequestError, UnknownWire
from toolbridge.events import (
    ContentDelta,
    Finish,
    ToolCall,
    collect,
)
from toolbridge.messages import ChatRequest, Message, ToolChoice
from toolbridge.reply_parser import ReplyParser
from toolbridge.tools import read_tools
from toolbridge.translate import (
    ReplyStage,
    StreamTranslator,
    copied_examples,
    inject_tools,
    read_request,
    translate_reply,
    translate_request,
    write_request,
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


def whole_body(wire: str, content: str) -> bytes:
    message = {"role": "assistant", "content": content}
    if wire == "ollama":
        body: Any = {"model": "m", "created_at": "2026-08-21T18:00:00Z", "message": message, "done": True, "x": 1}
        return json.dumps(body | {"done_reason": "stop"}).encode()
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "x": 1}
    ).encode()


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


@pytest.mark.parametrize("source", FRAMES)
@pytest.mark.parametrize("target", FRAMES)
def test_a_reply_in_one_piece_is_translated(source: str, target: str) -> None:
    body = json.loads(whole_body(source, "Hi."))
    out = translate_reply(body, source, target)
    reply = collect(events_of(target, [json.dumps(out).encode()], stream=False))
    assert (reply.content, reply.finish_reason, out["model"]) == ("Hi.", "stop", "m")


def test_a_body_that_is_no_reply_is_an_error_body() -> None:
    assert "error" in translate_reply({}, "ollama", "ollama")
    assert translate_reply({"error": {"message": "no"}}, "openai", "ollama") == {"error": "no"}
    assert translate_reply({"error": "no"}, "ollama", "openai")["error"]["message"] == "no"
    assert "error" in translate_reply({"model": 7, "choices": []}, "openai", "ollama")


def test_a_request_is_translated_and_a_bad_one_says_what_to_mend() -> None:
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": TOOLS,
        "max_tokens": 7,
        "stream": True,
    }
    out = translate_request(body, "openai", "ollama")
    assert out["messages"] == [{"role": "user", "content": "Hi"}]
    assert out["options"] == {"num_predict": 7}
    assert [one["function"]["name"] for one in out["tools"]] == ["get_weather", "now"]
    assert write_request(read_request(body, "openai"), "ollama") == out
    with pytest.raises(RequestError):
        translate_request({"messages": 7}, "openai", "ollama")
    with pytest.raises(UnknownWire):
        translate_request(body, "openai", "grpc")
    with pytest.raises(UnknownWire):
        StreamTranslator("grpc", "ollama")


# The prompt's example.

LOOKUP = tool("lookup_city", {"city": {"type": "string"}, "country": {"type": "string"}}, ["city", "country"])


def asked_for(*said: str) -> ChatRequest:
    messages = tuple(Message("user", text) for text in said)
    return ChatRequest("m", messages=messages, tools=read_tools([LOOKUP]))


def test_the_examples_calls_are_known_unless_the_conversation_holds_their_values() -> None:
    copies = copied_examples(asked_for("Where is it?"))
    assert copies
    assert {call.name for call in copies} == {"lookup_city"}
    value = next(iter(copies[0].arguments.values()))
    assert copies[0] not in copied_examples(asked_for(f"Look up {value}"))
    none = ChatRequest("m", tools=read_tools([LOOKUP]), tool_choice=ToolChoice("none"))
    assert copied_examples(none) == ()
    assert copied_examples(ChatRequest("m")) == ()


@pytest.mark.parametrize("dialect", ["xml", "hermes", "json"])
@pytest.mark.parametrize("release", ["early", "whole"])
def test_a_reply_that_only_copies_the_prompts_example_is_text(dialect: str, release: str) -> None:
    request = asked_for("Where is it?")
    copies = copied_examples(request)
    form = find_dialect(dialect).form
    assert form is not None
    assert (
        form.write(copies[:1], request.tools) in inject_tools(request, dialect).messages[0].content or len(copies) > 1
    )
    for calls, own in ((copies[:1], 0), ([a_call("lookup_city", {"city": "Oslo", "country": "Norway"})], 1)):
        text = form.write(calls, request.tools)
        stage = ReplyStage(parser(dialect, request.tools, release=release, copies=copies))
        out = [event for piece in chunks(text, 7) for event in stage.feed([ContentDelta(piece)])]
        reply = collect([*out, *stage.feed([Finish("stop")])])
        assert len(reply.tool_calls) == own
        assert reply.content == ("" if own else text)
        assert reply.finish_reason == ("tool_calls" if own else "stop")


def test_the_second_turn_holds_the_calls_as_they_were_asked_for() -> None:
    call = ToolCall("lookup_city", '{"city": "Oslo", "country": "Norway"}', "x")
    request = ChatRequest(
        "m",
        messages=(
            Message("user", "Where is Oslo?"),
            Message("assistant", tool_calls=(call,)),
            Message("tool", "There.", tool_call_id="x"),
        ),
        tools=read_tools([LOOKUP]),
    )
    said = inject_tools(request, "xml").messages[-2].content
    back = ReplyParser("xml", [LOOKUP])
    assert collect([*back.feed(said), *back.finish()]).tool_calls[0].arguments == call.arguments
