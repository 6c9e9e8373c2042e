"""The lines that Ollama's clients get."""

import json
from typing import Any

import pytest

from tests.wire import exchanges
from tests.wire.exchanges import EXCHANGES, NOW, Exchange, events_of, objects, writer, written
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
from toolbridge.frames import Frame
from toolbridge.wire.ollama.write_reply import write_time

CALL = ToolCallStart(0, "call_1", "f"), ToolCallArgsDelta(0, '{"a":'), ToolCallArgsDelta(0, "1}"), ToolCallEnd(0)
CUT = ToolCallStart(0, "call_1", "f"), ToolCallArgsDelta(0, '{"a":'), ToolCallEnd(0, "truncated")
LATER = ToolCallStart(1, "call_2", "g"), ToolCallArgsDelta(1, "{}"), ToolCallEnd(1)


def lines(*events: Event) -> list[Any]:
    return objects(written("ollama", events))


def test_a_line_of_text_has_everything_that_clients_look_for() -> None:
    out = writer("ollama").feed([ReplyStart(created=NOW), ContentDelta('Hi "<é>"\n\u2028')])
    message = '{"role":"assistant","content":"Hi \\"<é>\\"\\n\u2028"}'
    line = f'{{"model":"m","created_at":"2026-08-21T18:00:00.5Z","message":{message},"done":false}}\n'
    assert out == line.encode()


def test_thinking_stands_beside_empty_content() -> None:
    first, *_ = lines(ReasoningDelta("hm"), ReasoningEnd("sealed"), Finish("stop"))
    assert first["message"] == {"role": "assistant", "content": "", "thinking": "hm"}


def test_a_call_leaves_whole_when_it_ends_and_before_the_last_line() -> None:
    out = writer("ollama")
    assert out.feed(CALL[:3]) == b""
    (line,) = objects(out.feed(CALL[3:]))
    assert line["done"] is False
    assert line["message"]["content"] == ""
    assert line["message"]["tool_calls"] == [
        {"id": "call_1", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}
    ]
    (last,) = objects(out.feed([Finish("tool_calls")]))
    assert (last["done"], last["done_reason"], last["message"]) == (True, "stop", {"role": "assistant", "content": ""})


def test_arguments_are_spliced_in_as_they_are_but_for_line_ends() -> None:
    text = '{\n  "b": 1180591620717411303424,\r\n  "a": 1.10, "e": 1e400}'
    out = written("ollama", [CALL[0], ToolCallArgsDelta(0, text), ToolCallEnd(0), Finish("stop")])
    assert b'"arguments":{   "b": 1180591620717411303424,    "a": 1.10, "e": 1e400}}' in out
    assert out.count(b"\n") == 2
    whole = written("ollama", [CALL[0], ToolCallArgsDelta(0, text), ToolCallEnd(0), Finish("stop")], stream=False)
    assert b'"arguments":{   "b": 1180591620717411303424,    "a": 1.10, "e": 1e400}}' in whole


def test_calls_are_numbered_without_a_gap() -> None:
    out = lines(*CUT, *LATER, Finish("tool_calls"))
    assert [call["function"]["index"] for line in out for call in line["message"].get("tool_calls", [])] == [0]


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_that_is_not_complete_is_never_written_as_one(stream: bool) -> None:
    assert b"tool_calls" not in written("ollama", [*CUT, Finish("length")], stream=stream)


@pytest.mark.parametrize(
    ("reason", "word"),
    [("stop", "stop"), ("tool_calls", "stop"), ("length", "length"), ("content_filter", "stop"), ("load", "load")],
)
@pytest.mark.parametrize("stream", [True, False])
def test_reasons(reason: str, word: str, stream: bool) -> None:
    assert objects(written("ollama", [Finish(reason)], stream=stream))[-1]["done_reason"] == word


def test_the_backends_own_metrics_come_back() -> None:
    extra = {"created_at": "2026-08-21T18:00:09.123456789Z", "total_duration": 5, "eval_count": 7, "new_field": [1]}
    last = lines(Finish("stop", Usage(1, 2), extra))[-1]
    assert list(last)[3:] == ["done", "done_reason", "total_duration", "prompt_eval_count", "eval_count", "new_field"]
    assert (last["created_at"], last["prompt_eval_count"], last["eval_count"]) == (extra["created_at"], 1, 7)


def test_of_another_wires_closing_fields_only_the_usage_is_written() -> None:
    last = lines(Finish("stop", Usage(3, 0), {"usage": {"prompt_tokens": 3}, "timings": {}}))[-1]
    assert list(last) == ["model", "created_at", "message", "done", "done_reason", "prompt_eval_count"]


@pytest.mark.parametrize("value", [0, -1, 1e300, "5", None])
def test_metrics_that_would_break_a_client_are_left_out(value: Any) -> None:
    assert "total_duration" not in lines(Finish("stop", None, {"total_duration": value}))[-1]


def test_an_error_is_a_line_of_its_own_and_the_last() -> None:
    assert lines(ContentDelta("Par"), Error("broke"))[1:] == [{"error": "broke"}]
    assert objects(written("ollama", [ContentDelta("Par"), Error("broke")], stream=False)) == [{"error": "broke"}]


def test_no_line_is_blank_and_none_says_error() -> None:
    out = written("ollama", [ReplyStart(), ContentDelta("a"), *CALL, Opaque("openai", '{"x":1}'), Finish("stop")])
    assert b"\n\n" not in out
    assert b"error" not in out


def test_fields_of_the_wire_itself_come_back() -> None:
    start = ReplyStart(extra={"remote_model": "big", "system_fingerprint": "x"})
    events: list[Event] = [
        start,
        ContentDelta("a"),
        Opaque("ollama", '{"logprobs":[1]}'),
        Opaque("ollama", '{"logprobs":[2],"x":1}'),
    ]
    out = lines(*events, Finish("stop"))
    assert [line.get("remote_model") for line in out[:-1]] == ["big"] * 3
    assert [line.get("logprobs") for line in out] == [None, [1], [2], None]
    closing = Finish("stop", None, {"created_at": "2026-08-21T18:00:09Z", "logprobs": [3]})
    (whole,) = objects(written("ollama", [*events, closing], stream=False))
    assert (whole["logprobs"], whole["x"], whole["remote_model"]) == ([1, 2, 3], 1, "big")
    assert "system_fingerprint" not in whole


def test_tokens_are_written_without_what_they_lack() -> None:
    bare = {"token": "a", "logprob": -0.5}
    whole = bare | {"bytes": [97], "top_logprobs": [bare]}
    null = bare | {"bytes": None, "top_logprobs": [], "x": 1}
    events: list[Event] = [ContentDelta("a"), Logprobs((null,)), Logprobs((whole,)), Finish("stop")]
    assert [line["logprobs"] for line in lines(*events) if "logprobs" in line] == [[bare], [whole]]
    (body,) = objects(written("ollama", events, stream=False))
    assert body["logprobs"] == [bare, whole]


def test_a_whole_reply_is_one_object() -> None:
    out = written(
        "ollama",
        [ReplyStart(created=NOW), ReasoningDelta("hm"), ContentDelta("a"), *CALL, Finish("tool_calls", Usage(1, 2))],
        stream=False,
    )
    assert json.loads(out) == {
        "model": "m",
        "created_at": "2026-08-21T18:00:00.5Z",
        "message": {
            "role": "assistant",
            "content": "a",
            "thinking": "hm",
            "tool_calls": [{"id": "call_1", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}],
        },
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 1,
        "eval_count": 2,
    }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1787335200, "2026-08-21T18:00:00Z"),
        (1787335200.123456, "2026-08-21T18:00:00.123456Z"),
        (1787335200.25, "2026-08-21T18:00:00.25Z"),
        (None, "2026-08-21T18:00:00.5Z"),
        (1e300, "2026-08-21T18:00:00.5Z"),
        (float("nan"), "2026-08-21T18:00:00.5Z"),
    ],
)
def test_times(seconds: float | None, text: str) -> None:
    assert write_time(seconds, lambda: NOW) == text


BASIC = {
    "model": "m",
    "created_at": "t",
    "message": {"role": "assistant", "content": "a<b", "thinking": "hm"},
    "done": False,
}


def rewritten(body: dict[str, Any], *events: Event, end: bytes = b"\n") -> Any:
    raw = json.dumps(body).encode() + end
    out = exchanges.rewritten("ollama", Frame(raw.strip(), raw), events)
    assert out is not None
    assert out.endswith(b"\n") == bool(end and out)
    return json.loads(out) if out else None


def test_a_line_is_rewritten_with_all_else_as_it_was() -> None:
    body = BASIC | {"logprobs": [{"logprob": -0.25}], "error": None}
    assert rewritten(body, ContentDelta("x"), ContentDelta("y")) == BASIC | {
        "logprobs": [{"logprob": -0.25}],
        "message": {"role": "assistant", "content": "xy"},
    }
    assert rewritten(BASIC, ReasoningDelta("z"), end=b"")["message"] == {
        "role": "assistant",
        "content": "",
        "thinking": "z",
    }


def test_calls_of_a_rewritten_line_are_those_of_the_events() -> None:
    native = BASIC | {"message": {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "old"}}]}}
    calls = rewritten(native, *CUT, *LATER)["message"]["tool_calls"]
    assert calls == [{"id": "call_2", "function": {"index": 1, "name": "g", "arguments": {}}}]


def test_the_last_line_is_always_kept() -> None:
    done = BASIC | {"done": True, "done_reason": "stop", "total_duration": 5}
    assert rewritten(done, Finish("tool_calls")) == done | {"message": {"role": "assistant", "content": ""}}
    assert rewritten(done, Finish("length"))["done_reason"] == "length"
    assert rewritten(done) == done | {"message": {"role": "assistant", "content": ""}}


def test_a_line_that_has_nothing_left_to_say_is_dropped() -> None:
    assert rewritten(BASIC) is None
    assert rewritten(BASIC | {"remote_model": "big"}) is None
    assert rewritten(BASIC | {"logprobs": []}) is not None


def test_what_is_no_object_has_no_place_for_text() -> None:
    assert exchanges.rewritten("ollama", Frame(b"[1]", b"[1]\n"), []) is None


@pytest.mark.parametrize("one", [one for one in EXCHANGES if one.wire != "ollama"], ids=lambda one: one.name)
@pytest.mark.parametrize("stream", [True, False])
def test_no_line_holds_null_whatever_the_backend_leaves_open(one: Exchange, stream: bool) -> None:
    out = written("ollama", events_of(one.wire, [one.reply], stream=one.stream), stream=stream)
    assert b"null" not in out
    assert objects(out)
