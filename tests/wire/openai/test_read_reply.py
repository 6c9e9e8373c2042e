"""Replies of OpenAI-compatible backends of every make."""

import json
from typing import Any

import pytest

from tests.wire.exchanges import events_of, reader
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    Opaque,
    ReasoningDelta,
    ReplyStart,
    ToolCall,
    ToolCallEnd,
    Usage,
    collect,
)
from toolbridge.limits import Limits


def sse(*bodies: Any) -> bytes:
    texts = (body if isinstance(body, str) else json.dumps(body) for body in bodies)
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c", "created": 5, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def read(*bodies: Any) -> list[Event]:
    return events_of("openai", [sse(*bodies)])


TEXT = chunk(role="assistant", content="a")
END = chunk("stop")
USAGE = {"id": "c", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}
COUNTED = Finish("stop", Usage(1, 2), {"usage": USAGE["usage"]})


def test_a_reply_with_usage_behind_its_finish_reason() -> None:
    assert read(TEXT, END, USAGE, "[DONE]") == [ReplyStart("c", "m", 5), ContentDelta("a"), COUNTED]


def test_the_end_waits_for_the_usage() -> None:
    one = reader("openai")
    assert one.feed(sse(TEXT, END)) == [ReplyStart("c", "m", 5), ContentDelta("a")]
    assert one.feed(sse(USAGE)) == []
    assert one.feed(sse("[DONE]")) == [COUNTED]


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param([TEXT, END, USAGE], id="no DONE (transformers)"),
        pytest.param([TEXT, END | {"usage": USAGE["usage"]}], id="usage on the last chunk"),
        pytest.param(
            [TEXT | {"usage": {"prompt_tokens": 1, "completion_tokens": 1}}, END, USAGE, "[DONE]"],
            id="usage on every chunk (vLLM)",
        ),
        pytest.param(
            [{"id": "c", "created": 5, "model": "m", "choices": []}, TEXT, END, USAGE, "[DONE]"],
            id="a first chunk without choices (Azure)",
        ),
        pytest.param([TEXT, {"keepalive": True}, END, USAGE, "[DONE]"], id="objects of another kind"),
        pytest.param([TEXT, chunk(content=None), chunk(content=""), END, USAGE, "[DONE]"], id="empty deltas"),
        pytest.param([TEXT, END, USAGE | {"object": "chat.completion"}, "[DONE]"], id="another object (mlx-lm)"),
    ],
)
def test_habits_of_servers(bodies: list[Any]) -> None:
    assert read(*bodies) == [ReplyStart("c", "m", 5), ContentDelta("a"), COUNTED]


@pytest.mark.parametrize(
    "delta", [{"reasoning": "hm"}, {"reasoning_content": "hm"}, {"reasoning": "hm", "reasoning_content": "hm"}]
)
def test_reasoning_has_two_names_and_is_read_once(delta: dict[str, str]) -> None:
    assert read(chunk(**delta), TEXT, END, "[DONE]")[1:3] == [ReasoningDelta("hm"), ContentDelta("a")]


def test_content_in_parts_is_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "thinking"}, {"type": "text", "text": "b"}]
    assert collect(read(chunk(content=parts), END)).content == "ab"
    assert isinstance(read(chunk(content=5), END)[-1], Error)


@pytest.mark.parametrize("delta", [{"reasoning": 5}, {"content": {"a": 1}}])
def test_text_that_is_none_is_an_error(delta: dict[str, Any]) -> None:
    assert isinstance(read(TEXT, chunk(**delta), END)[-1], Error)


def test_a_refusal_is_shown() -> None:
    assert collect(read(chunk(refusal="No."), END)).content == "No."


def test_only_the_first_choice_is_read() -> None:
    other = {"index": 1, "delta": {"content": "b"}}
    assert (
        collect(
            read(
                TEXT,
                {"choices": [other]},
                {"choices": [{"delta": None}]},
                TEXT | {"choices": [*TEXT["choices"], other]},
                END,
            )
        ).content
        == "aa"
    )


CALL = {"index": 0, "id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("reason", "calls", "read_as"),
    [
        ("stop", [], "stop"),
        ("stop", [CALL], "tool_calls"),
        ("tool_calls", [CALL], "tool_calls"),
        ("tool_calls", [], "stop"),
        ("function_call", [CALL], "tool_calls"),
        ("length", [CALL], "length"),
        ("content_filter", [], "content_filter"),
        ("eos", [], "stop"),
    ],
)
def test_reasons(reason: Any, calls: list[Any], read_as: str) -> None:
    assert collect(read(chunk(content="a", tool_calls=calls), chunk(reason), "[DONE]")).finish_reason == read_as


@pytest.mark.parametrize("end", [["[DONE]"], [USAGE, "[DONE]"], [USAGE], []])
def test_a_stream_without_a_finish_reason_is_an_error_with_done_or_without(end: list[Any]) -> None:
    """A gateway writes it behind a reply that its own backend broke off."""
    reply = collect(read(TEXT, *end))
    assert (reply.content, reply.finish_reason) == ("a", None)
    assert reply.error
    assert "without a finish reason" in reply.error.message


def test_done_and_nothing_else_is_an_error() -> None:
    assert isinstance(read("[DONE]")[-1], Error)


@pytest.mark.parametrize("end", [[USAGE, "[DONE]"], ["[DONE]"], [USAGE], []])
def test_a_finish_reason_is_enough_of_an_end(end: list[Any]) -> None:
    assert collect(read(TEXT, END, *end)).finish_reason == "stop"


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_a_reply_that_the_backend_gave_up_is_an_error(reason: str) -> None:
    for end in (["[DONE]"], []):
        reply = collect(read(TEXT, chunk(reason), *end))
        assert (reply.content, reply.finish_reason) == ("a", None)
        assert reply.error
        assert repr(reason) in reply.error.message


@pytest.mark.parametrize("reason", [5, True, ["stop"], {"type": "abort"}])
def test_a_finish_reason_that_is_no_text_is_an_error(reason: Any) -> None:
    error = read(TEXT, chunk(reason), "[DONE]")[-1]
    assert isinstance(error, Error)
    assert "finish reason" in error.message


@pytest.mark.parametrize("choice", [{}, {"message": None}, {"delta": {}}])
def test_a_body_in_one_piece_is_over_with_its_frame_if_it_has_a_finish_reason(choice: dict[str, Any]) -> None:
    """Where a stream was asked for, too: the frame goes out as it came, and nothing belongs behind it."""
    for finish, end in (({"finish_reason": "length"}, Finish), ({}, ReplyStart)):
        one = reader("openai")
        assert one.frames(json.dumps({"choices": [choice | finish]}).encode()) == []
        (frame,) = one.rest()
        assert isinstance(one.read(frame)[-1], end)


@pytest.mark.parametrize("finish", [{}, {"finish_reason": None}])
def test_a_completion_in_one_piece_is_whole_without_a_finish_reason(finish: dict[str, Any]) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "a"}} | finish
    reply = collect(read({"choices": [choice]}))
    assert (reply.content, reply.finish_reason, reply.error) == ("a", "stop", None)


@pytest.mark.parametrize(("reason", "outcome"), [("length", "truncated"), ("stop", "broken"), ("tool_calls", "broken")])
def test_a_call_that_is_not_whole_is_never_complete(reason: str, outcome: str) -> None:
    cut = CALL | {"function": {"name": "f", "arguments": '{"a'}}
    events = read(chunk(tool_calls=[cut]), chunk(reason), "[DONE]")
    assert [event.outcome for event in events if isinstance(event, ToolCallEnd)] == [outcome]
    assert isinstance(events[-1], Finish)
    assert events[-1].reason == ("length" if reason == "length" else "stop")


def test_a_call_that_breaks_off_is_ended_before_the_error() -> None:
    cut = CALL | {"function": {"name": "f", "arguments": '{"a'}}
    assert [type(event) for event in read(chunk(tool_calls=[cut]))[-2:]] == [ToolCallEnd, Error]
    assert [type(event) for event in read(chunk(tool_calls=[cut]), {"error": "x"})[-2:]] == [ToolCallEnd, Error]
    assert [type(event) for event in read(chunk(tool_calls=[cut]), "nonsense")[-2:]] == [ToolCallEnd, Error]


def test_arguments_as_an_object_keep_their_digits() -> None:
    calls = '[{"id":"x","function":{"name":"f","arguments":{"n":18446744073709551616}}}]'
    raw = f'{{"choices":[{{"delta":{{"tool_calls":{calls}}}}}]}}'
    assert collect(events_of("openai", [sse(raw, END)])).tool_calls == (
        ToolCall("f", '{"n":18446744073709551616}', "x"),
    )


def test_the_deprecated_call_is_a_call() -> None:
    bodies = chunk(function_call={"name": "f", "arguments": '{"a"'}), chunk(function_call={"arguments": ":1}"})
    reply = collect(read(*bodies, chunk("function_call"), "[DONE]"))
    assert (reply.tool_calls, reply.finish_reason) == ((ToolCall("f", '{"a":1}', "call_new0"),), "tool_calls")


@pytest.mark.parametrize("calls", [5, [5], [{"function": {"name": "f", "arguments": 5}}]])
def test_calls_of_another_shape_are_an_error(calls: Any) -> None:
    assert isinstance(read(chunk(tool_calls=calls), END)[-1], Error)


def test_a_call_over_the_limit_is_an_error() -> None:
    events = events_of("openai", [sse(chunk(tool_calls=[CALL]), END)], limits=Limits(call=1))
    assert isinstance(events[-1], Error)
    assert "limits.call" in events[-1].message


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"message": "busy", "type": "overloaded", "code": 503}}, Error("busy", "overloaded", 503)),
        ({"error": "text"}, Error("text")),
        ({"object": "error", "message": "too long", "code": 400}, Error("too long", "invalid_request_error", 400)),
        ({"error": {"message": "busy", "code": "rate_limit"}}, Error("busy")),
    ],
)
def test_an_error_in_the_stream_ends_the_reply(body: dict[str, Any], error: Error) -> None:
    assert read(TEXT, body, TEXT, END, "[DONE]")[1:] == [ContentDelta("a"), error]


@pytest.mark.parametrize("text", ['event: error\ndata: {"message":"x"}\n\n', 'error: {"message":"x"}\n\n'])
def test_an_error_that_the_event_names(text: str) -> None:
    assert events_of("openai", [text.encode()]) == [Error("x")]


def test_what_the_chunks_hold_besides() -> None:
    logprobs = {"choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [1]}}]}
    constant = {"system_fingerprint": "fp", "service_tier": None}
    timings = END | {"timings": {"prompt_n": 5, "prompt_ms": None}}
    assert read(logprobs | constant, timings, "[DONE]") == [
        ReplyStart(extra={"system_fingerprint": "fp"}),
        ContentDelta("a"),
        Opaque("openai", '{"logprobs":{"content":[1]}}'),
        Finish("stop", None, {"timings": {"prompt_n": 5, "prompt_ms": None}}),
    ]


def test_the_tokens_come_with_what_they_are_worth() -> None:
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
    chunk = {"choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [token], "refusal": None}}]}
    assert read(chunk, END)[1:3] == [ContentDelta("a"), Logprobs((token,))]


def test_what_llama_cpp_measured_is_there_in_nanoseconds() -> None:
    timings = {"prompt_n": 5, "prompt_ms": 12.5, "predicted_n": 7, "predicted_ms": 100}
    (end,) = (event for event in read(TEXT, END | {"timings": timings}, "[DONE]") if isinstance(event, Finish))
    took = {"prompt_eval_duration": 12_500_000, "eval_duration": 100_000_000, "total_duration": 112_500_000}
    assert end.extra == {"timings": timings} | took
    oddities: list[Any] = [[], {"prompt_ms": "x", "predicted_ms": -1}, {"prompt_ms": 1e300}]
    for strange in oddities:
        assert read(TEXT, END | {"timings": strange}, "[DONE]")[-1] == Finish("stop", None, {"timings": strange})


def test_thoughts_in_parts_are_reasoning() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}, 5]
    chunk = {"choices": [{"index": 0, "delta": {"content": parts}}]}
    assert read(chunk, END)[1:3] == [ReasoningDelta("Hm."), ContentDelta("Yes.")]


def test_a_whole_completion() -> None:
    message = {"role": "assistant", "content": None, "reasoning": "hm", "tool_calls": [CALL]}
    body = {
        "id": "c",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": USAGE["usage"],
    }
    reply = collect(events_of("openai", [json.dumps(body).encode()], stream=False))
    assert (reply.reasoning, reply.tool_calls, reply.usage) == ("hm", (ToolCall("f", "{}", "x"),), Usage(1, 2))
    assert reply.finish_reason == "tool_calls"
