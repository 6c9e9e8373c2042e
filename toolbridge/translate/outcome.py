"""How far one reply has come, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolbridge.events import Error, Event, Finish, ReplyStart
from toolbridge.translate.watch import Watch


@dataclass(slots=True)
class Outcome:
    """The state of a reply while it is translated."""

    begun: bool = False
    """Whether the backend's first complete frame has been read. Before that, the reply may still be an error."""
    spoke: bool = False
    """Whether more than the frame of a start has been read: text, reasoning, a call, or the end."""
    ended: bool = False
    """Whether the reply is over; further bytes are not a part of it."""
    cut: bool = False
    """Whether the bridge ended the reply before the backend did, which may then be stopped."""
    end: Finish | Error | None = None
    """The event that ended the reply."""
    watch: Watch | None = None
    """Looks for the call that a reply must make."""

    def note(self, events: Sequence[Event], out: Sequence[Event]) -> None:
        """Note how far the reply is, and its end if the stage put it into `out`; `events` are what the stage got."""
        self.spoke = self.spoke or any(type(event) is not ReplyStart for event in events)
        if self.watch is not None:
            self.watch.note(out)
        last = out[-1] if out else None
        if type(last) is Finish or type(last) is Error:
            self.ended = True
            self.cut = not isinstance(events[-1], Finish | Error)
            self.end = last
