"""A call that has begun and not ended: its held arguments, and whether it only repeats the prompt's example."""

import json
from collections import Counter
from collections.abc import Iterable

from toolbridge.events import Event, Outcome, ToolCall, ToolCallArgsDelta, ToolCallEnd
from toolbridge.messages import Tool
from toolbridge.pieces import Pieces

_ROOM = 2
"""How many times as long as the example a call's arguments may grow before they are certainly no copy of it."""


class OpenCall:
    """The call at hand. It must end before the position `limit` of the reply.

    A call that is `dropped` leaves no event.
    """

    __slots__ = ("_copy_room", "_originals", "dropped", "held", "index", "limit", "tolerances", "tool")

    def __init__(
        self, index: int, tool: Tool | None, limit: int, *, dropped: bool, originals: Iterable[ToolCall]
    ) -> None:
        self.index = index
        self.tool = tool
        self.limit = limit
        self.dropped = dropped
        self.tolerances: Counter[str] = Counter()
        self._originals = tuple(originals)
        self._copy_room = _ROOM * max((len(one.arguments_json) for one in self._originals), default=0)
        self.held: Pieces | None = None
        """Arguments that may not leave yet."""

    @property
    def may_copy(self) -> bool:
        """Whether the call may still turn out to repeat the example."""
        return bool(self._originals)

    def hold(self) -> None:
        """Keep the arguments from here on."""
        self.held = Pieces()

    def outgrown(self) -> bool:
        """Whether the call has just become too long to repeat the example. From then on it is an ordinary call."""
        if not self._originals or self.held is None or self.held.length <= self._copy_room:
            return False
        self._originals = ()
        return True

    def is_copy(self) -> bool:
        """Whether its arguments are those of the example."""
        if not self._originals or self.held is None:
            return False
        try:
            arguments = json.loads(self.held.text())
        except ValueError:
            return False
        return any(one.arguments == arguments for one in self._originals)

    def released(self) -> list[Event]:
        """The held arguments as an event. Nothing is held from here on."""
        held, self.held = self.held, None
        return [ToolCallArgsDelta(self.index, held.text())] if held is not None and held.length else []

    def ended(self, outcome: Outcome) -> ToolCallEnd:
        """The event of its end."""
        return ToolCallEnd(self.index, outcome, dict(self.tolerances))
