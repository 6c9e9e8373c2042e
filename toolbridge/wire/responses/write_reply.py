"""Events into the stream, or the one response, that clients of `/v1/responses` read.

Events are numbered from 0. The reply is a row of items: each call is an item, and so is the text after a call. Calls
may be written side by side, as each piece names its item. The SDKs fail on a piece whose item or part was not added
before, and on ids that change.

A reply that ran into its limit is `incomplete`, and so is a reply with a call that was cut or broken. An error is
written twice: as `error`, which openai-python and openai-js raise because there is an `error` in it, and as
`response.failed`, the only event of the two that Codex reads. An item that the error cut gets no end, as Codex runs a
call that has an end.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from toolbridge.errors import BackendError
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    ReasoningDelta,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
)
from toolbridge.messages import Tool
from toolbridge.wire.base import ReplyContext
from toolbridge.wire.codec import Verbatim, encoded, json_text, object_of, write_json
from toolbridge.wire.openai.write_reply import write_error
from toolbridge.wire.reply_fields import mapping_of
from toolbridge.wire.responses.compaction import KEPT, OBJECT
from toolbridge.wire.responses.envelope import Envelope, constant, error_of
from toolbridge.wire.responses.output import (
    CallItem,
    CompactionItem,
    FreeformItem,
    Item,
    MessageItem,
    ReasoningItem,
    SearchItem,
)
from toolbridge.wire.whole import CUT_SHORT, end_of

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""The reason of an incomplete response, by our finish reason; any other reason completes it."""
_SEALED = "reasoning.encrypted_content"
_PREFIX = "resp_"


class StreamWriter:
    """Writes the events of a response."""

    def __init__(self, context: ReplyContext) -> None:
        request = context.request
        self.response = b"{}"
        """The response as it stands in the last event that holds it."""
        self._constant = constant(request)
        self._tools = {tool.name: tool for tool in request.tools}
        self._sealed = _SEALED in (request.extra.get("include") or ())
        self._compacts = KEPT in request.extra
        self._context = context
        self._envelope: Envelope | None = None
        self._number = 0
        self._output: list[Verbatim | None] = []
        """The items as they ended, in their places; None for an open item."""
        self._open_text: Item | None = None
        """The open item of text or of reasoning."""
        self._calls: dict[int, CallItem | FreeformItem | SearchItem] = {}
        """The items of open calls, by the index of the call."""
        self._has_broken_call = False
        """Whether a call was cut or broken. Only the outcomes of the calls tell this: the stage makes the reason `stop`
        then, as other wires have no word for such an end, and `Finish` has no field beside the reason."""
        self._ended = False

    def feed(self, events: Iterable[Event]) -> bytes:
        """Write these events."""
        out: list[bytes] = []
        for event in events:
            if self._ended:
                break
            if type(event) is ContentDelta and type(self._open_text) is MessageItem:
                self._add(self._open_text, event.text, out)
            else:
                self.take(event, out)
        return b"".join(out)

    def finish(self) -> bytes:
        """The last bytes: an error, if the reply has not ended."""
        return self.feed([Error(CUT_SHORT)])

    def take(self, event: Event, out: list[bytes]) -> None:
        """Write one event of a reply that has not ended."""
        envelope = self._envelope or self._begin(event if isinstance(event, ReplyStart) else ReplyStart(), out)
        if self._compacts and not isinstance(event, Error):
            self._summarise(event, envelope, out)
            return
        match event:
            case ContentDelta(text):
                self._add_text(MessageItem, text, envelope, out)
            case ReasoningDelta(text):
                self._add_text(ReasoningItem, text, envelope, out)
            case ToolCallStart(index, _, name) if name:
                self._close_text("completed", out)
                tool = self._tools.get(name)
                self._calls[index] = call = _kind(tool)(envelope.id, len(self._output), event, tool)
                self._open(call, out)
            case ToolCallArgsDelta(index, piece) if index in self._calls:
                call = self._calls[index]
                if isinstance(call, SearchItem):
                    call.pieces.append(piece)
                elif text := call.read(piece) if isinstance(call, FreeformItem) else piece:
                    self._add(call, text, out)
            case ToolCallEnd(index=index):
                self._end_call(index, out, complete=event.complete)
            case Finish():
                self._finish(event, envelope, out)
            case Error():
                self._fail(event, envelope, out)

    def _summarise(self, event: Event, envelope: Envelope, out: list[bytes]) -> None:
        """Write one event of a reply that is the summary of a conversation. Codex takes no other items beside it."""
        if isinstance(event, ContentDelta):
            if self._open_text is None:
                self._open_text = CompactionItem(envelope.id, len(self._output))
                self._open(self._open_text, out)
            self._open_text.pieces.append(event.text)
        elif isinstance(event, Finish) and (self._open_text is None or not self._open_text.text.strip()):
            self._fail(Error("the model wrote no summary of the conversation"), envelope, out)
        elif isinstance(event, Finish):
            self._finish(event, envelope, out)

    def _begin(self, start: ReplyStart, out: list[bytes]) -> Envelope:
        named = start.id or ""
        response_id = named if named.startswith(_PREFIX) else self._context.new_id(_PREFIX)
        self._envelope = Envelope(self._constant, response_id, self._context.created(start))
        self.response = self._envelope.running()
        for name in ("created", "in_progress"):
            self._write_response(name, out)
        return self._envelope

    def _add_text(
        self, kind: type[MessageItem | ReasoningItem], text: str, envelope: Envelope, out: list[bytes]
    ) -> None:
        item = self._open_text
        if type(item) is not kind:
            self._close_text("completed", out)
            item = kind(envelope.id, len(self._output))
            if isinstance(item, ReasoningItem):
                item.sealed = self._sealed
            self._open(item, out)
            self._open_text = item
        self._add(item, text, out)

    def _close_text(self, status: str, out: list[bytes]) -> None:
        if self._open_text is not None:
            self._close(self._open_text, status, out)
            self._open_text = None

    def _end_call(self, index: int, out: list[bytes], *, complete: bool) -> None:
        self._has_broken_call = self._has_broken_call or not complete
        call = self._calls.pop(index, None)
        if call is None:
            return
        if complete and isinstance(call, FreeformItem):
            if rest := call.rest():
                self._add(call, rest, out)
        elif complete and not call.pieces and not isinstance(call, SearchItem):
            self._add(call, "{}", out)
        self._close(call, "completed" if complete else "incomplete", out)

    def _open(self, item: Item, out: list[bytes]) -> None:
        self._output.append(None)
        for name, fields in item.opening():
            self._event(name, fields, out)
        name, fields = item.piece()
        head = json_text({"type": f"response.{name}", **fields})
        item.head = f'event: response.{name}\ndata: {head[:-1]},"delta":'.encode()

    def _add(self, item: Item, text: str, out: list[bytes]) -> None:
        item.pieces.append(text)
        out += (item.head, encoded(text), b',"sequence_number":%d}\n\n' % self._number)
        self._number += 1

    def _close(self, item: Item, status: str, out: list[bytes]) -> None:
        for name, fields in item.closing(status):
            self._event(name, fields, out)
        self._output[item.place] = Verbatim(json_text(item.body(status)))

    def _event(self, name: str, fields: Mapping[str, Any], out: list[bytes]) -> None:
        kind = name if name == "error" else f"response.{name}"
        data = json_text({"type": kind, "sequence_number": self._number, **fields})
        out.append(f"event: {kind}\ndata: {data}\n\n".encode())
        self._number += 1

    def _write_response(self, name: str, out: list[bytes]) -> None:
        """Write an event that holds the response. Its bytes may be megabytes of tools, and are not encoded again."""
        head = f'event: response.{name}\ndata: {{"type":"response.{name}","sequence_number":{self._number},"response":'
        out += (head.encode(), self.response, b"}\n\n")
        self._number += 1

    def _finish(self, finish: Finish, envelope: Envelope, out: list[bytes]) -> None:
        for index in list(self._calls):
            self._end_call(index, out, complete=False)
        reason = _INCOMPLETE.get(finish.reason)
        self._close_text(word(finish.reason), out)
        status = "incomplete" if self._has_broken_call else word(finish.reason)
        self.response = envelope.ended(self._whole(), finish, self._context.clock(), status=status, incomplete=reason)
        self._write_response(status, out)
        self._ended = True

    def _fail(self, error: Error, envelope: Envelope, out: list[bytes]) -> None:
        fields = error_of(error)
        flat = {name: fields[name] for name in ("code", "message", "param")}
        self._event("error", flat | {"error": fields}, out)
        self.response = envelope.failed(self._whole(), fields)
        self._write_response("failed", out)
        self._ended = True

    def _whole(self) -> list[Verbatim]:
        return [item for item in self._output if item is not None]


def _kind(tool: Tool | None) -> type[CallItem | FreeformItem | SearchItem]:
    """The kind of item for a call of this tool."""
    if tool is None:
        return CallItem
    if tool.searches:
        return SearchItem
    return FreeformItem if tool.freeform is not None else CallItem


def word(reason: str) -> str:
    """The status of a response for our finish reason."""
    return "incomplete" if reason in _INCOMPLETE else "completed"


def compose(events: list[Event], context: ReplyContext) -> bytes:
    """A whole reply as one response, without calls that are not complete, or as the body of its error.

    It is the response that the last event of a stream would hold.
    """
    end = end_of(events)
    if isinstance(end, Error):
        return write_error(end)
    if KEPT in context.request.extra:
        return _compacted(events, context)
    writer = StreamWriter(context)
    whole = {event.index for event in events if isinstance(event, ToolCallEnd) and event.complete}
    for event in events:
        if not isinstance(event, ToolCallStart | ToolCallArgsDelta) or event.index in whole:
            writer.take(event, [])
    return writer.response


def _compacted(events: list[Event], context: ReplyContext) -> bytes:
    """A whole reply that is the summary of a conversation. Raises `BackendError` if it is not whole."""
    writer = StreamWriter(context)
    writer.feed(events)
    response = object_of(writer.response)
    if response["status"] != "completed":
        why = mapping_of(response["error"]).get("message")
        raise BackendError(str(why or "the summary of the conversation is longer than the limit of the reply"))
    users = context.request.extra[KEPT]
    if users is None:
        return writer.response
    kept = [{"type": "message", "id": f"msg_{place}", "status": "completed"} | item for place, item in enumerate(users)]
    head = {"id": response["id"], "object": OBJECT, "created_at": response["created_at"]}
    return write_json(head | {"output": [*kept, *response["output"]], "usage": response["usage"]})
