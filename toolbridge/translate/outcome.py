"""How far one reply has come, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolbridge.events import Error, Event, Finish


@dataclass(slots=True)
class Outcome:
    """What is known of a reply while it is translated."""

    begun: bool = False
    """Whether the backend's first complete frame has been read: before it, nothing may be promised to a client."""
    ended: bool = False
    """Whether the reply is over; what else comes is not part of it."""
    cut: bool = False
    """Whether the bridge ended the reply ahead of the backend, which may as well stop."""
    end: Finish | Error | None = None
    """The event that ended it."""

    def note(self, events: Sequence[Event], out: Sequence[Event]) -> None:
        """Look whether a reader's `events`, of which a stage made `out`, are the end."""
        last = out[-1] if out else None
        if type(last) is Finish or type(last) is Error:
            self.ended = True
            self.cut = not isinstance(events[-1], Finish | Error)
            self.end = last
