"""Events into the stream of blocks, or the one message, that Anthropic's clients read.

    message_start
    content_block_start, content_block_delta …, content_block_stop      of each block: thinking, text, tool_use
    message_delta                                                       stop reason and usage
    message_stop

The name of an event is also its type: clients skip events without a name. Blocks are numbered from 0 without a gap, and
a block ends before the next begins. So while a call is open, events of other blocks wait (`_Queue`). An error ends the
stream without `message_stop`, and the open block stays open.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    ReasoningDelta,
    ReasoningEnd,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
)
from toolbridge.wire.anthropic.counting import estimated_tokens
from toolbridge.wire.anthropic.failures import write_error
from toolbridge.wire.anthropic.read_reply import REASONS
from toolbridge.wire.base import ReplyContext
from toolbridge.wire.codec import encoded, one_line, write_json
from toolbridge.wire.whole import CUT_SHORT, last

_STOPS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
"""Any other reason, such as Ollama's `load`, becomes `end_turn`."""
_TEXT, _THINKING, _CALL = "text", "thinking", "tool_use"
_STARTS: Mapping[str, Mapping[str, Any]] = {
    _TEXT: {"type": "text", "text": ""},
    _THINKING: {"type": "thinking", "thinking": "", "signature": ""},
}
_CLOSE = b"}}\n\n"
_PREFIX = "msg_"


class StreamWriter:
    """Writes the events of a stream."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._estimate = estimated_tokens(context.request)
        """Tokens of the prompt, for a backend that does not count them. This work grows with the request, so it is done
        here and not in a step of the stream."""
        self._begun = False
        self._ended = False
        self._block = -1
        """The number of the last block."""
        self._kind = ""
        """The type of the open block; empty while no block is open."""
        self._delta = b""
        """The beginning of a delta of the open block, up to its text."""
        self._call = -1
        """The index of the open call."""
        self._empty = True
        """Whether the open call has no arguments yet."""
        self._queue = _Queue()

    def feed(self, events: Iterable[Event]) -> bytes:
        """Write these events."""
        out: list[bytes] = []
        for event in events:
            if self._ended:
                break
            if type(event) is ContentDelta and self._kind == _TEXT:
                out += (self._delta, encoded(event.text), _CLOSE)
            else:
                self._take(event, out)
        return b"".join(out)

    def finish(self) -> bytes:
        """The last bytes: an error, if the reply has not ended."""
        return self.feed([Error(CUT_SHORT)])

    def _take(self, event: Event, out: list[bytes]) -> None:
        if isinstance(event, Error):
            self._release(out)
            out += (b"event: error\ndata: ", write_error(event), b"\n\n")
            self._ended = True
            return
        if not self._begun:
            self._begin(event if isinstance(event, ReplyStart) else ReplyStart(), out)
        if isinstance(event, Finish):
            self._release(out)
            self._close(out)
            self._finish(event, out)
        elif self._kind == _CALL and not self._is_of_open_call(event):
            self._queue.add(event)
        else:
            self._write(event, out)
            self._catch_up(out)

    def _is_of_open_call(self, event: Event) -> bool:
        return isinstance(event, ToolCallArgsDelta | ToolCallEnd) and event.index == self._call

    def _write(self, event: Event, out: list[bytes]) -> None:
        match event:
            case ContentDelta(text):
                self._open(_TEXT, b'"text_delta","text":', out)
                out += (self._delta, encoded(text), _CLOSE)
            case ReasoningDelta(text):
                self._open(_THINKING, b'"thinking_delta","thinking":', out)
                out += (self._delta, encoded(text), _CLOSE)
            case ReasoningEnd(signature) if self._kind == _THINKING:
                self._close(out, signature or "")
            case ToolCallStart(index, call_id, name) if name:
                start = {"type": _CALL, "id": call_id, "name": name, "input": {}}
                self._open(_CALL, b'"input_json_delta","partial_json":', out, start)
                self._call, self._empty = index, True
            case ToolCallArgsDelta(_, piece) if self._kind == _CALL:
                self._empty = False
                out += (self._delta, encoded(piece), _CLOSE)
            case ToolCallEnd():
                if self._kind == _CALL:
                    if self._empty and event.complete:
                        out += (self._delta, b'"{}"', _CLOSE)
                    self._close(out)

    def _open(self, kind: str, delta: bytes, out: list[bytes], start: Mapping[str, Any] | None = None) -> None:
        """Make sure that the open block is of this kind; a call begins a block of its own."""
        if self._kind == kind and start is None:
            return
        self._close(out)
        self._block += 1
        self._kind = kind
        self._delta = (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":%b'
            % (self._block, delta)
        )
        out.append(_event("content_block_start", index=self._block, content_block=start or _STARTS[kind]))

    def _close(self, out: list[bytes], signature: str = "") -> None:
        if not self._kind:
            return
        if self._kind == _THINKING:
            delta = {"type": "signature_delta", "signature": signature}
            out.append(_event("content_block_delta", index=self._block, delta=delta))
        out.append(_event("content_block_stop", index=self._block))
        self._kind = ""

    def _catch_up(self, out: list[bytes]) -> None:
        """Write the events that waited for the end of the call."""
        while self._queue and self._kind != _CALL:
            for waiting in self._queue.next():
                self._write(waiting, out)

    def _release(self, out: list[bytes]) -> None:
        """Write all events that wait, at the end of the reply, also if the open call has not ended."""
        while self._queue:
            self._close(out)
            self._catch_up(out)

    def _begin(self, start: ReplyStart, out: list[bytes]) -> None:
        self._begun = True
        usage = start.extra.get("input_usage")
        tokens = {"input_tokens": self._estimate, "output_tokens": 0}
        body = _head(start, self._context) | {
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage if isinstance(usage, Mapping) else tokens,
        }
        out.append(_event("message_start", message=body))

    def _finish(self, finish: Finish, out: list[bytes]) -> None:
        delta = _stop(finish)
        out.append(_event("message_delta", delta=delta, usage=_usage(finish, self._estimate)))
        out.append(_event("message_stop"))
        self._ended = True


class _Queue:
    """Events that wait for the end of the open call: runs of text, and calls, in the order in which they began."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[Event]] = {}
        """The events by the index of their call; the key of a run of text is below 0."""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, event: Event) -> None:
        if isinstance(event, ToolCallStart | ToolCallArgsDelta | ToolCallEnd):
            self._waiting.setdefault(event.index, []).append(event)
            return
        newest = next(reversed(self._waiting), 0)
        key = newest if newest < 0 else -1 - len(self._waiting)
        self._waiting.setdefault(key, []).append(event)

    def next(self) -> Iterator[Event]:
        """Take the events up to the first call, and the known events of this call: they can be written now."""
        while self._waiting:
            key = next(iter(self._waiting))
            events = self._waiting.pop(key)
            yield from events
            if key >= 0:
                return


def compose(events: list[Event], context: ReplyContext) -> bytes:
    """A whole reply as one message, or as the body of its error."""
    error, finish = last(events, Error), last(events, Finish)
    if error or not finish:
        return write_error(error or Error(CUT_SHORT))
    body = _head(last(events, ReplyStart) or ReplyStart(), context)
    body["content"] = list(_whole_blocks(events))
    return write_json(body | _stop(finish) | {"usage": _usage(finish, estimated_tokens(context.request))})


def _whole_blocks(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """The blocks of a reply, in the order in which they began. Calls that are not complete are left out."""
    blocks: list[tuple[dict[str, Any], list[str]]] = []
    kind = ""
    by_index: dict[int, int] = {}
    for event in events:
        match event:
            case ContentDelta(text) | ReasoningDelta(text):
                wanted = _TEXT if isinstance(event, ContentDelta) else _THINKING
                if kind != wanted:
                    blocks.append((dict(_STARTS[wanted]), []))
                    kind = wanted
                blocks[-1][1].append(text)
            case ReasoningEnd(signature) if kind == _THINKING:
                blocks[-1][0]["signature"] = signature or ""
                kind = ""
            case ToolCallStart(index, call_id, name):
                by_index[index] = len(blocks)
                blocks.append(({"type": _CALL, "id": call_id, "name": name}, []))
                kind = _CALL
            case ToolCallArgsDelta(index, piece) if index in by_index:
                blocks[by_index[index]][1].append(piece)
            case ToolCallEnd(index=index) if index in by_index:
                at = by_index.pop(index)
                if event.complete and blocks[at][0]["name"]:
                    blocks[at][0]["input"] = one_line("".join(blocks[at][1]))
    for block, pieces in blocks:
        if block["type"] != _CALL:
            yield block | {block["type"]: "".join(pieces)}
        elif "input" in block:
            yield block


def _head(start: ReplyStart, context: ReplyContext) -> dict[str, Any]:
    named = start.id or ""
    reply_id = named if named.startswith(_PREFIX) else context.new_id(_PREFIX)
    return {"id": reply_id, "type": "message", "role": "assistant", "model": context.request.model}


def word(reason: str) -> str:
    """The stop reason of this wire for our finish reason."""
    return _STOPS.get(reason, "end_turn")


def _stop(finish: Finish) -> dict[str, Any]:
    """The stop reason and sequence: the backend's own, if they still mean the same as the reason of the stage."""
    backends = finish.extra.get("stop_reason")
    is_true = isinstance(backends, str) and REASONS.get(backends) == finish.reason
    sequence = finish.extra.get("stop_sequence") if is_true else None
    return {"stop_reason": backends if is_true else word(finish.reason), "stop_sequence": sequence}


def _usage(finish: Finish, estimate: int) -> dict[str, Any]:
    """The backend's own usage if it has the shape of this wire; else its counts, and for the prompt the estimate."""
    backends = finish.extra.get("usage")
    if isinstance(backends, Mapping) and "output_tokens" in backends:
        return dict(backends)
    usage = finish.usage
    prompt = usage.prompt_tokens if usage else None
    completion = usage.completion_tokens if usage else None
    return {
        "input_tokens": estimate if prompt is None else prompt,
        "output_tokens": completion or 0,
    }


def _event(name: str, **fields: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), write_json({"type": name} | fields))
