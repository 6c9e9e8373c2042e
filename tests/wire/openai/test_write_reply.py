"""The chunks and completions that OpenAI's clients get."""

import json
from typing import Any

import pytest

from tests.wire import exchanges
from tests.wire.exchanges import NOW, objects, written
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    Opaque,
    ReasoningDelta,
    ReasoningEnd,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
)
from toolbridge.frames import Frame, SseFrames
from toolbridge.messages import ChatRequest, Freeform, Tool
from toolbridge.wire import wire
from toolbridge.wire.openai.write_reply import write_error

START = ReplyStart("chatcmpl-1", "backend's", NOW)
CALL = ToolCallStart(0, "call_1", "f"), ToolCallArgsDelta(0, '{"a":'), ToolCallArgsDelta(0, "1}"), ToolCallEnd(0)
CUT = ToolCallStart(0, "call_1", "f"), ToolCallArgsDelta(0, '{"a":'), ToolCallEnd(0, "truncated")
FIRST = {"role": "assistant", "content": ""}


def chunks(*events: Event, include_usage: bool = False) -> list[Any]:
    return objects(written("openai", events, include_usage=include_usage))


def deltas(*events: Event) -> list[Any]:
    return [body["choices"][0]["delta"] for body in chunks(*events)[:-1]]


def test_the_stream_in_its_order() -> None:
    out = chunks(START, ContentDelta("Hi"), Finish("stop", Usage(1, 2)), include_usage=True)
    head = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1787335200,
        "model": "m",
        "system_fingerprint": "fp_ollama",
    }
    assert out == [
        head | {"choices": [{"index": 0, "delta": FIRST, "finish_reason": None}]},
        head | {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
        head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        head | {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
        "[DONE]",
    ]


def test_every_event_stands_alone_between_blank_lines() -> None:
    out = written("openai", [START, ContentDelta("a\n\nb"), *CALL, Finish("tool_calls")])
    assert out.endswith(b"data: [DONE]\n\n")
    assert b"".join(frame.raw for frame in SseFrames(1 << 20).feed(out)) == out


def test_usage_is_said_only_if_it_was_asked_for() -> None:
    assert not any("usage" in body for body in chunks(START, Finish("stop", Usage(1, 2)))[:-1])
    zeros = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert chunks(START, Finish("stop"), include_usage=True)[-2]["usage"] == zeros
    own = zeros | {"prompt_tokens_details": {"cached_tokens": 5}}
    assert chunks(START, Finish("stop", None, {"usage": own}), include_usage=True)[-2]["usage"] == own


def test_role_id_type_and_name_are_said_once_and_arguments_as_they_come() -> None:
    assert deltas(START, ReasoningDelta("hm"), ReasoningEnd(), ContentDelta("a"), *CALL, Finish("tool_calls")) == [
        FIRST,
        {"reasoning": "hm"},
        {"content": "a"},
        {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
        {},
    ]


def test_a_call_without_arguments_gets_empty_ones() -> None:
    out = deltas(START, ToolCallStart(0, "call_1", "f"), ToolCallEnd(0), Finish("tool_calls"))
    assert out[2:-1] == [{"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}]


def test_calls_are_numbered_without_a_gap_and_one_without_a_name_is_not_said() -> None:
    nameless = ToolCallStart(0, "call_0", ""), ToolCallArgsDelta(0, "{"), ToolCallEnd(0, "broken")
    later = ToolCallStart(4, "call_4", "g"), ToolCallArgsDelta(4, "{}"), ToolCallEnd(4)
    out = deltas(START, *nameless, *later, Finish("tool_calls"))
    assert [call["index"] for delta in out for call in delta.get("tool_calls", [])] == [0, 0]


@pytest.mark.parametrize(
    ("events", "reason", "word"),
    [
        ([], "stop", "stop"),
        ([], "length", "length"),
        ([], "content_filter", "content_filter"),
        ([], "load", "stop"),
        ([], "unload", "stop"),
        (CALL, "tool_calls", "tool_calls"),
        (CALL, "length", "length"),
        (CUT, "length", "length"),
        (CUT, "stop", "stop"),
    ],
)
def test_reasons(events: tuple[Event, ...], reason: str, word: str) -> None:
    assert chunks(START, *events, Finish(reason))[-2]["choices"][0]["finish_reason"] == word
    if events != CUT:
        (whole,) = objects(written("openai", [START, *events, Finish(reason)], stream=False))
        assert whole["choices"][0]["finish_reason"] == word


def test_an_error_is_said_and_ends_the_stream_without_done() -> None:
    out = chunks(START, ContentDelta("Par"), Error("upstream closed the connection"))
    envelope = {"message": "upstream closed the connection", "type": "api_error", "param": None, "code": None}
    assert out[-1] == {"error": envelope}
    assert chunks(Error("broke"))[0]["error"]["message"] == "broke"


def test_a_reply_without_a_start_is_given_an_id_and_a_time() -> None:
    first, *_ = chunks(ContentDelta("a"), Finish("stop"))
    assert (first["id"], first["created"]) == ("chatcmpl-new0", 1787335200)


def test_a_whole_reply_is_one_completion() -> None:
    events: list[Event] = [START, ReasoningDelta("hm"), ContentDelta("a"), *CALL, Finish("tool_calls", Usage(1, 2))]
    assert json.loads(written("openai", events, stream=False)) == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1787335200,
        "model": "m",
        "system_fingerprint": "fp_ollama",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "a",
                    "reasoning": "hm",
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
                    ],
                },
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }


def test_content_is_never_null_and_an_incomplete_call_is_left_out() -> None:
    (whole,) = objects(written("openai", [START, *CUT, Finish("length")], stream=False))
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": ""}


def test_tokens_are_written_with_every_field_of_theirs() -> None:
    bare = {"token": "a", "logprob": -0.5}
    whole = bare | {"bytes": [97], "top_logprobs": [bare | {"bytes": None}]}
    events: list[Event] = [START, ContentDelta("a"), Logprobs((bare,)), Logprobs((whole,)), Finish("stop")]
    written_out = [bare | {"bytes": None, "top_logprobs": []}, whole]
    logprobs = [body["choices"][0]["logprobs"] for body in chunks(*events)[:-1] if "logprobs" in body["choices"][0]]
    assert logprobs == [{"content": [one], "refusal": None} for one in written_out]
    (body,) = objects(written("openai", events, stream=False))
    assert body["choices"][0]["logprobs"] == {"content": written_out, "refusal": None}


def test_logprobs_come_back() -> None:
    events: list[Event] = [
        START,
        ContentDelta("a"),
        *(Opaque("openai", f'{{"logprobs":{{"content":[{n}],"x":null}}}}') for n in (1, 2)),
    ]
    out = [body["choices"][0].get("logprobs") for body in chunks(*events, Opaque("ollama", "{}"), Finish("stop"))[:-1]]
    assert out == [None, None, {"content": [1], "x": None}, {"content": [2], "x": None}, None]
    (whole,) = objects(written("openai", [*events, Finish("stop")], stream=False))
    assert whole["choices"][0]["logprobs"] == {"content": [1, 2], "x": None}


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (Error("x", status=400), "invalid_request_error", None),
        (Error("x", status=404), "not_found_error", None),
        (Error("x", status=503), "api_error", None),
        (Error("x", "overloaded", 503), "overloaded", None),
        (
            Error("the request exceeds the available context size", status=400),
            "invalid_request_error",
            "context_length_exceeded",
        ),
        (Error("x", "exceed_context_size_error", 400), "exceed_context_size_error", "context_length_exceeded"),
        (Error("This model's maximum context length is 4096 tokens"), "api_error", "context_length_exceeded"),
    ],
)
def test_error_bodies(error: Error, kind: str, code: str | None) -> None:
    assert json.loads(write_error(error)) == {
        "error": {"message": error.message, "type": kind, "param": None, "code": code}
    }


def rewritten(body: Any, *events: Event, event: str = "") -> Any:
    raw = b"data: " + json.dumps(body).encode() + b"\n\n"
    out = exchanges.rewritten("openai", Frame(raw[6:-2], raw, event), events)
    assert out is not None
    assert out == b"" or out.endswith(b"\n\n")
    return objects(out)[-1] if out else None


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c", "x": 1, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def test_a_chunk_is_rewritten_with_all_else_as_it_was() -> None:
    assert rewritten(chunk(content="a", reasoning_content="b", x=1), ContentDelta("y")) == chunk(x=1, content="y")
    assert rewritten(chunk(content="a"), ReasoningDelta("z")) == chunk(reasoning="z")
    assert rewritten(chunk(role="assistant", content="a")) == chunk(role="assistant", content="")
    assert rewritten(chunk("stop", content="a"), ContentDelta("y")) == chunk("stop", content="y")
    assert exchanges.rewritten("openai", Frame(b"{}", b"event: m\ndata: {}\n\n", "m"), []) is None


def test_calls_of_a_rewritten_chunk_are_one_entry_each() -> None:
    (call,) = rewritten(chunk(content="a"), *CALL)["choices"][0]["delta"]["tool_calls"]
    assert call == {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    (more,) = rewritten(chunk(content="a"), ToolCallArgsDelta(0, "1}"))["choices"][0]["delta"]["tool_calls"]
    assert more == {"index": 0, "function": {"arguments": "1}"}}


def test_a_chunk_that_has_nothing_left_to_say_is_dropped() -> None:
    assert rewritten(chunk(content="a")) is None
    assert rewritten(chunk("stop", content="a")) == chunk("stop")
    assert rewritten(chunk(content="a") | {"usage": {"prompt_tokens": 1}}) is not None


def test_the_reason_of_a_chunk_is_that_of_the_events() -> None:
    frame = chunk("stop", reasoning_content="x") | {"timings": {"n": 1}}
    out = rewritten(frame, ReasoningDelta("y"), ContentDelta("z"), *CALL, Finish("tool_calls"))
    (choice,) = out["choices"]
    assert (choice["finish_reason"], out["timings"]) == ("tool_calls", {"n": 1})
    assert list(choice["delta"]) == ["content", "reasoning_content", "tool_calls"]
    assert rewritten(chunk("length"), Finish("length")) == chunk("length")


def test_the_name_of_an_event_is_kept() -> None:
    out = exchanges.rewritten(
        "openai", Frame(json.dumps(chunk(content="a")).encode(), b"", "message"), [ContentDelta("b")]
    )
    assert out is not None
    assert out.startswith(b"event: message\ndata: {")


@pytest.mark.parametrize("data", [b"[DONE]", b'{"choices":[]}', b"[1]", b'{"choices":[5]}', b'{"usage":{}}'])
def test_what_holds_no_text_has_no_place_for_any(data: bytes) -> None:
    assert exchanges.rewritten("openai", Frame(data, b"data: " + data + b"\n\n"), [ContentDelta("a")]) is None


def test_a_whole_completion_is_rewritten() -> None:
    message = {"role": "assistant", "content": "a", "reasoning_content": "b", "x": 1}
    body = {
        "id": "c",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1},
    }
    raw = json.dumps(body).encode()
    out = json.loads(
        exchanges.rewritten("openai", Frame(raw, raw), [ReasoningDelta("r"), *CALL, Finish("tool_calls")]) or b""
    )
    (choice,) = out["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "x": 1,
        "content": "",
        "reasoning_content": "r",
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}],
    }
    assert out | {"choices": body["choices"]} == body


def test_a_whole_completion_without_a_message_has_no_place_for_text() -> None:
    raw = json.dumps({"choices": [{"index": 0, "messsage": {}, "finish_reason": "stop"}]}).encode()
    assert exchanges.rewritten("openai", Frame(raw, raw), [ContentDelta("a"), Finish("stop")]) is None


def test_a_message_in_a_chunk_stays_in_a_chunk() -> None:
    out = rewritten(
        {"choices": [{"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}]}, ContentDelta("b")
    )
    assert out["choices"][0]["message"] == {"content": "b"}


# Freeform tools.

PATCH = '*** Begin Patch\n+say("a\\n")\n*** End Patch'
PATCHES = json.dumps({"input": PATCH})


def patched(*events: Event, stream: bool) -> list[Any]:
    tools = (Tool("apply_patch", freeform=Freeform()), Tool("f"))
    request = ChatRequest("m", tools=tools, stream=stream, source="openai")
    one = wire("openai").writer(request=request, clock=lambda: NOW, ids=lambda: "call_new")
    return objects(one.feed(events) + one.finish())


def test_a_call_of_a_freeform_tool_is_its_text() -> None:
    for cut in range(1, len(PATCHES)):
        pieces = ToolCallArgsDelta(1, PATCHES[:cut]), ToolCallArgsDelta(1, PATCHES[cut:])
        patch = ToolCallStart(1, "call_2", "apply_patch"), *pieces, ToolCallEnd(1)
        out = patched(START, *CALL, *patch, Finish("tool_calls"), stream=True)
        entries = [
            entry for one in out[:-1] for entry in one["choices"][0]["delta"].get("tool_calls", []) if entry["index"]
        ]
        own = {"name": "apply_patch", "input": ""}
        assert entries[0] == {"index": 1, "id": "call_2", "type": "custom", "custom": own}
        assert "".join(entry["custom"]["input"] for entry in entries) == PATCH
        (whole,) = patched(START, *CALL, *patch, Finish("tool_calls"), stream=False)
        assert whole["choices"][0]["message"]["tool_calls"] == [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
            {"id": "call_2", "type": "custom", "custom": {"name": "apply_patch", "input": PATCH}},
        ]


def test_text_that_stands_elsewhere_is_found_at_the_end() -> None:
    call = ToolCallStart(0, "call_1", "apply_patch"), ToolCallArgsDelta(0, '{"patch": "x"}'), ToolCallEnd(0)
    out = patched(START, *call, Finish("tool_calls"), stream=True)
    assert out[2]["choices"][0]["delta"]["tool_calls"] == [{"index": 0, "custom": {"input": "x"}}]


def test_a_freeform_call_of_the_servers_own_stays_when_the_text_beside_it_changes() -> None:
    entry = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "p", "input": "x"}}
    body = {"choices": [{"index": 0, "delta": {"content": "a", "tool_calls": [entry]}, "finish_reason": None}]}
    frame = Frame(json.dumps(body).encode(), f"data: {json.dumps(body)}\n\n".encode())
    changed = exchanges.rewritten("openai", frame, [ContentDelta("b"), ToolCallStart(0, "c", "p")])
    assert changed is not None
    assert objects(changed)[0]["choices"][0]["delta"] == {"content": "b", "tool_calls": [entry]}
    message = {"role": "assistant", "content": "a", "tool_calls": [{k: v for k, v in entry.items() if k != "index"}]}
    whole = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
    call = ToolCallStart(0, "c", "p"), ToolCallArgsDelta(0, '{"input":"x"}'), ToolCallEnd(0)
    changed = exchanges.rewritten("openai", Frame(whole, whole), [ContentDelta("b"), *call])
    assert changed is not None
    assert json.loads(changed)["choices"][0]["message"] == message | {"content": "b"}
