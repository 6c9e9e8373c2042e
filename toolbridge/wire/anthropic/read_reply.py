"""Replies of a backend of Anthropic's wire into events.

An open block is known by its number. Text, thinking and calls are read; blocks of other kinds are skipped. A call whose
arguments are not whole at the end of its block waits for the stop reason, which tells whether the call was cut or is
broken. `message_stop` may be missing behind a stop reason; a stream that ends without a stop reason is an error.
"""

from collections.abc import Mapping
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.events import (
    Error,
    Finish,
    ReasoningEnd,
    ReplyStart,
    Usage,
)
from toolbridge.frames import Frame, SseFrames
from toolbridge.limits import Limits
from toolbridge.wire.anthropic.failures import read_stream_error
from toolbridge.wire.base import Ids
from toolbridge.wire.codec import exact, json_text
from toolbridge.wire.open_calls import OpenCalls
from toolbridge.wire.reply_fields import mapping_of, text_of, usage_of
from toolbridge.wire.reply_reader import ReplyReader

REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""Counts whose sum is the number of tokens in the prompt."""


class AnthropicReader(ReplyReader):
    """Reads the events of a stream, or one message."""

    def __init__(self, *, stream: bool, limits: Limits, ids: Ids) -> None:
        self._calls = OpenCalls(limits, ids)
        super().__init__(SseFrames, stream=stream, limits=limits, open_calls=self._calls)
        self._begun = False
        self._reason = ""
        self._stop: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._signatures: dict[Any, str] = {}
        """The signatures of the open thinking blocks."""

    def _take(self, frame: Frame) -> None:
        body = self._object(frame)
        match body.get("type"):
            case "message_start":
                self._begin(body.get("message"))
            case "content_block_start":
                self._start(_index(body), body.get("content_block"), frame)
            case "content_block_delta":
                self._take_delta(_index(body), body.get("delta"))
            case "content_block_stop":
                self._end_block(_index(body))
            case "message_delta":
                self._take_stop(mapping_of(body.get("delta")), body.get("usage"))
            case "message_stop":
                self._done()
            case "message":
                self._take_whole(body, frame)
            case _ if frame.event == "error" or body.get("error"):
                self._end(read_stream_error(body.get("error") or body))

    def _begin(self, message: Any) -> None:
        if not isinstance(message, Mapping):
            raise FrameError("the backend sent a message that is no object")
        self._begun = True
        usage = message.get("usage")
        self._count(usage)
        extra = {"input_usage": usage} if isinstance(usage, Mapping) else {}
        self._emit(ReplyStart(text_of(message.get("id")), text_of(message.get("model")), None, extra))

    def _start(self, key: Any, block: Any, frame: Frame) -> None:
        if not isinstance(block, Mapping):
            raise FrameError("the backend sent a content block that is no object")
        match block.get("type"):
            case "text":
                if text := block.get("text"):
                    self._add_content(text)
            case "thinking":
                self._signatures[key] = text_of(block.get("signature")) or ""
                if thinking := block.get("thinking"):
                    self._add_reasoning(thinking)
            case "tool_use":
                arguments = json_text(exact(frame)["content_block"]["input"]) if block.get("input") else ""
                self._open_call(key, block, arguments)

    def _open_call(self, key: Any, block: Mapping[str, Any], arguments: str) -> None:
        self._emit_all(self._calls.start(key, text_of(block.get("id")), text_of(block.get("name")) or "", arguments))

    def _take_delta(self, key: Any, delta: Any) -> None:
        if not isinstance(delta, Mapping):
            raise FrameError("the backend sent a delta that is no object")
        match delta.get("type"):
            case "text_delta":
                if text := delta.get("text"):
                    self._add_content(text)
            case "thinking_delta":
                if thinking := delta.get("thinking"):
                    self._add_reasoning(thinking)
            case "signature_delta":
                self._signatures[key] = text_of(delta.get("signature")) or ""
            case "input_json_delta":
                piece = delta.get("partial_json")
                if not isinstance(piece, str):
                    raise FrameError("the backend sent arguments that are no text")
                self._emit_all(self._calls.add(key, piece))

    def _end_block(self, key: Any) -> None:
        signature = self._signatures.pop(key, "")
        if signature:
            self._emit(ReasoningEnd(signature))
        self._emit_all(self._calls.close(key))

    def _take_stop(self, stop: Mapping[str, Any], usage: Any) -> None:
        self._reason = text_of(stop.get("stop_reason")) or self._reason
        self._stop = {name: stop[name] for name in ("stop_reason", "stop_sequence") if stop.get(name) is not None}
        self._count(usage)

    def _count(self, usage: Any) -> None:
        if isinstance(usage, Mapping):
            self._usage |= {name: value for name, value in usage.items() if value is not None}

    def _take_whole(self, body: dict[str, Any], frame: Frame) -> None:
        """Read a message in one piece, block by block, as if it had been streamed."""
        blocks = body.get("content")
        if not isinstance(blocks, list | None):
            raise FrameError("the backend sent content that is no list of blocks")
        self._begin(body)
        exact_body: Any = None
        for key, block in enumerate(blocks or ()):
            if isinstance(block, Mapping) and block.get("type") == "tool_use":
                exact_body = exact_body or exact(frame)
                self._open_call(key, block, json_text(exact_body["content"][key].get("input") or {}))
            else:
                self._start(key, block, frame)
            self._end_block(key)
        self._take_stop(body, body.get("usage"))
        self._done()

    def _done(self) -> None:
        if not (self._begun or self._reason):
            self._end(Error("the backend ended its reply before it began"))
            return
        reason = REASONS.get(self._reason, "stop")
        extra: dict[str, Any] = dict(self._stop)
        if self._usage:
            extra["usage"] = self._usage
        self._end(Finish(reason, self._counted(), extra))

    def _counted(self) -> Usage | None:
        prompt = [value for name in _COUNTS if type(value := self._usage.get(name)) is int]
        return usage_of(sum(prompt) if prompt else None, self._usage.get("output_tokens"))

    def _close(self) -> None:
        if self._reason:
            self._done()
            return
        self._end(Error("the backend's reply broke off: it ended without a stop reason"))


def _index(body: Mapping[str, Any]) -> int | None:
    """The number of a content block, by which open calls and signatures are found."""
    index = body.get("index")
    if index is None or type(index) is int:
        return index
    raise FrameError("the backend sent an index that is no integer")
