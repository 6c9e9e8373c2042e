"""The golden exchanges of `/v1/responses`, from backends of other wires whose bytes come in pieces of any size."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.wire.exchanges import pieces
from tests.wire.responses.heard import events_of, heard
from toolbridge.translate import StreamTranslator, translate_reply, translate_request
from toolbridge.wire.responses.read_request import read_request

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "responses"
NAMES = ["stream_function", "stream_recommended", "stream_text"]
CREATED = 1787335200
ARGUMENTS = {"city": "Oslo"}
THOUGHT = "Use the tool."
OURS = {"tools", "top_p", "temperature", "presence_penalty", "frequency_penalty"}
"""Fields in which a response tells more than Ollama's does, or less where nobody knows."""
UNKNOWN_TO_OLLAMA = ("response.reasoning_summary_part.added", "response.reasoning_summary_part.done")


def golden(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    record = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return record["request"]["body"], [chunk["data"] for chunk in record["response"]["chunks"]]


def of_ollama(*, text: bool) -> bytes:
    """Ollama's reply with a text, or with a thought and a call."""
    head: dict[str, Any] = {"model": "qwen3:8b", "created_at": "2026-08-21T18:00:00Z"}
    call = {"id": "call_a1b2c3d4", "function": {"index": 0, "name": "get_weather", "arguments": ARGUMENTS}}
    says: list[dict[str, Any]] = [{"content": "Hi"}] if text else [{"thinking": THOUGHT}, {"tool_calls": [call]}]
    lines = [head | {"message": {"role": "assistant", "content": ""} | one, "done": False} for one in says]
    counts = {"prompt_eval_count": 26, "eval_count": 12}
    end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    lines.append(head | end | counts)
    return "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines).encode()


def of_openai(*, text: bool) -> bytes:
    """The same of a server of OpenAI's wire."""
    head: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": "qwen3:8b",
    }
    function = {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
    call = {"index": 0, "id": "call_a1b2c3d4", "type": "function", "function": function}
    says: list[dict[str, Any]] = [{"content": "Hi"}] if text else [{"reasoning": THOUGHT}, {"tool_calls": [call]}]
    reason = "stop" if text else "tool_calls"
    deltas: list[dict[str, Any]] = [
        *({"delta": one, "finish_reason": None} for one in says),
        {"delta": {}, "finish_reason": reason},
    ]
    chunks: list[Any] = [head | {"choices": [{"index": 0} | delta]} for delta in deltas]
    chunks.append(head | {"choices": [], "usage": {"prompt_tokens": 26, "completion_tokens": 12, "total_tokens": 38}})
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"


BACKENDS = {"ollama": of_ollama, "openai": of_openai}


def answered(name: str, source: str, size: int) -> bytes:
    """The stream that the client of a golden request gets from a backend whose bytes come in pieces of this size."""
    body, _ = golden(name)
    numbers = count()
    translator = StreamTranslator(
        source,
        "responses",
        request=read_request(body | {"include": ["reasoning.encrypted_content"]}),
        clock=lambda: CREATED + 1,
        ids=lambda: f"call_new{next(numbers)}",
    )
    parts = pieces(BACKENDS[source](text=name == "stream_text"), size)
    return b"".join(map(translator.feed, parts)) + translator.finish()


def compared(events: list[dict[str, Any]], *, numbered: bool = True) -> list[Any]:
    """Events with ids as the order in which they first came."""
    names: dict[str, str] = {}

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(item) for item in value]
        if not isinstance(value, dict):
            return value
        dropped = (OURS if "object" in value else set()) | (set() if numbered else {"sequence_number"})
        out = {key: named(item) for key, item in value.items() if key not in dropped}
        for key in ("id", "item_id"):
            if key in out:
                out[key] = names.setdefault(out[key], f"id {len(names)}")
        return out

    return [named(event) for event in events]


def holds(ours: Any, theirs: Any) -> bool:
    """Whether everything that they say is said; objects may say more."""
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and all(name in ours and holds(ours[name], theirs[name]) for name in theirs)
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(holds, ours, theirs))
    return bool(ours == theirs)


@pytest.mark.parametrize("size", [1, 7, 11, 1 << 20])
@pytest.mark.parametrize("source", BACKENDS)
@pytest.mark.parametrize("name", ["stream_recommended", "stream_text"])
def test_a_golden_stream_is_written_event_for_event(name: str, source: str, size: int) -> None:
    _, theirs = golden(name)
    ours = events_of(answered(name, source, size))
    assert [event["type"] for event in ours] == [event["type"] for event in theirs]
    for our, their in zip(compared(ours), compared(theirs), strict=True):
        assert holds(our, their), (our, their)


@pytest.mark.parametrize("size", [1, 7, 11])
@pytest.mark.parametrize("source", BACKENDS)
def test_ollamas_stream_is_written_with_the_parts_that_it_leaves_out(source: str, size: int) -> None:
    _, theirs = golden("stream_function")
    ours = [
        event
        for event in events_of(answered("stream_function", source, size))
        if event["type"] not in UNKNOWN_TO_OLLAMA
    ]
    assert len(ours) == len(theirs)
    for our, their in zip(compared(ours, numbered=False), compared(theirs, numbered=False), strict=True):
        assert holds(our, their), (our, their)


@pytest.mark.parametrize("source", BACKENDS)
def test_a_reply_in_one_piece_says_what_the_stream_says(source: str) -> None:
    translator = StreamTranslator(
        source,
        "responses",
        request=read_request({"model": "qwen3:8b", "input": "Weather in Oslo?"}),
        clock=lambda: CREATED + 1,
    )
    one = json.loads(translator.feed(of(source)) + translator.finish())
    streamed = heard(answered("stream_function", source, 1 << 20)).response
    assert [(item["type"], item.get("arguments")) for item in one["output"]] == [
        (item["type"], item.get("arguments")) for item in streamed["output"]
    ]
    assert {name: one[name] for name in ("status", "usage", "model", "created_at", "completed_at")} == {
        name: streamed[name] for name in ("status", "usage", "model", "created_at", "completed_at")
    }


def of(source: str) -> bytes:
    return BACKENDS[source](text=False)


@pytest.mark.parametrize("name", NAMES)
def test_golden_requests_reach_backends_of_both_wires(name: str) -> None:
    body, _ = golden(name)
    for target in BACKENDS:
        sent = translate_request(body, "responses", target)
        assert sent["messages"] == [{"role": "user", "content": body["input"]}]
        assert (sent["model"], sent["stream"]) == ("qwen3:8b", True)
        functions = [tool["function"] for tool in sent.get("tools", ())]
        assert [one["parameters"] for one in functions] == [tool["parameters"] for tool in body.get("tools", ())]


def test_a_reply_is_translated_by_the_library() -> None:
    message = {"role": "assistant", "content": "Hi"}
    reply = {"model": "m", "message": message, "done": True, "done_reason": "length"}
    out = translate_reply(reply, "ollama", "responses")
    assert (out["object"], out["status"], out["output"][0]["content"][0]["text"]) == ("response", "incomplete", "Hi")
