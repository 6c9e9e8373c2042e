"""A cache that is bounded by the bytes that it holds: for answers about foreign text.

A bound on the number of entries is useless if clients decide how large the entries are. Keys are digests (`digest`), so
that no key holds a client's text.
"""

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

_ENTRY = 256
"""Bytes that an entry takes in addition to its texts."""
_SHARE = 4
"""An entry may take a fourth of the cache; a larger entry is not kept."""


def digest(texts: Iterable[str]) -> bytes:
    """The digest of these texts, which no other texts have. They are digested one by one, and so need not be joined."""
    found = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(encoded))
        found.update(encoded)
    return found.digest()


class ByteCache(Generic[T]):
    """The latest values by their keys, up to `most` bytes in all. Threads may share a cache."""

    __slots__ = ("_entries", "_lock", "most", "size")

    def __init__(self, most: int) -> None:
        self.most = most
        """Bytes that the cache may hold."""
        self._entries: OrderedDict[tuple[object, ...], tuple[T, int]] = OrderedDict()
        self._lock = Lock()
        self.size = 0
        """Bytes that the cache holds."""

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    def find(self, key: tuple[object, ...]) -> T | None:
        """The value under this key, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def keep(self, key: tuple[object, ...], value: T, texts: Iterable[str]) -> T:
        """Keep a value; its size is that of the texts in it. Returns the value, whether it was kept or not."""
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
        """Forget all values."""
        with self._lock:
            self._entries.clear()
            self.size = 0
