"""Events into the SSE chunks, or the one completion, that OpenAI's clients read.

The SDKs join every string of a delta, so role, id, type and name are written once (openai-python makes
`assistantassistant` of two roles). Calls are numbered from 0 without a gap. The finish chunk has an empty delta, usage
comes in a chunk of its own if the client asked for it, and `[DONE]` is last. An error ends the stream without `[DONE]`.

Whole replies have `content: ""` beside calls, never null: Ollama answers so on this route, all clients take it, and
strict clients fail on null.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from toolbridge.errors import NoCall, NotKept, RequestError
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    Opaque,
    ReasoningDelta,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
)
from toolbridge.frames import Frame
from toolbridge.wire.base import ReplyContext
from toolbridge.wire.codec import encoded, json_text, write_json
from toolbridge.wire.failures import kind_of
from toolbridge.wire.freeform import InputText, freeform_names, text_of_arguments
from toolbridge.wire.openai.read_reply import CONSTANT
from toolbridge.wire.reply_fields import mapping_of
from toolbridge.wire.whole import CUT_SHORT, all_tokens, complete_calls, end_of, gathered, joined, last

_REASONS = {name: name for name in ("stop", "length", "tool_calls", "content_filter")}
"""Any other reason, such as Ollama's `load`, becomes `stop`."""
_FINGERPRINT = "fp_ollama"
_CONTEXT = re.compile(
    r"exceeds? the (available |maximum )?context|context (length|size|window) exceeded|maximum context length"
)
_CODES = frozenset({NoCall.kind, NotKept.kind})
"""Kinds of error that stand in the code on this wire, as clients ask for them there."""
_CONTEXT_CODE = "context_length_exceeded"
"""The code by which agents know that they must shorten the conversation."""
_CLOSE = b'},"finish_reason":null}]}\n\n'
_THOUGHTS = ("reasoning", "reasoning_content", "thinking")
"""The names that servers have for the field of reasoning; ours is the first."""
_REPLACED = ("content", *_THOUGHTS, "tool_calls", "function_call", "refusal")
"""The fields of a delta or a message that hold text or calls."""
DONE = b"data: [DONE]\n\n"


class StreamWriter:
    """Writes the chunks of a stream."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._head: dict[str, Any] = {}
        self._delta = b""
        self._content = b""
        self._indexes: dict[int, int] = {}
        self._empty: set[int] = set()
        self._freeform = freeform_names(context.request)
        self._inputs: dict[int, InputText] = {}
        """The texts of open calls of freeform tools, by the index of the call."""
        self._ended = False

    def feed(self, events: Iterable[Event]) -> bytes:
        """Write these events."""
        out: list[bytes] = []
        for event in events:
            if self._ended:
                break
            if type(event) is ContentDelta and self._content:
                out += (self._content, encoded(event.text), _CLOSE)
            else:
                self._write(event, out)
        return b"".join(out)

    def finish(self) -> bytes:
        """The last bytes: an error, if the reply has not ended."""
        return self.feed([Error(CUT_SHORT)])

    def _begin(self, start: ReplyStart, out: list[bytes]) -> None:
        self._head = _head(start, "chat.completion.chunk", self._context)
        head = json_text(self._head)
        self._delta = f'data: {head[:-1]},"choices":[{{"index":0,"delta":{{'.encode()
        self._content = self._delta + b'"content":'
        out += (self._delta, b'"role":"assistant","content":""', _CLOSE)

    def _write(self, event: Event, out: list[bytes]) -> None:
        if isinstance(event, Error):
            out += (b"data: ", write_error(event), b"\n\n")
            self._ended = True
            return
        if not self._delta:
            self._begin(event if isinstance(event, ReplyStart) else ReplyStart(), out)
        delta = self._delta
        match event:
            case ContentDelta(text):
                out += (self._content, encoded(text), _CLOSE)
            case ReasoningDelta(text):
                out += (delta, b'"reasoning":', encoded(text), _CLOSE)
            case ToolCallStart(index, call_id, name) if name:
                self._indexes[index] = number = len(self._indexes)
                if name in self._freeform:
                    self._inputs[index] = InputText()
                    out += (delta, _freeform_call(number, call_id, name), _CLOSE)
                else:
                    self._empty.add(index)
                    out += (delta, _call(number, call_id, name), _CLOSE)
            case ToolCallArgsDelta(index, piece) if index in self._inputs:
                self._add_input(index, self._inputs[index].feed(piece), out)
            case ToolCallEnd(index=index) if index in self._inputs:
                rest = self._inputs.pop(index).finish()
                self._add_input(index, rest if event.complete else "", out)
            case ToolCallArgsDelta(index, piece) if index in self._indexes:
                self._empty.discard(index)
                out += (delta, _arguments(self._indexes[index], encoded(piece)), _CLOSE)
            case ToolCallEnd(index=index) if index in self._empty and event.complete:
                out += (delta, _arguments(self._indexes[index], b'"{}"'), _CLOSE)
            case Logprobs(tokens):
                out += (delta, b'},"logprobs":', write_json(_logprobs(tokens)), b',"finish_reason":null}]}\n\n')
            case Opaque("openai", fields):
                out += (delta, b"},", fields[1:-1].encode("utf-8", "backslashreplace"), b',"finish_reason":null}]}\n\n')
            case Finish():
                self._finish(event, out)

    def _add_input(self, index: int, text: str, out: list[bytes]) -> None:
        if text:
            entry = b'"tool_calls":[{"index":%d,"custom":{"input":%b}}]' % (self._indexes[index], encoded(text))
            out += (self._delta, entry, _CLOSE)

    def _finish(self, finish: Finish, out: list[bytes]) -> None:
        reason = word(finish.reason)
        out += (self._delta, b'},"finish_reason":', encoded(reason), b"}]}\n\n")
        if self._context.request.include_usage:
            out += (b"data: ", write_json(self._head | {"choices": [], "usage": _usage(finish)}), b"\n\n")
        out.append(DONE)
        self._ended = True


def compose(events: list[Event], context: ReplyContext) -> bytes:
    """A whole reply as one completion, or as the body of its error."""
    end = end_of(events)
    if isinstance(end, Error):
        return write_error(end)
    reply = collect(events)
    head = _head(last(events, ReplyStart) or ReplyStart(), "chat.completion", context)
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    if reply.reasoning:
        message["reasoning"] = reply.reasoning
    freeform = freeform_names(context.request)
    if calls := [_whole_call(start, text, freeform) for start, text in complete_calls(events)]:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "finish_reason": word(end.reason)}
    if tokens := all_tokens(events):
        choice["logprobs"] = _logprobs(tokens)
    choice |= gathered(events, "openai")
    return write_json(head | {"choices": [choice], "usage": _usage(end)})


def rewrite(frame: Frame, body: dict[str, Any] | None, events: Iterable[Event]) -> bytes | None:
    """A chunk, or a completion, with its text and calls replaced by those of `events`, and all else as it was.

    It is empty if the chunk would hold nothing any more, and None for a chunk without choices.
    """
    choices = body.get("choices") if body else None
    if body is None or not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    events = list(events)
    choice: dict[str, Any] = choices[0]
    is_whole = frame.raw.lstrip().startswith(b"{")
    if isinstance(choice.get("message"), dict):
        _rewrite_message(choice, events)
        return write_json(body) if is_whole else _chunk(frame, body)
    if is_whole:
        return None
    before = mapping_of(choice.get("delta"))
    delta = {name: value for name, value in before.items() if name not in _REPLACED}
    if "role" in delta:
        delta["content"] = ""
    if content := joined(events, ContentDelta):
        delta["content"] = content
    if reasoning := joined(events, ReasoningDelta):
        delta[_thoughts_field(before)] = reasoning
    if _freeform_calls(before):
        # The server itself takes freeform tools: its calls stay as they are.
        delta["tool_calls"] = before["tool_calls"]
    elif calls := _fragments(events):
        delta["tool_calls"] = calls
    if finish := last(events, Finish):
        choice["finish_reason"] = word(finish.reason)
    if not delta and not choice.get("finish_reason") and not choice.get("logprobs") and not body.get("usage"):
        return b""
    choice["delta"] = delta
    return _chunk(frame, body)


def _chunk(frame: Frame, body: dict[str, Any]) -> bytes:
    """A chunk with this body, in place of a frame."""
    event = f"event: {frame.event}\n".encode() if frame.event else b""
    return event + b"data: " + write_json(body) + b"\n\n"


def write_error(error: Error) -> bytes:
    """The body of an error answer, and the data that ends a stream."""
    kind = kind_of(error.status) if error.kind == "api_error" else error.kind
    code = _CONTEXT_CODE if _CONTEXT.search(error.message) or kind == "exceed_context_size_error" else None
    if kind in _CODES:
        kind, code = RequestError.kind, kind
    return write_json({"error": {"message": error.message, "type": kind, "param": None, "code": code}})


def _rewrite_message(choice: dict[str, Any], events: list[Event]) -> None:
    message = {name: value for name, value in choice["message"].items() if name not in _REPLACED}
    message["content"] = joined(events, ContentDelta)
    if reasoning := joined(events, ReasoningDelta):
        message[_thoughts_field(choice["message"])] = reasoning
    # A server that takes freeform tools itself makes calls of them, which have no arguments.
    freeform = {str(own.get("name")) for own in _freeform_calls(choice["message"])}
    if calls := [_whole_call(start, text, freeform) for start, text in complete_calls(events)]:
        message["tool_calls"] = calls
    choice["message"] = message
    if finish := last(events, Finish):
        choice["finish_reason"] = word(finish.reason)


def _freeform_calls(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The calls of freeform tools in a message or a delta of the server's."""
    calls = message.get("tool_calls")
    found = [mapping_of(call).get("custom") for call in calls] if isinstance(calls, list) else []
    return [own for own in found if isinstance(own, Mapping)]


def _thoughts_field(message: Mapping[str, Any]) -> str:
    """The field in which the server sent reasoning; our own name for it if the server sent no reasoning."""
    return next((name for name in _THOUGHTS if message.get(name)), _THOUGHTS[0])


def _fragments(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The pieces of calls in these events: one entry for each call, as clients take no two entries of an index."""
    entries: dict[int, dict[str, Any]] = {}
    for event in events:
        if isinstance(event, ToolCallStart):
            function = {"name": event.name, "arguments": ""}
            entries[event.index] = {"index": event.index, "id": event.id, "type": "function", "function": function}
        elif isinstance(event, ToolCallArgsDelta):
            entry = entries.setdefault(event.index, {"index": event.index, "function": {"arguments": ""}})
            entry["function"]["arguments"] += event.json
    return list(entries.values())


def _head(start: ReplyStart, kind: str, context: ReplyContext) -> dict[str, Any]:
    return {
        "id": start.id or context.new_id("chatcmpl-"),
        "object": kind,
        "created": context.created(start),
        "model": context.request.model,
        "system_fingerprint": _FINGERPRINT,
    } | {name: start.extra[name] for name in CONSTANT if name in start.extra}


def _logprobs(tokens: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Tokens with every field that strict clients require."""
    return {"content": [_token(token) | {"top_logprobs": _others(token)} for token in tokens], "refusal": None}


def _others(token: Mapping[str, Any]) -> list[dict[str, Any]]:
    others = token.get("top_logprobs")
    return [_token(other) for other in others if isinstance(other, Mapping)] if isinstance(others, list) else []


def _token(token: Mapping[str, Any]) -> dict[str, Any]:
    return {name: token.get(name) for name in ("token", "logprob", "bytes")}


def _call(index: int, call_id: str, name: str) -> bytes:
    entry = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    return b'"tool_calls":[' + write_json(entry) + b"]"


def _arguments(index: int, text: bytes) -> bytes:
    return b'"tool_calls":[{"index":%d,"function":{"arguments":%b}}]' % (index, text)


def _freeform_call(index: int, call_id: str, name: str) -> bytes:
    entry = {"index": index, "id": call_id, "type": "custom", "custom": {"name": name, "input": ""}}
    return b'"tool_calls":[' + write_json(entry) + b"]"


def _whole_call(start: ToolCallStart, arguments: str, freeform: Collection[str] = ()) -> dict[str, Any]:
    if start.name in freeform:
        own = {"name": start.name, "input": text_of_arguments(arguments)}
        return {"id": start.id, "type": "custom", "custom": own}
    return {"id": start.id, "type": "function", "function": {"name": start.name, "arguments": arguments}}


def word(reason: str) -> str:
    """The finish reason of this wire for ours."""
    return _REASONS.get(reason, "stop")


def _usage(finish: Finish) -> dict[str, Any]:
    """The backend's own usage if it has the shape of this wire; else its counts, or zeros."""
    backends = finish.extra.get("usage")
    if isinstance(backends, Mapping) and "prompt_tokens" in backends:
        return dict(backends)
    usage = finish.usage or Usage()
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
