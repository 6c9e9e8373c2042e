"""Replies of Ollama backends of every version."""

import json
from typing import Any

import pytest

from tests.wire.exchanges import events_of, written
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    Opaque,
    ReplyStart,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
)
from toolbridge.wire.codec import json_text
from toolbridge.wire.ollama.read_reply import read_time


def lines(*bodies: Any) -> bytes:
    return b"".join(json.dumps(body).encode() + b"\n" for body in bodies)


def message(content: str = "", **fields: Any) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", "content": content} | fields, "done": False}


def read(*bodies: Any) -> list[Event]:
    return events_of("ollama", [lines(*bodies)])


DONE = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}


def call(name: Any = "f", arguments: Any = None, **fields: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments if arguments is not None else {}}} | fields


def test_calls_are_numbered_here_and_given_ids_where_they_have_none() -> None:
    one, two = call("f", index=0), call("g", {"a": 1}, id="own")
    one["function"]["index"] = two["function"]["index"] = 0
    assert read(message(tool_calls=[one]), message(tool_calls=[two]), DONE)[1:-1] == [
        ToolCallStart(0, "call_new0", "f"),
        ToolCallArgsDelta(0, "{}"),
        ToolCallEnd(0),
        ToolCallStart(1, "own", "g"),
        ToolCallArgsDelta(1, '{"a":1}'),
        ToolCallEnd(1),
    ]


def test_calls_in_the_last_line_are_read() -> None:
    last = message("Hm. ", tool_calls=[call("f"), call("g")]) | {"done": True, "done_reason": "stop"}
    reply = collect(read(last))
    assert [one.name for one in reply.tool_calls] == ["f", "g"]
    assert (reply.content, reply.finish_reason) == ("Hm. ", "tool_calls")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"z": 1180591620717411303424, "a": 1.10, "e": 1e400}', '{"z":1180591620717411303424,"a":1.10,"e":1e400}'),
        ('{"s": "\\u003ca\\u003e é \\n"}', '{"s":"<a> é \\n"}'),
        ('"{\\"a\\": 1180591620717411303424}"', '{"a": 1180591620717411303424}'),
        ('""', "{}"),
        ("null", "{}"),
    ],
)
def test_arguments_keep_every_digit_and_their_order(arguments: str, text: str) -> None:
    call_text = f'{{"function":{{"name":"f","arguments":{arguments}}}}}'
    raw = f'{{"message":{{"content":"","tool_calls":[{call_text}]}},"done":true}}'
    reply = collect(events_of("ollama", [raw.encode()]))
    assert reply.tool_calls == (ToolCall("f", text, "call_new0"),)


@pytest.mark.parametrize(
    "one", [call("f", "[1]"), call("f", "{broken"), call("f", [1]), call("f", 5), call("", {}), call(None, {})]
)
def test_a_call_that_nobody_could_execute_ends_broken(one: dict[str, Any]) -> None:
    events = read(message(tool_calls=[one]), DONE)
    assert ToolCallEnd(0, "broken") in events
    assert events[-1] == Finish("stop", None, {})


@pytest.mark.parametrize("calls", [5, [5], [{}], [{"function": 5}]])
def test_calls_of_another_shape_are_an_error(calls: Any) -> None:
    assert isinstance(read(message(tool_calls=calls), DONE)[-1], Error)


@pytest.mark.parametrize(
    ("reason", "calls", "read_as"),
    [
        ("stop", False, "stop"),
        ("stop", True, "tool_calls"),
        ("length", True, "length"),
        ("length", False, "length"),
        (None, False, "stop"),
        ("load", False, "load"),
        ("something new", False, "something new"),
    ],
)
def test_reasons(reason: str | None, calls: bool, read_as: str) -> None:
    first = message(tool_calls=[call()]) if calls else message("a")
    assert collect(read(first, DONE | {"done_reason": reason})).finish_reason == read_as


def test_the_closing_fields_come_with_the_end() -> None:
    closing = {"created_at": "2026-08-21T18:00:00Z", "total_duration": 5, "prompt_eval_count": 2, "new_field": [1]}
    assert read(DONE | closing)[-1] == Finish("stop", Usage(2, None), closing)


def test_fields_of_single_lines_are_opaque_and_those_of_all_lines_begin_the_reply() -> None:
    cloud = {"remote_model": "big", "remote_host": "https://h"}
    assert read(message("a") | cloud | {"new": [1]}, DONE | cloud) == [
        ReplyStart(None, "m", None, cloud),
        ContentDelta("a"),
        Opaque("ollama", '{"new":[1]}'),
        Finish("stop", None, {}),
    ]


def test_the_tokens_of_any_line_come_with_what_they_are_worth() -> None:
    first, second = {"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -0.25, "top_logprobs": []}
    assert read(message("a") | {"logprobs": [first]}, DONE | {"logprobs": [second]})[1:] == [
        ContentDelta("a"),
        Logprobs((first,)),
        Logprobs((second,)),
        Finish("stop", None, {}),
    ]


@pytest.mark.parametrize("strange", [[1], {"content": []}, "x"])
def test_what_is_no_list_of_tokens_stays_as_it_is(strange: Any) -> None:
    assert Opaque("ollama", json_text({"logprobs": strange})) in read(
        message("a") | {"created_at": None, "logprobs": strange}, DONE
    )


@pytest.mark.parametrize(
    ("error", "read_as"),
    [
        ("CUDA error", Error("CUDA error")),
        ({"message": "too long", "code": 400}, Error("too long", "invalid_request_error", 400)),
        ('{"error":{"message":"too long","code":400}}', Error("too long")),
    ],
)
def test_an_error_line_ends_the_reply(error: Any, read_as: Error) -> None:
    assert read(message("a"), {"error": error}, message("b"), DONE)[1:] == [ContentDelta("a"), read_as]
    assert read({"error": error}) == [read_as]


def test_an_error_that_is_null_is_none() -> None:
    assert read(message("a") | {"error": None}, DONE | {"error": None})[1:] == [
        ContentDelta("a"),
        Finish("stop", None, {}),
    ]


@pytest.mark.parametrize("fields", [{"content": 5}, {"content": [1]}, {"thinking": 5}])
def test_text_that_is_none_is_an_error(fields: dict[str, Any]) -> None:
    assert isinstance(read({"message": fields, "done": False}, DONE)[-1], Error)


def test_deep_fields_do_not_stop_the_reply() -> None:
    deep = b"[" * 900 + b"]" * 900
    first = b'{"message":{"content":"a","tool_calls":[{"function":{"name":"f","arguments":{"a":%b}}}]},"x":%b}\n' % (
        deep,
        deep,
    )
    events = events_of("ollama", [first, b'{"done":true,"y":%b}\n' % deep])
    assert ToolCallEnd(0, "broken") in events
    assert isinstance(events[-1], Finish)
    for stream in (True, False):
        assert isinstance(events_of("ollama", [written("ollama", events, stream=stream)], stream=stream)[-1], Finish)


def test_objects_that_are_no_part_of_a_reply_are_passed_over() -> None:
    assert read({"status": "loading"}, message("a"), DONE)[1:] == [ContentDelta("a"), Finish("stop", None, {})]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-08-21T18:00:00.5Z", 1787335200.5),
        ("2026-08-21T18:00:00.123456789Z", 1787335200.123456),
        ("2026-08-21T20:00:00+02:00", 1787335200.0),
        ("0001-01-01T00:00:00Z", -62135596800.0),
        ("yesterday", None),
        (5, None),
        (None, None),
    ],
)
def test_times(text: Any, seconds: float | None) -> None:
    assert read_time(text) == seconds
