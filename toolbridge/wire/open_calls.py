"""The calls of a reply that are open, on wires that number what they say and tell where each piece belongs.

Anthropic numbers its content blocks so, `/v1/responses` its items. OpenAI's chunks have a number, too, but servers use
it in many ways: `openai.fragments` reads those.
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
    given: str
    """The arguments for a call that gets no pieces."""
    pieces: list[str] = field(default_factory=list)
    size: int = 0


class OpenCalls:
    """The calls of one reply, each at a place of the wire's own numbering."""

    def __init__(self, limits: Limits, ids: Ids) -> None:
        self._most = limits.call
        self._ids = ids
        self._open: dict[Hashable, _Call] = {}
        self._partial: list[_Call] = []
        """Calls that were closed with arguments that are not one whole object."""
        self._count = 0

    def __contains__(self, place: Hashable) -> bool:
        """Whether a call is open at this place."""
        return place in self._open

    def start(self, place: Hashable, call_id: str | None, name: str, given: str = "") -> Iterator[Event]:
        """A call begins; `given` are its arguments if no piece of them comes."""
        self._open[place] = call = _Call(self._count, given)
        self._count += 1
        yield ToolCallStart(call.index, call_id or self._ids(), name)

    def add(self, place: Hashable, piece: str) -> Iterator[Event]:
        """A piece of arguments for the call at this place, if a call is open there.

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

    def close(self, place: Hashable, given: str = "", *, whole: bool = True) -> Iterator[Event]:
        """The call at this place ends, if one is open; `whole` false says that the backend cut it."""
        call = self._open.get(place)
        if call is None:
            return
        if not call.pieces:
            yield from self.add(place, given or call.given or ("{}" if whole else ""))
        del self._open[place]
        if whole and is_object("".join(call.pieces)):
            yield ToolCallEnd(call.index)
        else:
            self._partial.append(call)

    def finish(self, incomplete: Outcome) -> Iterator[Event]:
        """The reply ends: calls that are open, or not whole, end with the outcome `incomplete`."""
        for call in (*self._partial, *self._open.values()):
            yield ToolCallEnd(call.index, incomplete)
        self._partial.clear()
        self._open.clear()
