"""Words looked up in text: which of many words stands at a place, and may the text there still become a word?

The names of tools and parameters come from clients: a thousand in a request, of any length, and other names in the next
request. An expression of these names would take a second to compile, on the loop that all streams share. So the names
are sorted when a name may stand in a reply for the first time, and found by bisection. Nothing is kept after the reply.
"""

import string
from bisect import bisect_right
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

PLAIN = frozenset(string.ascii_letters + string.digits + "_")
"""The characters that most words begin with."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Words:
    """Words to look up. They are sorted at the first search."""

    __slots__ = ("_begins", "_cut", "_inner", "_longest", "_ordered", "_plain", "source")

    def __init__(self, words: Collection[str]) -> None:
        self.source = words
        self._ordered: list[str] | None = None
        self._inner: Mapping[str, str] = _NOTHING
        """For each word that begins with other words, the longest of these."""
        self._longest = 0
        self._plain: bool | None = None
        self._begins: AbstractSet[str] = frozenset()
        """The first two characters of every word: at most places of a text no word has these."""
        self._cut: dict[tuple[bool, tuple[str, ...]], Words] | None = None

    def at(self, text: str, pos: int, stop: int) -> tuple[str, bool]:
        """The longest word at this position, or an empty string; and whether the text ends inside a longer word."""
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
        """Whether every word begins with a letter of ASCII, a digit or `_`, as nearly all names of tools do."""
        if self._plain is None:
            self._plain = all(word[:1] in PLAIN for word in self.source)
        return self._plain

    def shorter(self, word: str) -> str:
        """The longest other word that this word begins with, or an empty string."""
        return self._inner.get(word, "")

    def without(self, beginnings: tuple[str, ...], *, initials: bool = False) -> "Words":
        """The words without these beginnings; with `initials`, only the first characters of such words."""
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
class Phrase:
    """Text around a word: between two neighbouring parts stands always the same word."""

    parts: tuple[str, ...]
    words: Words

    def at(self, text: str, pos: int, stop: int) -> tuple[str, bool]:
        """The longest such text at this position, or an empty string; and whether the text ends inside a longer one."""
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
