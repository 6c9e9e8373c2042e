"""Replies of `/v1/responses` into events. The library uses this reader, and tests judge the writer by it.

Items may grow side by side; each piece names the place of its item. A call that ended incomplete waits for the end of
the response, which tells whether the call was cut or is broken. A stream that ends without its last event is an error.
"""

from collections.abc import Mapping
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.events import (
    Error,
    Finish,
    ReplyStart,
    Usage,
)
from toolbridge.frames import Frame, SseFrames
from toolbridge.limits import Limits
from toolbridge.wire.base import Ids
from toolbridge.wire.failures import read_error_value
from toolbridge.wire.freeform import InputArguments
from toolbridge.wire.open_calls import OpenCalls
from toolbridge.wire.reply_fields import mapping_of, seconds_of, text_of, usage_of
from toolbridge.wire.reply_reader import ReplyReader

_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}
_CONTENT = ("response.output_text.delta", "response.refusal.delta")
_REASONING = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")
_CALLS = ("function_call", "custom_tool_call")
_ENDS = ("response.completed", "response.incomplete", "response.failed")


class ResponsesReader(ReplyReader):
    """Reads the events of a stream, or one response."""

    def __init__(self, *, stream: bool, limits: Limits, ids: Ids) -> None:
        self._calls = OpenCalls(limits, ids)
        super().__init__(SseFrames, stream=stream, limits=limits, open_calls=self._calls)
        self._begun = False
        self._texts: dict[int, InputArguments] = {}
        """The open calls of freeform tools, by their places."""

    def _take(self, frame: Frame) -> None:
        body = self._object(frame)
        kind = body.get("type")
        place = index if type(index := body.get("output_index")) is int else -1
        if kind in _CONTENT:
            self._add_content(body.get("delta"))
        elif kind in _REASONING:
            self._add_reasoning(body.get("delta"))
        elif kind == "response.function_call_arguments.delta":
            if place in self._calls:
                self._emit_all(self._calls.add(place, _piece(body.get("delta"))))
        elif kind == "response.custom_tool_call_input.delta":
            if place in self._texts:
                self._emit_all(self._calls.add(place, self._texts[place].feed(_piece(body.get("delta")))))
        elif kind == "response.output_item.added":
            self._start(place, mapping_of(body.get("item")))
        elif kind == "response.output_item.done":
            self._end_item(place, mapping_of(body.get("item")))
        elif kind == "error" or (body.get("error") and body.get("object") != "response"):
            self._end(read_error_value(body.get("error") or body))
        elif body.get("object") == "response":
            self._take_whole(body)
        elif isinstance(body.get("response"), Mapping):
            self._begin(body["response"])
            if kind in _ENDS:
                self._done(body["response"])

    def _begin(self, response: Mapping[str, Any]) -> None:
        if self._begun:
            return
        self._begun = True
        created = seconds_of(response.get("created_at"))
        self._emit(ReplyStart(text_of(response.get("id")), text_of(response.get("model")), created))

    def _start(self, place: int, item: Mapping[str, Any]) -> None:
        if item.get("type") in _CALLS and place not in self._calls:
            if item["type"] == "custom_tool_call":
                self._texts[place] = InputArguments()
            self._emit_all(self._calls.start(place, text_of(item.get("call_id")), text_of(item.get("name")) or ""))

    def _end_item(self, place: int, item: Mapping[str, Any]) -> None:
        if item.get("type") not in _CALLS:
            return
        self._start(place, item)
        whole = item.get("status") != "incomplete"
        text = self._texts.pop(place, None)
        if text is None:
            arguments = _piece(item.get("arguments") or "")
        else:
            # The text may have come in pieces before; then only the end of the arguments is missing.
            rest = "" if text.begun else _piece(item.get("input") or "")
            arguments = (text.feed(rest) if rest else "") + (text.finish() if whole else "")
            self._emit_all(self._calls.add(place, arguments))
        self._emit_all(self._calls.close(place, arguments, whole=whole))

    def _take_whole(self, response: Mapping[str, Any]) -> None:
        """Read a response in one piece, item by item, as if it had been streamed."""
        output = response.get("output")
        if not isinstance(output, list | None):
            raise FrameError("the backend sent output that is no list of items")
        self._begin(response)
        for place, value in enumerate(output or ()):
            item = mapping_of(value)
            if item.get("type") == "message":
                for part in _parts(item.get("content")):
                    if text := part.get("text") or part.get("refusal"):
                        self._add_content(text)
            for part in _parts(item.get("summary")):
                if text := part.get("text"):
                    self._add_reasoning(text)
            self._end_item(place, item)
        self._done(response)

    def _done(self, response: Mapping[str, Any]) -> None:
        if response.get("status") == "failed" or response.get("error"):
            self._end(read_error_value(response.get("error") or response))
            return
        details = mapping_of(response.get("incomplete_details"))
        reason = _REASONS.get(str(details.get("reason")), "stop")
        self._end(Finish(reason, _usage(response.get("usage"))))

    def _close(self) -> None:
        self._end(Error("the backend's reply broke off: it ended before its response did"))


def _usage(usage: Any) -> Usage | None:
    counts = mapping_of(usage)
    return usage_of(counts.get("input_tokens"), counts.get("output_tokens"))


def _parts(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _piece(value: Any) -> str:
    if not isinstance(value, str):
        raise FrameError("the backend sent arguments that are no text")
    return value
