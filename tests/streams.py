"""Replies of a backend, as events and as frames, for the tests of what translates them."""

import json
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.replies import TOOLS
from toolbridge.events import Event, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.reply_parser import ReplyParser

PAIR = '<tool_call>{"name": "now", "arguments": {}}</tool_call>'
OSLO = '<tool_call>{"name": "get_weather", "arguments": {"city":"Oslo"}}</tool_call>'


def parser(dialect: str = "hermes", tools: Any = None, **options: Any) -> ReplyParser:
    numbers = count()
    return ReplyParser(dialect, TOOLS if tools is None else tools, ids=lambda: f"call_{next(numbers)}", **options)


FRAGMENTS = st.sampled_from(
    ["So. ", "a <", "tool_call>", PAIR, OSLO[:40], OSLO[40:], "\n", "</tool_call>", "<think>", "Hm", "```"]
)


def made(index: int, name: str = "made", arguments: str = "{}") -> list[Event]:
    """A call that the backend made."""
    return [ToolCallStart(index, f"b{index}", name), ToolCallArgsDelta(index, arguments), ToolCallEnd(index)]


def called(index: int, number: int = 0, name: str = "now", arguments: str = "{}") -> list[Event]:
    """A call that was read out of the text."""
    return [ToolCallStart(index, f"call_{number}", name), ToolCallArgsDelta(index, arguments), ToolCallEnd(index)]


def ollama(*contents: Any, reason: str = "stop", **fields: Any) -> list[bytes]:
    """Ollama's lines for these texts (or messages), with spaces as no writer of ours makes them, and the last line."""
    head = {"model": "m:1b", "created_at": "2026-08-21T18:00:00.123456789Z"}
    lines = []
    for content in contents:
        message = {"role": "assistant", "content": content} if isinstance(content, str) else content
        lines.append(json.dumps(head | {"message": message, "done": False} | fields).encode() + b"\n")
    last = head | {
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": reason,
        "eval_count": 7,
    }
    return [*lines, json.dumps(last).encode() + b"\n"]


def chunk(delta: dict[str, Any], reason: str | None = None, **fields: Any) -> bytes:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "m"}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return b"data: " + json.dumps(head | {"choices": [choice]} | fields).encode() + b"\n\n"


USAGE = chunk({}, usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}).replace(
    b'[{"index": 0, "delta": {}, "finish_reason": null}]', b"[]"
)
DONE = b"data: [DONE]\n\n"


def openai(*contents: str, reason: str = "stop", last: str | None = None, usage: bool = True) -> list[bytes]:
    """OpenAI's chunks for these texts; the finish chunk has a text of its own where `last` is one."""
    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": content}) for content in contents),
        chunk({} if last is None else {"content": last}, reason),
        *([USAGE] if usage else []),
        DONE,
    ]


FRAMES = {"ollama": ollama, "openai": openai}


def whole_body(wire: str, content: str) -> bytes:
    message = {"role": "assistant", "content": content}
    if wire == "ollama":
        body: Any = {"model": "m", "created_at": "2026-08-21T18:00:00Z", "message": message, "done": True, "x": 1}
        return json.dumps(body | {"done_reason": "stop"}).encode()
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "x": 1}
    ).encode()
