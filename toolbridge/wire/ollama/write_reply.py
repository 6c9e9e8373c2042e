"""Events into the NDJSON lines, or the one object, that Ollama's clients read.

Nothing follows the line with `done: true`. No line is blank. Only the line of an error holds `error`, as ollama-js
raises for `error: null`, too. A call stands whole in a line of its own, before the last line. Numbers that are zero are
left out. A line of plain text is a prefix and a suffix, which are made once, around an encoded string.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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
from toolbridge.wire.base import Clock, ReplyContext
from toolbridge.wire.codec import encoded, json_text, one_line, write_json
from toolbridge.wire.ollama.read_reply import CONSTANT
from toolbridge.wire.whole import CUT_SHORT, all_tokens, complete_calls, gathered, joined, last

_DONE_REASONS = {"tool_calls": "stop", "content_filter": "stop"}
"""Ollama's word for the reasons that it does not know."""
_METRICS = (
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
)
_MOST = 2**63
_NOTE = "\n\n[The answer broke off: {}]"
"""The text that tells of an error where an error line is not wanted."""
_PLAIN = {"model", "created_at", "message", "done", *CONSTANT}


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a message in a line: its text between `before` and `after`, or the whole message by `fields`."""

    before: str
    after: str
    fields: Callable[[Mapping[str, Any]], dict[str, Any]]


IN_MESSAGE = Place('"message":{"role":"assistant","content":', "}", lambda message: {"message": message})
"""The place in lines of `/api/chat`."""


class StreamWriter:
    """Writes the lines of a stream. With `notes` an error becomes a sentence in the text and ends the reply.

    Open WebUI does not show a line with an error. The `done_reason` of a reply that ends so is `error`, never `stop`.
    """

    def __init__(self, context: ReplyContext, place: Place = IN_MESSAGE) -> None:
        self._model = context.request.model
        self._clock = context.clock
        self._notes = context.notes
        self._place = place
        self._prefix = b""
        self._suffix = b""
        self._calls: dict[int, tuple[ToolCallStart, list[str]]] = {}
        self._written = 0
        self._created = ""
        self._ended = False

    def feed(self, events: Iterable[Event]) -> bytes:
        """Write these events."""
        out: list[bytes] = []
        for event in events:
            if self._ended:
                break
            if type(event) is ContentDelta:
                out += (self._prefix or self._begin(), encoded(event.text), self._suffix)
            else:
                self._write(event, out)
        return b"".join(out)

    def finish(self) -> bytes:
        """The last bytes: an error line, if the reply has not ended."""
        return self.feed([Error(CUT_SHORT)])

    def _begin(self, start: ReplyStart | None = None) -> bytes:
        start = start or ReplyStart()
        self._created = write_time(start.created, self._clock)
        head = json_text({"model": self._model, "created_at": self._created})
        tail = json_text({"done": False} | _constant(start))
        self._prefix = f"{head[:-1]},{self._place.before}".encode()
        self._suffix = f"{self._place.after},{tail[1:]}\n".encode()
        return self._prefix

    def _write(self, event: Event, out: list[bytes]) -> None:
        if isinstance(event, ReplyStart):
            self._begin(event)
            return
        prefix = self._prefix or self._begin()
        match event:
            case ReasoningDelta(text):
                out += (prefix, b'"","thinking":', encoded(text), self._suffix)
            case ToolCallStart(index=index):
                self._calls[index] = event, []
            case ToolCallArgsDelta(index, piece) if index in self._calls:
                self._calls[index][1].append(piece)
            case ToolCallEnd(index=index) if index in self._calls:
                start, pieces = self._calls.pop(index)
                if event.complete:
                    call = _call(start, self._written, "".join(pieces))
                    self._written += 1
                    out += (prefix, b'"","tool_calls":[', write_json(call), b"]", self._suffix)
            case Logprobs(tokens):
                out += (prefix, b'""', self._suffix[:-2], b',"logprobs":', write_json(_tokens(tokens)), b"}\n")
            case Opaque("ollama", fields):
                out += (prefix, b'""', self._suffix[:-2], b",", fields[1:].encode("utf-8", "backslashreplace"), b"\n")
            case Finish():
                self._end(event, out)
            case Error(message) if self._notes:
                out += (prefix, encoded(_NOTE.format(message)), self._suffix)
                self._end(Finish("error"), out)
            case Error():
                out += (write_error(event), b"\n")
                self._ended = True

    def _end(self, finish: Finish, out: list[bytes]) -> None:
        message = self._place.fields({"role": "assistant", "content": ""})
        out += (write_json(_done(finish, self._model, self._created, message)), b"\n")
        self._ended = True


def compose(events: list[Event], context: ReplyContext, place: Place = IN_MESSAGE) -> bytes:
    """A whole reply as one object, or as the body of its error."""
    reply = collect(events)
    finish = last(events, Finish)
    if reply.error or not finish:
        return write_error(reply.error or Error(CUT_SHORT))
    start = last(events, ReplyStart) or ReplyStart()
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    if reply.reasoning:
        message["thinking"] = reply.reasoning
    if calls := [_call(call, index, text) for index, (call, text) in enumerate(complete_calls(events))]:
        message["tool_calls"] = calls
    created = write_time(start.created, context.clock)
    body = _done(finish, context.request.model, created, place.fields(message))
    if tokens := all_tokens(events):
        body["logprobs"] = _tokens(tokens)
    for name, value in gathered(events, "ollama").items():
        closing = body.get(name)
        body[name] = value + closing if isinstance(value, list) and isinstance(closing, list) else value
    return write_json(body | _constant(start))


def rewrite(frame: Frame, body: dict[str, Any] | None, events: Iterable[Event]) -> bytes | None:
    """A line with its text and calls replaced by those of `events`, and all else as it was.

    It is empty if the line would hold nothing any more: while a call is held, the client would else get an empty line
    for every token of the call. It is None for a line that holds no object.
    """
    if not body:
        return None
    events = list(events)
    body.pop("error", None)
    content, reasoning = joined(events, ContentDelta), joined(events, ReasoningDelta)
    before = body.get("message")
    message: dict[str, Any] = dict(before) if isinstance(before, Mapping) else {"role": "assistant"}
    message["content"] = content
    calls = [_call(start, start.index, text) for start, text in complete_calls(events)]
    for name, value in (("thinking", reasoning), ("tool_calls", calls)):
        if value:
            message[name] = value
        else:
            message.pop(name, None)
    body["message"] = message
    if finish := last(events, Finish):
        body["done_reason"] = word(finish.reason)
    silent = not content and len(message) <= 2 and not body.get("done")
    if silent and body.keys() <= _PLAIN:
        return b""
    return write_json(body) + (b"\n" if frame.raw.endswith(b"\n") else b"")


def write_error(error: Error) -> bytes:
    """The body of an error answer, and the line that ends a stream."""
    return write_json({"error": error.message})


def word(reason: str) -> str:
    """The `done_reason` of this wire for our finish reason."""
    return _DONE_REASONS.get(reason, reason)


def write_time(seconds: float | None, clock: Clock) -> str:
    """A time in RFC 3339 and UTC, as Go writes it, to the microsecond; the clock's time if `seconds` is no date."""
    try:
        moment = datetime.fromtimestamp(clock() if seconds is None else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        moment = datetime.fromtimestamp(clock(), UTC)
    return moment.isoformat(timespec="microseconds")[:26].rstrip("0").rstrip(".") + "Z"


def _constant(start: ReplyStart) -> dict[str, Any]:
    return {name: start.extra[name] for name in CONSTANT if name in start.extra}


def _tokens(tokens: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tokens as Ollama writes them, without fields that are null."""
    out: list[dict[str, Any]] = []
    for token in tokens:
        entry = {name: token[name] for name in ("token", "logprob", "bytes") if token.get(name) is not None}
        if isinstance(others := token.get("top_logprobs"), list) and others:
            entry["top_logprobs"] = _tokens(other for other in others if isinstance(other, Mapping))
        out.append(entry)
    return out


def _call(start: ToolCallStart, index: int, arguments: str) -> dict[str, Any]:
    function = {"index": index, "name": start.name, "arguments": one_line(arguments)}
    return {"id": start.id, "function": function}


def _done(finish: Finish, model: str, created: str, message: Mapping[str, Any]) -> dict[str, Any]:
    extra = dict(finish.extra)
    own = "created_at" in extra
    body: dict[str, Any] = {
        "model": model,
        "created_at": extra.pop("created_at", created),
        **message,
        "done": True,
        "done_reason": word(finish.reason),
    }
    usage = finish.usage or Usage()
    counts = {"prompt_eval_count": usage.prompt_tokens, "eval_count": usage.completion_tokens}
    for name in _METRICS:
        value = extra.pop(name, None) or counts.get(name)
        if isinstance(value, int | float) and 0 < value < _MOST:
            body[name] = int(value)
    # An `extra` with `created_at` came from this wire, so its other fields go back, too.
    return body | extra if own else body
