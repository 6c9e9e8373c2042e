"""Replies that copy the example of the prompt, and the second turn."""

from dataclasses import replace

import pytest

from tests.replies import a_call, chunks, tool
from tests.streams import parser
from toolbridge.dialect_choice import find_dialect
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
    copied_examples,
    inject_tools,
)

LOOKUP = tool("lookup_city", {"city": {"type": "string"}, "country": {"type": "string"}}, ["city", "country"])


def asked_for(*texts: str) -> ChatRequest:
    messages = tuple(Message("user", text) for text in texts)
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
    answer = inject_tools(request, "xml").messages[-2].content
    back = ReplyParser("xml", [LOOKUP])
    assert collect([*back.feed(answer), *back.finish()]).tool_calls[0].arguments == call.arguments


def test_the_calls_of_all_examples_of_a_very_small_model_are_known() -> None:
    request = replace(asked_for("Where is it?"), model="smol-135m")
    copies = copied_examples(request)
    assert len(copies) == 2
    shown = [turn.content for turn in inject_tools(request, "hermes").messages if turn.role == "assistant"]
    form = find_dialect("hermes").form
    assert form is not None
    assert [form.write([call], request.tools) for call in copies] == [text for text in shown if "{" in text]
    stage = ReplyStage(parser("hermes", request.tools, copies=copies))
    reply = collect([*stage.feed([ContentDelta(shown[0])]), *stage.feed([Finish("stop")])])
    assert (reply.tool_calls, reply.content) == ((), shown[0])
