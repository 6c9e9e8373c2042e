"""How a reply ended that went by unread: its last bytes are kept, and read once it is over.

    ending = Ending("ollama", stream=True, limits=limits)
    ending.see(data)      every piece of it
    ending.read()         Finish, with the tokens that the backend counted; Error; or None where the bytes do not tell

The frames that count are the last ones of a stream, and small. A reply in one piece is read whole or not at all.
"""

from toolbridge.events import Error, Finish
from toolbridge.limits import KIB, Limits
from toolbridge.reply_parser import new_call_id
from toolbridge.translate import ReplyStage
from toolbridge.wire import backend_wire

_STREAM = 4 * KIB
"""Bytes of a stream's end that are kept at least: a finish reason, the usage with timings, a `[DONE]`."""
_WHOLE = 256 * KIB
"""Bytes of the longest reply in one piece that is read."""


class Ending:
    """The end of one reply in a wire's own words."""

    def __init__(self, name: str, *, stream: bool, limits: Limits) -> None:
        spoken = backend_wire(name)
        self._reader = spoken.reader(stream=stream, limits=limits, ids=new_call_id)
        self._border = spoken.frames.END if stream else None
        self._most = _STREAM if stream else _WHOLE
        self._kept = bytearray()
        self._cut = False

    def see(self, data: bytes) -> None:
        """A piece of the reply."""
        self._kept += data
        # Twice as much is let in, so that keeping costs the same for each byte, however small the pieces.
        if len(self._kept) > 2 * self._most:
            del self._kept[: -self._most]
            self._cut = True

    def read(self) -> Finish | Error | None:
        """How the reply ended."""
        data, stage = bytes(self._kept), ReplyStage()
        if self._cut:
            border = self._border.search(data) if self._border else None
            if border is None:
                return None
            data = data[border.end() :]
        for frame in (*self._reader.frames(data), *self._reader.rest()):
            for event in stage.feed(self._reader.read(frame)):
                if isinstance(event, Finish) or (
                    isinstance(event, Error) and (b'"error"' in frame.raw or not self._cut)
                ):
                    return event
        # What an end is missing may stand ahead of the bytes that were kept.
        ends = [event for event in stage.feed(self._reader.finish()) if isinstance(event, Finish | Error)]
        return ends[-1] if ends and (not self._cut or isinstance(ends[-1], Finish)) else None
