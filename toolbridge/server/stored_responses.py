"""Recent responses of OpenAI's newer wire, for clients that refer to them and do not send them again.

They are kept in the memory of one process, up to a number of bytes and for some time; then the oldest go first. A
client finds only responses to requests with its own keys (`whose`).
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from toolbridge.server.settings import ResponseSettings
from toolbridge.wire.responses.recall import Turn

_OVERHEAD = 1024
"""Bytes that a turn takes in addition to its items."""
_OF_AN_ID = 256
"""Bytes that the id of an item takes."""
_SHARE = 2
"""A turn may take half of all bytes; a larger turn is not kept."""
_Key = tuple[str, str]
"""An owner, and the id of a response or an item."""
_Kept = tuple[bytes, tuple[str, ...], str | None, int, float]
"""The fields of a `Turn`, its size, and until when it is kept.

These are tuples of plain values, which Python's collector of garbage leaves out. It looked at the objects of 60,000
responses for 30 ms, and no stream moved meanwhile.
"""


class StoredResponses:
    """The responses of all clients. Threads may share it; `clock` counts seconds."""

    def __init__(
        self, settings: ResponseSettings, workers: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = settings.memory
        self._age = settings.age
        self._workers = workers
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        """The responses, the one that was used longest ago first."""
        self._items: dict[_Key, _Key] = {}
        """The response of each item."""
        self.size = 0
        """Bytes that are kept."""

    def __len__(self) -> int:
        """How many responses are kept."""
        return len(self._kept)

    @property
    def active(self) -> bool:
        """Whether responses are kept at all."""
        return self._most > 0

    def of(self, owner: str) -> "OwnResponses":
        """The responses of one client; `owner` is the digest of its keys."""
        return OwnResponses(self, owner)

    def keep(self, owner: str, response_id: str, turn: Turn) -> None:
        """Keep a response, if it is small enough, and drop the oldest ones for it."""
        size = len(turn.items) + _OVERHEAD + _OF_AN_ID * len(turn.ids)
        if size > self._most // _SHARE:
            return
        key, now = (owner, response_id), self._clock()
        with self._lock:
            self._drop(key)
            while self._kept:
                oldest, (*_, until) = next(iter(self._kept.items()))
                if self.size + size <= self._most and until >= now:
                    break
                self._drop(oldest)
            self._kept[key] = (turn.items, turn.ids, turn.previous, size, now + self._age)
            self._items |= {(owner, item): key for item in turn.ids}
            self.size += size

    def turns(self, owner: str, response_id: str) -> list[Turn] | None:
        """The turns up to a response, the oldest first; None if one of them is not kept."""
        found: list[Turn] = []
        seen: set[str] = set()
        wanted: str | None = response_id
        with self._lock:
            while wanted is not None:
                turn = self._find((owner, wanted))
                # A backend may choose ids, and choose the same id twice.
                if turn is None or wanted in seen:
                    return None
                seen.add(wanted)
                found.append(turn)
                wanted = turn.previous
        return found[::-1]

    def turn_of(self, owner: str, item_id: str) -> Turn | None:
        """The turn whose response has this item."""
        with self._lock:
            key = self._items.get((owner, item_id))
            return self._find(key) if key is not None else None

    def why(self) -> str:
        """Why a response may not be kept, and what a client can do about it."""
        if self._workers > 1:
            return (
                f"This bridge runs {self._workers} processes (server.workers), and each keeps its own responses: "
                "send the items of the conversation as input, or run one process."
            )
        return (
            f"This bridge keeps responses for {self._age:g} s at most, while there is room, unless store is false: "
            "send the items of the conversation as input."
        )

    def _find(self, key: _Key) -> Turn | None:
        """What is kept under this key, which is used now."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        items, ids, previous, _, until = kept
        if until < self._clock():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return Turn(items, ids, previous)

    def _drop(self, key: _Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            _, ids, _, size, _ = kept
            self.size -= size
            for item in ids:
                if self._items.get((key[0], item)) == key:
                    del self._items[key[0], item]


@dataclass(frozen=True, slots=True)
class OwnResponses:
    """The responses of one client: a `Memory`."""

    stored: StoredResponses
    owner: str

    def turns(self, response_id: str) -> list[Turn] | None:
        """The turns up to a response, the oldest first; None if one of them is not kept."""
        return self.stored.turns(self.owner, response_id)

    def turn_of(self, item_id: str) -> Turn | None:
        """The turn whose response has this item."""
        return self.stored.turn_of(self.owner, item_id)

    def why(self) -> str:
        """Why a response may not be kept, and what a client can do about it."""
        return self.stored.why()

    def keep(self, response_id: str, turn: Turn) -> None:
        """Keep a response."""
        self.stored.keep(self.owner, response_id, turn)
