"""The open calls of a reply, on wires that number the parts of a reply and name the part in each piece.

Anthropic's wire numbers content blocks, `/v1/responses` items. OpenAI's chunks have a number, too, but servers use it
in many ways: `openai.fragments` reads those.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from toolbridge.errors import FrameError
from toolbridge.events import Event, Outcome, ToolCallArgsDelta, ToolCallEnd, ToolCallStart
from toolbridge.limits import Limits
from toolbridge.wire.base import Ids
from toolbridge.wire.codec import is_object


@dataclass(slots=True)
class _Call:
    index: int
    arguments: str
    """The arguments, if no pieces of them come."""
    pieces: list[str] = field(default_factory=list)
    size: int = 0


class OpenCalls:
    """The calls of one reply, each at a place of the wire's own numbering."""

    def __init__(self, limits: Limits, ids: Ids) -> None:
        self._most = limits.call
        self._ids = ids
        self._open: dict[Hashable, _Call] = {}
        self._partial: list[_Call] = []
        """Calls that were closed, but whose arguments are not a whole object."""
        self._count = 0

    def __contains__(self, place: Hashable) -> bool:
        """Whether a call is open at this place."""
        return place in self._open

    def start(self, place: Hashable, call_id: str | None, name: str, arguments: str = "") -> Iterator[Event]:
        """Begin a call. `arguments` are those that stood at its start; they hold if no pieces come."""
        self._open[place] = call = _Call(self._count, arguments)
        self._count += 1
        yield ToolCallStart(call.index, call_id or self._ids(), name)

    def add(self, place: Hashable, piece: str) -> Iterator[Event]:
        """Add a piece of arguments to the call at this place, if a call is open there.

        Raises `FrameError` if the call becomes longer than `limits.call`.
        """
        call = self._open.get(place)
        if call is None or not piece:
            return
        call.size += len(piece)
        if call.size > self._most:
            raise FrameError("the backend sent a tool call that is longer than limits.call allows")
        call.pieces.append(piece)
        yield ToolCallArgsDelta(call.index, piece)

    def close(self, place: Hashable, arguments: str = "", *, whole: bool = True) -> Iterator[Event]:
        """End the call at this place, if a call is open there. `whole` is false if the backend cut the call.

        `arguments` are those that stood at its end; they hold if no pieces came.
        """
        call = self._open.get(place)
        if call is None:
            return
        if not call.pieces:
            yield from self.add(place, arguments or call.arguments or ("{}" if whole else ""))
        del self._open[place]
        if whole and is_object("".join(call.pieces)):
            yield ToolCallEnd(call.index)
        else:
            self._partial.append(call)

    def finish(self, incomplete: Outcome) -> Iterator[Event]:
        """End the reply: calls that are open, or not whole, get the outcome `incomplete`."""
        for call in (*self._partial, *self._open.values()):
            yield ToolCallEnd(call.index, incomplete)
        self._partial.clear()
        self._open.clear()
