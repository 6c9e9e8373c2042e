"""Puts the pieces of tool calls together, however a backend numbers the calls.

OpenAI sends `index` with every piece, and id, type and name once. Other servers send no index; or index 0 for every
call, each with its own id (LM Studio, several gateways); or id and name again with every piece (vLLM); or whole calls
without index and id.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.events import Event, Outcome, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.json_text import BadJson, JsonText
from toolbridge.limits import Limits
from toolbridge.wire.base import Ids
from toolbridge.wire.codec import is_object
from toolbridge.wire.freeform import InputArguments
from toolbridge.wire.reply_fields import count_of, mapping_of, text_of


class _Call:
    __slots__ = ("_json", "_read", "ended", "id", "index", "name", "pieces", "size", "text")

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.name = ""
        self.index = -1
        self.pieces: list[str] = []
        self.size = 0
        self.ended = False
        self.text: InputArguments | None = None
        """Set for the call of a freeform tool, which is a text and has no arguments."""
        self._json: JsonText | None = JsonText()
        self._read = 0

    def balanced(self) -> bool:
        """Whether the arguments are a whole value by now. Each piece is read once, however often this is called."""
        while self._json and not self._json.ended and self._read < len(self.pieces):
            piece = self.pieces[self._read]
            self._read += 1
            try:
                self._json.feed(piece, 0, len(piece))
                self._json.taken()
            except BadJson:
                self._json = None
        return self._json is not None and self._json.ended


class Fragments:
    """The calls of one reply."""

    def __init__(self, limits: Limits, ids: Ids) -> None:
        self._limit = limits.call
        self._ids = ids
        self._count = 0
        self._open: list[_Call] = []
        self._by_key: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None

    def take(self, fragment: Mapping[str, Any], arguments: str) -> Iterator[Event]:
        """Take an entry of a delta's `tool_calls`, with its arguments as text.

        Raises `FrameError` if the call becomes longer than `limits.call`.
        """
        own = mapping_of(fragment.get("custom"))
        name = text_of((own or mapping_of(fragment.get("function"))).get("name")) or ""
        key = count_of(fragment.get("index"))
        call_id = text_of(fragment.get("id")) or ""
        call = self._find(key, call_id, name, arguments)
        if call is None:
            yield from self._close_balanced()
            call = self._new(key, call_id)
        if call.ended:
            return
        if own:
            call.text = call.text or InputArguments()
            text = text_of(own.get("input"))
            arguments = call.text.feed(text) if text else ""
        if call_id and not call.id:
            call.id = call_id
            self._by_id[call_id] = call
        if name and not call.name:
            call.name = name
            yield self._start(call)
            for piece in call.pieces:
                yield ToolCallArgsDelta(call.index, piece)
        if arguments:
            call.pieces.append(arguments)
            call.size += len(arguments)
            if call.size > self._limit:
                raise FrameError("the backend sent a tool call that is longer than limits.call allows")
            if call.name:
                yield ToolCallArgsDelta(call.index, arguments)

    def finish(self, incomplete: Outcome) -> Iterator[Event]:
        """End the open calls. A call that is not whole gets the outcome `incomplete`."""
        for call in self._open:
            yield from self._end(call, incomplete)
        self._open.clear()

    def _find(self, key: int | None, call_id: str, name: str, arguments: str) -> _Call | None:
        """The call to which a piece belongs; None if the piece begins a call."""
        if call_id and (same := self._by_id.get(call_id)):
            return same
        call = self._last if key is None else self._by_key.get(key)
        if call is None or not name or not call.name:
            return call
        if call_id and call.id:
            return None
        # The name comes again without an id: this is the next call, or the server repeats the name in every piece.
        another = name != call.name or (bool(arguments) and call.balanced())
        return None if another else call

    def _new(self, key: int | None, call_id: str) -> _Call:
        call = _Call(call_id)
        self._open.append(call)
        self._last = call
        if key is not None:
            self._by_key[key] = call
        if call_id:
            self._by_id[call_id] = call
        return call

    def _start(self, call: _Call) -> ToolCallStart:
        call.index = self._count
        self._count += 1
        if not call.id:
            call.id = self._ids()
        return ToolCallStart(call.index, call.id, call.name)

    def _close_balanced(self) -> Iterator[Event]:
        """End the calls that are whole when another call begins: they need not wait for the end of the reply."""
        still = []
        for call in self._open:
            if call.name and call.balanced():
                yield from self._end(call, "broken")
            else:
                still.append(call)
        self._open = still

    def _end(self, call: _Call, incomplete: Outcome) -> Iterator[Event]:
        call.ended = True
        if not call.name:
            # No client can execute a call without a name, but it must see that there was a call.
            yield self._start(call)
            yield ToolCallEnd(call.index, "broken")
            return
        if call.text is not None and incomplete != "truncated":
            end = call.text.finish()
            call.pieces.append(end)
            yield ToolCallArgsDelta(call.index, end)
        text = "".join(call.pieces)
        call.pieces.clear()
        if not text:
            text = "{}"
            yield ToolCallArgsDelta(call.index, text)
        outcome: Outcome = "complete" if is_object(text) else incomplete
        yield ToolCallEnd(call.index, outcome)
