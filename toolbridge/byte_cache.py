"""A cache that is bounded by what it holds and not by how many: for answers about foreign text.

A bound on the number of entries is none where a client decides how large each is. Keys are digests (`digest`), so that
no text of a client's is held as a key.
"""

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

_ENTRY = 256
"""Bytes that an entry takes beside its texts."""
_SHARE = 4
"""The part of the whole, as its divisor, that one entry may take; a larger one is not kept."""


def digest(texts: Iterable[str]) -> bytes:
    """What stands for these texts, and for no others, in a key. It is taken piece by piece, so none are joined."""
    found = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(encoded))
        found.update(encoded)
    return found.digest()


class ByteCache(Generic[T]):
    """What was found lately, by key, `most` bytes of it. Threads may share it."""

    __slots__ = ("_entries", "_lock", "most", "size")

    def __init__(self, most: int) -> None:
        self.most = most
        """Bytes that may be held."""
        self._entries: OrderedDict[tuple[object, ...], tuple[T, int]] = OrderedDict()
        self._lock = Lock()
        self.size = 0
        """Bytes that are held."""

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    def find(self, key: tuple[object, ...]) -> T | None:
        """What is kept under this key."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def keep(self, key: tuple[object, ...], value: T, texts: Iterable[str]) -> T:
        """Keep a value, whose size is that of the texts in it. The value is returned, whether it was kept or not."""
        size = _ENTRY + sum(map(sys.getsizeof, texts))
        if size * _SHARE > self.most:
            return value
        with self._lock:
            before = self._entries.pop(key, None)
            self.size += size - (before[1] if before else 0)
            self._entries[key] = value, size
            while self.size > self.most:
                _, (_, freed) = self._entries.popitem(last=False)
                self.size -= freed
        return value

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._entries.clear()
            self.size = 0
