"""Words looked up in text: which of many stands at a place, and whether what stands there may still become one.

The names of tools and parameters come from clients: a thousand in a request, as long as they please, and others in the
next request. An expression of them would take a second to compile, on the loop that all streams share. So they are
sorted, the first time that one of them may stand in a reply, and found by bisection; nothing of them is kept beyond
the reply.
"""

import string
from bisect import bisect_right
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

PLAIN = frozenset(string.ascii_letters + string.digits + "_")
"""What most words begin with."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Words:
    """Words to look up. They are put in order when the first of them is looked for."""

    __slots__ = ("_begins", "_cut", "_inner", "_longest", "_ordered", "_plain", "source")

    def __init__(self, words: Collection[str]) -> None:
        self.source = words
        self._ordered: list[str] | None = None
        self._inner: Mapping[str, str] = _NOTHING
        """For a word that begins with others, the longest of these."""
        self._longest = 0
        self._plain: bool | None = None
        self._begins: AbstractSet[str] = frozenset()
        """The first two characters of every word, by which most text is told to hold none."""
        self._cut: dict[tuple[bool, tuple[str, ...]], Words] | None = None

    def at(self, text: str, pos: int, stop: int) -> tuple[str, bool]:
        """The longest word at this position, empty for none; and whether the text ends within a longer one."""
        ordered = self._ordered if self._ordered is not None else self._order()
        if pos + 1 < stop and text[pos : pos + 2] not in self._begins and text[pos] not in self._begins:
            return "", False
        longest = self._longest
        key = text[pos : min(stop, pos + longest)]
        place = bisect_right(ordered, key)
        ends_within = len(key) < longest and place < len(ordered) and ordered[place].startswith(key)
        word = ordered[place - 1] if place else ""
        while word and not key.startswith(word):
            word = self._inner.get(word, "") if word[0] == key[0] else ""
        return word, ends_within

    @property
    def plain(self) -> bool:
        """Whether every word begins with a letter of ASCII, a digit or `_`, as names of tools do but for a few."""
        if self._plain is None:
            self._plain = all(word[:1] in PLAIN for word in self.source)
        return self._plain

    def shorter(self, word: str) -> str:
        """The longest other word that this one begins with; empty for none."""
        return self._inner.get(word, "")

    def without(self, beginnings: tuple[str, ...], *, initials: bool = False) -> "Words":
        """The words that begin otherwise, or the first characters of those."""
        if self._cut is None:
            self._cut = {}
        found = self._cut.get((initials, beginnings))
        if found is None:
            words = {word[:1] if initials else word for word in self.source if not word.startswith(beginnings)}
            found = self._cut[initials, beginnings] = Words(words)
        return found

    def _order(self) -> list[str]:
        ordered = sorted(filter(None, self.source))
        begun: list[str] = []
        inner: dict[str, str] = {}
        for word in ordered:
            while begun and not word.startswith(begun[-1]):
                begun.pop()
            if begun and begun[-1] != word:
                inner[word] = begun[-1]
            begun.append(word)
        self._begins = {word[:2] for word in ordered}
        self._longest = max(map(len, ordered), default=0)
        self._inner = inner or _NOTHING
        self._ordered = ordered
        return ordered


@dataclass(frozen=True, slots=True)
class Frame:
    """Text around a word: between each two of these parts the same word stands."""

    parts: tuple[str, ...]
    words: Words

    def at(self, text: str, pos: int, stop: int) -> tuple[str, bool]:
        """The longest such text at this position, empty for none; and whether the text ends within a longer one."""
        before = self.parts[0]
        start = pos + len(before)
        if not text.startswith(before, pos, stop):
            return "", bool(self.words.source) and stop < start and before.startswith(text[pos:stop])
        word, ends_within = self.words.at(text, start, stop)
        while word:
            rest = word.join(self.parts[1:])
            end = start + len(word)
            if text.startswith(rest, end, stop):
                return before + word + rest, ends_within
            ends_within = ends_within or (stop - end < len(rest) and rest.startswith(text[end:stop]))
            word = self.words.shorter(word)
        return "", ends_within
