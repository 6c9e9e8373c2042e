"""Text that arrives in pieces, and the two ways to look at it: literals anywhere, and grammars from here on.

A grammar is a generator over a `Scanner`. It reads top to bottom like the format it reads; `yield from` means "may wait
for more text". It moves `pos` over what it has read, and never behind itself. Two exceptions end it early: `OutOfText`,
when the reply ended inside it, and `NotACall`, when the text turned out to be something else. A grammar catches one of
them only where the format lets it read on, as where a close marker may be missing. Every other one ends the candidate,
which its caller hands to `Reading.abandon`. Nothing here depends on how the text was cut: a grammar that waits sees,
once it goes on, exactly what it would have seen had all the text been there.

`stop` is the end of what a grammar may see. It lies before the end of the text where a limit is set, so that a limit,
too, is reached at the same character however the text came.
"""

import contextlib
import re
from collections.abc import Generator, Iterable, Iterator
from functools import lru_cache

from toolbridge.pieces import Pieces
from toolbridge.words import PLAIN, Frame, Words

Grammar = Generator[None, None, None]

BLANK = " \t\r\n"
_BLANKS = re.compile(r"[ \t\r\n]*")
_DEPTH, _WORD = 4, 12
"""How many first characters of a literal are compiled. More take longer to compile, and with fewer more is looked up in
vain. Of a literal that begins with a word more are compiled, as prose also has the word `function`."""


class OutOfText(Exception):
    """The text ended inside a grammar."""


class NotACall(Exception):
    """Text that looked like the beginning of a call is not a call, or a call that had begun is broken."""


class Markers:
    """Literals to look for. Some of them hold a client's words, such as the names of tools.

    The first few characters of every literal are compiled into a trie, once for all replies that look for the same
    literals. Every inner node of the trie may also match the end of the text. Where the trie matches, the literal is
    looked up. So a search has one of three results: nothing here, a whole literal, or a tail that may still become a
    literal.

    `frames` hold words of which nothing is compiled, however many they are. A frame that begins with its word is only
    matched, not searched for. `foreign` says that the literals themselves come from a client or a model: then only
    their first characters are compiled, and nothing of them is kept.
    """

    __slots__ = ("_frames", "_words", "pattern")

    def __init__(self, literals: Iterable[str], frames: tuple[Frame, ...] = (), *, foreign: bool = False) -> None:
        given = frozenset(filter(None, literals))
        befores = frozenset(frame.parts[0] for frame in frames if frame.parts[0])
        self._frames = frames
        self._words = Words(given) if foreign else _kept(given)
        if foreign:
            self.pattern = _compiled(befores.union(one[:1] for one in given))
        else:
            self.pattern = _known(given, befores, all(frame.words.plain for frame in frames))

    def search(self, text: str, pos: int, stop: int, *, ended: bool = False) -> tuple[int, str | None] | None:
        """The position of the first literal, and the literal; None for the literal if the text ends before it is known.

        With `ended` no more text will come, and a tail is not a literal.
        """
        while found := self.pattern.search(text, pos, stop):
            pos = found.start()
            if matched := self.match(text, pos, stop, ended=ended):
                return matched
            pos += 1
        return None

    def match(self, text: str, pos: int, stop: int, *, ended: bool = False) -> tuple[int, str | None] | None:
        """As `search`, at this position only."""
        if pos >= stop:
            return None
        literal, ends_within = self._words.at(text, pos, stop)
        if ends_within and not ended:
            return pos, None
        for frame in self._frames:
            framed, ends_within = frame.at(text, pos, stop)
            if ends_within and not ended:
                return pos, None
            if len(framed) > len(literal):
                literal = framed
        return (pos, literal) if literal else None


@lru_cache(maxsize=512)
def _kept(literals: frozenset[str]) -> Words:
    """The table of these literals, which belong to a notation and are the same for every reply."""
    return Words(literals)


@lru_cache(maxsize=512)
def _known(literals: frozenset[str], befores: frozenset[str], plain: bool) -> re.Pattern[str]:
    """The expression for these literals and for the text before words. `plain`: all words are plain."""
    framed = {before + char for before in befores for char in PLAIN} if plain else befores
    return _compiled(frozenset(one[: _WORD if one[0].isalpha() else _DEPTH] for one in literals | framed))


@lru_cache(maxsize=256)
def _compiled(beginnings: frozenset[str]) -> re.Pattern[str]:
    """An expression for one of these beginnings, or for a text that ends within one of them."""
    return re.compile("|".join(_trie(beginnings)) or r"(?!)")


def _trie(words: Iterable[str]) -> Iterator[str]:
    """The alternatives of an expression for these words in which every inner node may also be the end of the text."""
    below: dict[str, set[str]] = {}
    for word in words:
        below.setdefault(word[0], set()).add(word[1:])
    for char, rests in sorted(below.items()):
        if "" in rests:
            yield re.escape(char)
            continue
        last = [rest for rest in below[char] if len(rest) == 1]
        inner = {rest for rest in rests if rest[0] not in last}
        options = [f"[{''.join(map(re.escape, sorted(last)))}]"] if last else []
        yield f"{re.escape(char)}(?:{'|'.join([*options, *_trie(inner)])}|\\Z)"


class Scanner:
    """The text of one reply: what has come and is not yet read, and a position in it."""

    __slots__ = ("_base", "_limit", "_tape", "_taped", "ended", "pos", "stop", "text")

    def __init__(self) -> None:
        self.text = ""
        self.pos = 0
        self.stop = 0
        self.ended = False
        self._base = 0
        self._limit: int | None = None
        self._tape: Pieces | None = None
        self._taped = 0

    @property
    def here(self) -> int:
        """How many characters of the reply have been read."""
        return self._base + self.pos

    def feed(self, piece: str) -> None:
        """Add text to the end. What has been read is dropped, or kept on the tape while one runs."""
        pos = self.pos
        if self._tape is not None:
            self._tape.write(self.text[self._taped : pos])
            self._taped = 0
        self.text = text = self.text[pos:] + piece if pos < len(self.text) else piece
        self._base = base = self._base + pos
        self.pos = 0
        stop = len(text)
        limit = self._limit
        self.stop = stop if limit is None or limit - base >= stop else max(0, limit - base)

    def has_room(self, piece: str) -> bool:
        """Whether the whole piece lies within the limit."""
        return self._limit is None or self._base + self.pos + len(piece) <= self._limit

    def past(self, piece: str) -> None:
        """Account for a piece that a hot loop consumed without adding it to `text`.

        Everything before the piece must have been read, and the piece must lie within the limit.
        """
        here = self._base + self.pos
        if self._tape is not None:
            self._tape.write(self.text[self._taped : self.pos])
            self._tape.write(piece)
            self._taped = 0
        self._base = here + len(piece)
        self.text = ""
        self.pos = self.stop = 0

    def finish(self) -> None:
        """No more text will come."""
        self.ended = True

    def limit(self, at: int | None) -> None:
        """Let grammars see no further than `at` characters of the reply; None takes the limit away."""
        self._limit = at
        self._set_stop()

    def _set_stop(self) -> None:
        self.stop = len(self.text)
        if self._limit is not None:
            self.stop = max(self.pos, min(self.stop, self._limit - self._base))

    def keep(self) -> None:
        """Start the tape: everything that is read from here on can be had again with `kept`."""
        self._tape = Pieces()
        self._taped = self.pos

    def drop(self) -> None:
        """Stop the tape."""
        self._tape = None

    def kept(self) -> str:
        """Everything that was read since the tape started."""
        before = self._tape.text() if self._tape is not None else ""
        return before + self.text[self._taped : self.pos]

    def back(self, to: int) -> None:
        """Go back to where `here` was `to`, which must lie on the tape."""
        if to < self._base:
            read = self.kept()
            start = self.here - len(read)
            self.text = read[to - start :] + self.text[self.pos :]
            self._tape = Pieces(read[: to - start])
            self._taped = 0
            self._base = to
            self.pos = 0
        else:
            self.pos = to - self._base
        self._set_stop()

    def more(self) -> Grammar:
        """Wait until there is text behind `stop`. Raises `OutOfText` at the end, `NotACall` at a limit."""
        seen = self.stop - self.pos
        while self.stop - self.pos == seen:
            self.expect()
            yield

    def expect(self) -> None:
        """Raise as `more` does where waiting is pointless. A hot loop calls this before it waits."""
        if self.stop < len(self.text) or (self._limit is not None and self._base + self.stop >= self._limit):
            raise NotACall
        if self.ended:
            raise OutOfText

    def settle(self) -> Grammar:
        """Wait until there is text behind `stop`, or until the text has ended. Raises `NotACall` at a limit."""
        with contextlib.suppress(OutOfText):
            yield from self.more()

    def blanks(self) -> Grammar:
        """Read blanks, until another character stands at `pos`."""
        while True:
            found = _BLANKS.match(self.text, self.pos, self.stop)
            self.pos = found.end() if found else self.pos
            if self.pos < self.stop:
                return
            yield from self.more()

    def peek(self) -> Generator[None, None, str]:
        """The character at `pos`, not read."""
        if self.pos >= self.stop:
            yield from self.more()
        return self.text[self.pos]

    def literal(self, *options: str) -> Generator[None, None, str]:
        """Read one of these literals and return it. The longer ones go first. Raises `NotACall` if there is none."""
        found = yield from self.option(*options)
        if not found:
            raise NotACall
        return found

    def maybe(self, *options: str) -> Generator[None, None, str]:
        """Read one of these literals and return it. Reads nothing and returns an empty string if there is none."""
        try:
            return (yield from self.option(*options))
        except OutOfText:
            return ""

    def option(self, *options: str) -> Generator[None, None, str]:
        """As `maybe`, but raises `OutOfText` where the text ends within one of them."""
        while True:
            text, pos, stop = self.text, self.pos, self.stop
            partial = False
            for option in options:
                if text.startswith(option, pos, stop):
                    self.pos += len(option)
                    return option
                if stop - pos < len(option) and option.startswith(text[pos:stop]):
                    partial = True
                    if not self.ended:
                        break
            if not partial:
                return ""
            yield from self.more()

    def marker(self, markers: Markers) -> Generator[None, None, str]:
        """Read the longest of these markers and return it, or an empty string where none of them stands."""
        try:
            while True:
                if self.pos < self.stop:
                    found = markers.match(self.text, self.pos, self.stop)
                    if found and found[1] is None and self.ended:
                        found = markers.match(self.text, self.pos, self.stop, ended=True) or found
                    if found is None:
                        return ""
                    if found[1] is not None:
                        self.pos += len(found[1])
                        return found[1]
                yield from self.more()
        except OutOfText:
            return ""

    def sees_marker(self, markers: Markers) -> Generator[None, None, str]:
        """As `marker`, with nothing read."""
        found = yield from self.marker(markers)
        self.pos -= len(found)
        return found

    def sees(self, *options: str) -> Generator[None, None, str]:
        """As `maybe`, with nothing read."""
        found = yield from self.maybe(*options)
        self.pos -= len(found)
        return found

    def take(self, pattern: re.Pattern[str]) -> Generator[None, None, str]:
        """Read everything that this expression for single characters (`[…]*`) matches, however long it is."""
        parts: list[str] = []
        while True:
            found = pattern.match(self.text, self.pos, self.stop)
            if found and found.end() > self.pos:
                parts.append(found.group())
                self.pos = found.end()
            if self.pos < self.stop:
                return "".join(parts)
            yield from self.more()
