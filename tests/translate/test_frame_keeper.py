"""Streams where client and backend speak the same wire: frames go out as they came, but for what is held or a call."""

import copy
import json
from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.streams import DONE, FRAGMENTS, FRAMES, OSLO, PAIR, USAGE, chunk, ollama, openai, parser
from tests.wire.exchanges import EXCHANGES, Exchange, events_of, objects, pieces
from toolbridge.events import (
    Error,
    Finish,
    collect,
)
from toolbridge.messages import ChatRequest
from toolbridge.reply_parser import ReplyParser
from toolbridge.translate import (
    StreamTranslator,
)


def through(
    wire: str, frames: Iterable[bytes], *, reading: ReplyParser | None = None, keeps_frames: bool = True
) -> list[bytes]:
    """What comes out for each frame, and at the end, where client and backend speak the same wire."""
    numbers = count()
    translator = StreamTranslator(
        wire,
        wire,
        parser=reading or parser(release="whole"),
        request=ChatRequest("m", stream=True, include_usage=True, source=wire),
        keeps_frames=keeps_frames,
        clock=lambda: 5.0,
        ids=lambda: f"new_{next(numbers)}",
    )
    return [*(translator.feed(frame) for frame in frames), translator.finish()]


@pytest.mark.parametrize("wire", FRAMES)
def test_frames_that_the_parser_leaves_alone_go_out_as_they_came(wire: str) -> None:
    frames = FRAMES[wire]("Hello,", " you", "! 1", " < 2", " `<tool_call>` so", ".")
    out = through(wire, frames)
    assert b"".join(out) == b"".join(frames)
    text = len(frames) - (3 if wire == "openai" else 1)
    assert out[:text] == frames[:text]  # and at once


HELD_OR_MENDED = {
    "ollama_chat_stream_thinking": "one of its lines ends in a blank, which waits for the next one",
    "openai_stream_error_recommended": "the error is written anew",
    "ollama_chat_midstream_error": "the error is written anew",
}


@pytest.mark.parametrize("one", [one for one in EXCHANGES if one.stream], ids=lambda one: one.name)
@pytest.mark.parametrize("size", [1, 13, 1 << 20])
def test_a_golden_stream_without_a_call_goes_out_byte_for_byte(one: Exchange, size: int) -> None:
    out = b"".join(through(one.wire, pieces(one.reply, size)))
    before, after = (events_of(one.wire, [data]) for data in (one.reply, out))
    assert collect(after) == collect(before)
    if one.wire in FRAMES and one.name not in HELD_OR_MENDED:
        assert out == one.reply


@pytest.mark.parametrize("wire", FRAMES)
def test_text_that_is_held_moves_to_a_later_frame_and_all_else_stays(wire: str) -> None:
    frames = FRAMES[wire]("a ", "<tool_", "box>", " b")
    out = through(wire, frames)
    assert collect(events_of(wire, [b"".join(out)])) == collect(events_of(wire, frames))
    first = 1 if wire == "openai" else 0
    assert out[first + 1] == b""
    assert [one.keys() for one in objects(out[first])] == [one.keys() for one in objects(frames[first])]
    assert out[first + 3] == frames[first + 3]


@pytest.mark.parametrize("wire", FRAMES)
def test_a_frame_that_has_nothing_left_to_say_is_left_out(wire: str) -> None:
    out = through(wire, FRAMES[wire]("So.", PAIR[:10], PAIR[10:], "\n"))
    start = 2 if wire == "openai" else 1
    assert out[start] == b""
    assert out[start + 2] == b""


@pytest.mark.parametrize("wire", FRAMES)
@pytest.mark.parametrize("release", ["early", "whole"])
def test_a_call_in_the_text_is_a_call_on_the_wire_and_the_reason_says_so(wire: str, release: str) -> None:
    frames = FRAMES[wire]("So. ", PAIR[:30], PAIR[30:], "\n", OSLO, "\nDone.")
    reply = collect(events_of(wire, through(wire, frames, reading=parser(release=release))))
    assert reply.content == "So.\nDone."
    assert [(call.name, call.id, call.arguments) for call in reply.tool_calls] == [
        ("now", "call_0", {}),
        ("get_weather", "call_1", {"city": "Oslo"}),
    ]
    assert reply.finish_reason == "tool_calls"
    assert reply.usage == collect(events_of(wire, frames)).usage


def test_the_reason_of_openais_finish_chunk_is_the_true_one() -> None:
    for texts, reason in ((["So."], "stop"), ([PAIR], "tool_calls"), ([OSLO[:-20]], "stop")):
        out = objects(b"".join(through("openai", openai(*texts), reading=parser())))
        reasons = [one["choices"][0]["finish_reason"] for one in out[:-1] if one["choices"]]
        assert [one for one in reasons if one] == [reason]
        assert out[-1] == "[DONE]"
        assert [one["usage"]["completion_tokens"] for one in out[:-1] if one.get("usage")] == [2]
        assert sum("role" in one["choices"][0]["delta"] for one in out[:-1] if one["choices"]) == 1
        assert {one["id"] for one in out[:-1]} == {"chatcmpl-1"}


@pytest.mark.parametrize("wire", FRAMES)
@pytest.mark.parametrize("text", ["Hi\n", "a <tool_", "```json\n{", OSLO[:-20], " "])
def test_text_that_is_held_at_the_end_is_not_lost(wire: str, text: str) -> None:
    reply = collect(events_of(wire, through(wire, FRAMES[wire]("So.", text))))
    assert reply.content == "So." + text
    assert reply.finish_reason == "stop"
    assert reply.error is None


def test_nor_is_it_where_the_finish_chunk_has_a_text_or_done_is_missing() -> None:
    for frames in (openai("So.", last=" <tool_"), openai("So. <tool", last="_", usage=False)):
        for sent in (frames, frames[:-1]):
            reply = collect(events_of("openai", through("openai", sent)))
            assert reply.content == "So. <tool_"
            assert reply.finish_reason == "stop"


def test_frames_that_say_nothing_are_not_held_unless_they_are_of_the_end() -> None:
    begun, empty = openai()[:1], [chunk({}) for _ in range(20)]
    assert through("openai", [*begun, *empty])[:-1] == [*begun, *empty]
    closed = [*begun, chunk({}, "stop"), *empty]
    out = through("openai", closed)
    assert out[1:5] == [b""] * 4
    assert b"".join(out[:-1]) == b"".join(closed[:-4])
    assert b"".join(out) == b"".join([*closed, DONE])


CLOSING = [("stop", PAIR, "tool_calls"), ("stop", "a <tool_", "stop"), ("tool_calls", "a", "stop")]


@pytest.mark.parametrize(("reported", "text", "reason"), CLOSING)
@pytest.mark.parametrize("done", [True, False])
def test_the_last_frames_are_mended_and_keep_what_else_they_say(
    reported: str, text: str, reason: str, done: bool
) -> None:
    timings = {"timings": {"predicted_ms": 12.5}, "x-new": [1]}
    finish, usage = chunk({}, reported, **timings), USAGE.replace(b'"usage"', b'"stats": {"a": 1}, "usage"')
    out = through("openai", [*openai(text)[:2], finish, usage, *([DONE] if done else [])])
    last = [one for piece in out for one in objects(piece)][-3:]
    assert last[0]["choices"][0]["finish_reason"] == reason
    assert {name: last[0][name] for name in timings} == timings
    assert last[1] == objects(usage)[0]
    assert last[2] == "[DONE]"
    reply = collect(events_of("openai", [b"".join(out)]))
    assert reply.content == ("" if text == PAIR else text)
    assert [call.name for call in reply.tool_calls] == (["now"] if text == PAIR else [])
    assert b"".join(out).count(b'"finish_reason":"') == 1


def test_a_reason_that_the_backends_own_calls_belie_is_mended() -> None:
    call = {"index": 0, "id": "x", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    frames = [*openai()[:1], chunk({"tool_calls": [call]}), chunk({}, "stop", timings=1), USAGE, DONE]
    out = through("openai", frames)
    assert b"".join(out[:2]) == b"".join(frames[:2])
    finish, usage, end = objects(b"".join(out[2:]))
    assert (finish["choices"][0]["finish_reason"], finish["timings"], end) == ("tool_calls", 1, "[DONE]")
    assert usage == objects(USAGE)[0]


def test_text_behind_a_reason_is_text() -> None:
    """Some gateways say a reason in every chunk."""
    frames = [
        *openai()[:1],
        *(chunk({"content": text}, "stop") for text in ("So. ", PAIR[:20], PAIR[20:])),
        USAGE,
        DONE,
    ]
    out = through("openai", frames)
    reply = collect(events_of("openai", [b"".join(out)]))
    assert (reply.content, [call.name for call in reply.tool_calls]) == ("So.", ["now"])
    assert reply.finish_reason == "tool_calls"


@pytest.mark.parametrize("wire", FRAMES)
def test_a_call_that_the_backend_made_stays_as_it_was_sent(wire: str) -> None:
    if wire == "ollama":
        call: Any = {"id": "x", "function": {"index": 0, "name": "now", "arguments": {"n": 2**70}}}
        frames = ollama("So.", {"role": "assistant", "content": "", "tool_calls": [call]})
    else:
        call = {"index": 0, "id": "x", "type": "function", "function": {"name": "now", "arguments": '{"n": 1e400}'}}
        frames = [*openai("So.")[:2], chunk({"tool_calls": [call]}), *openai(reason="tool_calls")[1:]]
    assert b"".join(through(wire, frames)) == b"".join(frames)


@pytest.mark.parametrize("wire", FRAMES)
def test_a_made_up_result_ends_the_stream_and_says_that_it_was_cut(wire: str) -> None:
    frames = FRAMES[wire](PAIR, "\n<tool_resp", "onse>", "noon", "more")
    numbers = count()
    request = ChatRequest("m", stream=True, include_usage=True, source=wire)
    translator = StreamTranslator(
        wire, wire, parser=parser(release="whole"), request=request, ids=lambda: f"new_{next(numbers)}"
    )
    out = b"".join(translator.feed(frame) for frame in frames)
    assert translator.ended
    assert translator.cut
    assert translator.end == Finish("tool_calls")
    assert translator.finish() == b""
    reply = collect(events_of(wire, [out]))
    assert [call.name for call in reply.tool_calls] == ["now"]
    assert (reply.content, reply.finish_reason) == ("", "tool_calls")
    if wire == "openai":
        assert out.count(b'"role"') == 1


@pytest.mark.parametrize("wire", FRAMES)
def test_an_error_of_the_backend_follows_what_was_held(wire: str) -> None:
    bad = b'{"error": "CUDA error"}\n' if wire == "ollama" else b'data: {"error": {"message": "CUDA error"}}\n\n'
    frames = [*FRAMES[wire]("So. <tool", "_")[: 2 if wire == "ollama" else 3], bad]
    reply = collect(events_of(wire, through(wire, frames)))
    assert reply.content == "So. <tool_"
    assert reply.error is not None
    assert reply.error.message == "CUDA error"


@pytest.mark.parametrize("wire", FRAMES)
def test_a_stream_that_breaks_off_is_an_error_behind_what_was_held(wire: str) -> None:
    frames = FRAMES[wire]("So. <tool", "_")[: 2 if wire == "ollama" else 3]
    reply = collect(events_of(wire, through(wire, frames)))
    assert reply.content == "So. <tool_"
    assert reply.error is not None
    assert "broke off" in reply.error.message


@pytest.mark.parametrize("wire", FRAMES)
def test_a_failed_connection_is_an_error_in_the_clients_wire(wire: str) -> None:
    for keeps_frames in (True, False):
        translator = StreamTranslator(wire, wire, parser=parser(), model="m", keeps_frames=keeps_frames)
        out = b"".join(
            translator.feed(frame) for frame in FRAMES[wire]("a <tool_")[:-1][: 1 if wire == "ollama" else 2]
        )
        out += translator.fail(Error("no connection")) + translator.finish()
        reply = collect(events_of(wire, [out]))
        assert (reply.content, reply.error and reply.error.message) == ("a <tool_", "no connection")
        assert translator.fail(Error("again")) == b""


@pytest.mark.parametrize("wire", FRAMES)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(FRAGMENTS, max_size=6), size=st.integers(1, 60))
def test_a_stream_says_the_same_however_its_bytes_are_cut(wire: str, texts: list[str], size: int) -> None:
    data = b"".join(FRAMES[wire](*texts))
    at_once = events_of(wire, [b"".join(through(wire, [data]))])
    assert events_of(wire, [b"".join(through(wire, pieces(data, size)))]) == at_once
    anew = events_of(wire, [b"".join(through(wire, pieces(data, size), keeps_frames=False))])
    assert collect(anew) == collect(at_once)


WHOLE: dict[str, dict[str, Any]] = {
    "ollama": {
        "model": "m",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_a", "function": {"index": 0, "name": "f", "arguments": {}}}],
        },
        "done": True,
        "done_reason": "stop",
    },
    "openai": {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                "finish_reason": "tool_calls",
            }
        ],
    },
}
"""Replies in one piece with a call, as these servers write them."""


@pytest.mark.parametrize("wire", WHOLE)
@pytest.mark.parametrize(
    "content", ["", "\n", "I look. ", "I look.\n\n", " ", "a <", "`", "```\n", "<tool_call>", "\t" * 80]
)
@pytest.mark.parametrize("calls", [True, False])
@pytest.mark.parametrize("compact", [True, False])
def test_a_reply_in_one_piece_goes_out_once_however_its_json_is_spaced(
    wire: str, content: str, *, calls: bool, compact: bool
) -> None:
    """Go writes no blanks. A real Ollama's reply with text that ends in a blank, and a call, went out twice."""
    reply = copy.deepcopy(WHOLE[wire])
    message = reply["message"] if wire == "ollama" else reply["choices"][0]["message"]
    message["content"] = content
    if not calls:
        del message["tool_calls"]
        if wire == "openai":
            reply["choices"][0]["finish_reason"] = "stop"
    raw = json.dumps(reply, separators=(",", ":") if compact else None).encode()
    request = ChatRequest("m", stream=False, source=wire)
    translator = StreamTranslator(wire, wire, parser=parser(release="whole"), request=request, stream=False)
    written = json.loads(translator.feed(raw) + translator.finish())
    again = written["message"] if wire == "ollama" else written["choices"][0]["message"]
    assert len(again.get("tool_calls") or ()) == calls
    assert again["content"].strip() == content.strip()
    assert content.startswith(again["content"])


@pytest.mark.parametrize("wire", FRAMES)
@pytest.mark.parametrize("size", [1, 40, 1 << 20])
@pytest.mark.parametrize("text", ["It rains.", f"So. {OSLO}", "a <tool_"])
def test_a_stream_that_nobody_asked_for_goes_out_in_one_piece(wire: str, size: int, text: str) -> None:
    """A search by chance found lines in place of the one object that the client waits for."""
    request = ChatRequest("m", stream=False, source=wire)
    translator = StreamTranslator(wire, wire, parser=parser(release="whole"), request=request, stream=False)
    sent = b"".join(FRAMES[wire](text))
    out = b"".join(map(translator.feed, pieces(sent, size))) + translator.finish()
    assert isinstance(json.loads(out), dict)
    reply = collect(events_of(wire, [out], stream=False))
    assert (reply.error, len(reply.tool_calls)) == (None, "Oslo" in text)
    assert text.startswith(reply.content)


@pytest.mark.parametrize("wire", WHOLE)
@pytest.mark.parametrize("size", [1, 40, 1 << 20])
def test_one_piece_where_a_stream_was_asked_for_goes_out_as_a_stream(wire: str, size: int) -> None:
    request = ChatRequest("m", stream=True, source=wire)
    translator = StreamTranslator(wire, wire, parser=parser(release="whole"), request=request)
    sent = json.dumps(WHOLE[wire], indent=1).encode()
    out = b"".join(map(translator.feed, pieces(sent, size))) + translator.finish()
    assert out.startswith(b"{" if wire == "ollama" else b"data: {")
    assert out.endswith(b"\n" if wire == "ollama" else b"data: [DONE]\n\n")
    reply = collect(events_of(wire, [out]))
    assert (reply.error, len(reply.tool_calls), reply.finish_reason) == (None, 1, "tool_calls")
