"""Replies of an Ollama backend into events.

Calls come whole, with arguments as objects, in a line of their own or in the last line: Ollama has two native paths,
and they differ in this. Indexes are counted here, as some versions number every call 0.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.events import (
    Error,
    Finish,
    Opaque,
    Outcome,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
)
from toolbridge.frames import Frame, NdjsonFrames
from toolbridge.limits import Limits
from toolbridge.wire.base import Ids
from toolbridge.wire.codec import exact, is_object, json_text
from toolbridge.wire.failures import read_error_value
from toolbridge.wire.reply_fields import text_of, usage_of
from toolbridge.wire.reply_reader import ReplyReader

CONSTANT = ("remote_model", "remote_host")
"""Fields that stand in every line of a reply, and so in `ReplyStart.extra`."""
_COMMON = {"model", "created_at", "message", "done", "error", *CONSTANT}
_WITH_TOKENS = _COMMON | {"logprobs"}
_NOT_CLOSING = {"model", "message", "done", "done_reason", "error", "logprobs", *CONSTANT}
_FEWEST = 4
"""The number of fields in every line: model, created_at, message, done."""


class OllamaReader(ReplyReader):
    """Reads the lines of a stream, or one object."""

    def __init__(self, *, stream: bool, limits: Limits, ids: Ids) -> None:
        super().__init__(NdjsonFrames, stream=stream, limits=limits)
        self._ids = ids
        self._begun = False
        self._calls = 0

    def _take(self, frame: Frame) -> None:
        body = self._object(frame)
        if error := body.get("error"):
            self._end(read_error_value(error))
            return
        message = body.get("message")
        done = body.get("done")
        if not self._begun:
            if message is None and not done:
                return
            self._begun = True
            created = read_time(body.get("created_at"))
            self._emit(ReplyStart(None, text_of(body.get("model")), created, _constant(body)))
        if type(message) is dict:
            if thinking := message.get("thinking"):
                self._add_reasoning(thinking)
            if content := message.get("content"):
                if type(content) is str and not self._reasoning:
                    self._content.append(content)
                else:
                    self._add_content(content)
            if message.get("tool_calls"):
                self._take_calls(frame)
        elif message is not None:
            raise FrameError("the backend sent a message that is no object")
        tokens = body.get("logprobs")
        known = _WITH_TOKENS if tokens and self._take_tokens(tokens) else _COMMON
        if done:
            self._finish(body)
        elif len(body) > _FEWEST and (unknown := {key: value for key, value in body.items() if key not in known}):
            self._emit(Opaque("ollama", json_text(unknown)))

    def _take_calls(self, frame: Frame) -> None:
        calls = exact(frame)["message"]["tool_calls"]
        if not isinstance(calls, list):
            raise FrameError("the backend sent tool_calls that are no list")
        for call in calls:
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict):
                raise FrameError("the backend sent a tool call without a function")
            name = text_of(function.get("name")) or ""
            arguments, outcome = _arguments(function.get("arguments"))
            index = self._calls
            self._calls += 1
            self._emit(ToolCallStart(index, text_of(call.get("id")) or self._ids(), name))
            if arguments:
                self._emit(ToolCallArgsDelta(index, arguments))
            self._emit(ToolCallEnd(index, outcome if name else "broken"))

    def _finish(self, body: dict[str, Any]) -> None:
        reason = text_of(body.get("done_reason")) or "stop"
        usage = usage_of(body.get("prompt_eval_count"), body.get("eval_count"))
        extra = {key: value for key, value in body.items() if key not in _NOT_CLOSING}
        self._end(Finish(reason, usage, extra))

    def _close(self) -> None:
        self._end(Error("the backend's reply broke off: its last line, with done: true, did not come"))


def _arguments(value: Any) -> tuple[str, Outcome]:
    if value is None or value == "":
        return "{}", "complete"
    text = value.strip() if isinstance(value, str) else json_text(value)
    return text, "complete" if is_object(text) else "broken"


def _constant(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in CONSTANT if name in body}


def read_time(value: Any) -> float | None:
    """Unix seconds of an RFC 3339 time, to the microsecond; None for anything else."""
    try:
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
