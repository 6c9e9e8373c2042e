r"""Values between delimiters that nothing escapes, and the malformed values that stand in their place.

    city:<|"|>Oslo<|"|>   city:"Oslo"   city:'Oslo'   city:Oslo   city:<|"|>Oslo}<tool_call|>   city:Oslo<|"|>}

A delimiter counts only where something structural follows it: Gemma writes quotes inside a text as delimiters, too. If
the last delimiter of a text is missing, the text ends before the close marker of its call where no delimiter follows
that marker, or before a parameter that is declared and was not there yet.
"""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from toolbridge.json_text import JsonText, escaped
from toolbridge.notation.reading import Reading
from toolbridge.scanner import BLANK, Grammar, Markers, Scanner

Emit = Callable[[str], None]

_WINDOW = 128
"""How many characters before a marker a text may have ended already."""
_LOOKAHEAD = 1024
"""Characters behind a close marker within which a delimiter shows that the marker was text."""
_KEY_MOST = 128
_TAIL = re.compile(r"(?:,\s*(?:[\w$-]+\s*)?(?::\s*)?|[}\])][}\])\s]*)\Z")
"""The end of a text that is held: it may be the next key, or closers. Half a key matches as well."""
_TAIL_BEGINS = re.compile(r"[,}\])]")
_NEXT_KEY = re.compile(r",\s*([\w$-]+)\s*:\s*\Z")
_OPENS = {"}": "{", "]": "[", ")": "("}
_NO_KEY = frozenset(",{}[]()<>\n\"'")
_QUOTES = "\"'"


@dataclass(frozen=True, slots=True)
class Notation:
    """The markers of one notation with delimiters."""

    open: str
    close: str
    delimiter: str
    response: str
    """The marker with which a result begins that the model makes up."""

    @property
    def in_text(self) -> Markers:
        """The markers that are looked for between delimiters."""
        return Markers((self.delimiter, self.close, self.open))

    @property
    def in_bare(self) -> Markers:
        """The markers that are looked for in a value without delimiters."""
        return Markers((self.delimiter, self.close, *",{}[]()"))


@dataclass(slots=True)
class Level:
    """An object or an array that is open."""

    closer: str
    schema: Any = None
    declared: frozenset[str] = frozenset()
    """The members that the schema names."""
    seen: set[str] = field(default_factory=set)
    count: int = 0
    top: bool = False
    """Whether it holds the parameters themselves. A level around them does not."""

    @property
    def listed(self) -> bool:
        """Whether it holds items rather than members."""
        return self.closer == "]"


class Ahead:
    """The text behind the scanner's position, which is looked at and not read. Offsets count from the position."""

    __slots__ = ("_levels", "_notation", "_scanner")

    def __init__(self, scanner: Scanner, notation: Notation, levels: list[Level]) -> None:
        self._scanner = scanner
        self._notation = notation
        self._levels = levels

    def closes(self, offset: int, *, quoted: bool = False) -> Generator[None, None, bool]:
        """Whether a delimiter that ends here closes its text. Behind a `quoted` text may stand a stray delimiter."""
        if quoted and (yield from self._starts(offset, self._notation.delimiter)):
            offset += len(self._notation.delimiter)
        offset = yield from self._blanks(offset)
        char = yield from self._at(offset)
        if char == ",":
            return (yield from self.separates(offset + 1, strict=False))
        if char in _OPENS:
            return (yield from self.leaves(offset))
        if not char or (yield from self._starts(offset, self._notation.close, self._notation.response)):
            return True
        level = self._levels[-1]
        return (yield from self._key(offset)) in level.declared - level.seen

    def separates(self, offset: int, *, strict: bool) -> Generator[None, None, bool]:
        """Whether a comma that ends here stands between members or items. `strict`: only before a declared member."""
        level = self._levels[-1]
        if level.listed:
            return True
        offset = yield from self._blanks(offset)
        char = yield from self._at(offset)
        if not char or char == level.closer or char in _QUOTES:
            return True
        if (yield from self._starts(offset, self._notation.delimiter)):
            return True
        key = yield from self._key(offset)
        if key is None:
            return not strict
        if strict and level.declared:
            return key in level.declared - level.seen
        return bool(key)

    def _key(self, offset: int) -> Generator[None, None, str | None]:
        """The bare key that stands here before its `:`. Empty if there is no key, None if the text ends within it."""
        key = ""
        while len(key) < _KEY_MOST:
            char = yield from self._at(offset)
            if char in (":", "="):
                return key.strip(BLANK)
            if not char:
                return None
            if char in _NO_KEY:
                return ""
            key += char
            offset += 1
        return ""

    def leaves(self, offset: int) -> Generator[None, None, bool]:
        """Whether the closers from here on close open levels, and text follows them that may stand there."""
        depth = len(self._levels)
        char = yield from self._at(offset)
        while depth and char == self._levels[depth - 1].closer:
            depth -= 1
            offset = yield from self._blanks(offset + 1)
            char = yield from self._at(offset)
        if depth == len(self._levels):
            return False
        if (yield from self._starts(offset, self._notation.delimiter)):
            return False
        if not depth or not char or char == ",":
            return True
        return bool((yield from self._starts(offset, self._notation.close, self._notation.response)))

    def ends_call(self) -> Generator[None, None, bool]:
        """Whether only closers stand before the close marker of the call."""
        offset = 0
        while offset < _WINDOW and (char := (yield from self._at(offset))) and (char in _OPENS or char in BLANK):
            offset += 1
        return bool((yield from self._starts(offset, self._notation.close)))

    def is_over(self, offset: int, *, closed: bool) -> Generator[None, None, tuple[bool, int]]:
        """Whether a text had ended before the close marker that ends here, and up to which position that is settled.

        It had, if no delimiter follows within the look-ahead. If all its levels were `closed`, any next call proves it
        as well. If they were not, only a call that follows at once proves it.
        """
        scanner, notation = self._scanner, self._notation
        after = yield from self._blanks(offset)
        if (yield from self._starts(after, notation.open, notation.response)):
            return True, 0
        markers = Markers((notation.delimiter, notation.open, notation.response))
        looked, most = offset, offset + _LOOKAHEAD
        while True:
            stop = min(scanner.stop, scanner.pos + most)
            bounded = stop == scanner.pos + most
            found = markers.search(scanner.text, scanner.pos + looked, stop, ended=scanner.ended or bounded)
            if found and found[1]:
                if found[1] == notation.delimiter or closed:
                    return found[1] != notation.delimiter, scanner.here + found[0] - scanner.pos
                looked = found[0] + len(found[1]) - scanner.pos
                continue
            looked = (found[0] if found else stop) - scanner.pos
            if bounded or not (yield from self._grows()):
                return True, 0

    def _at(self, offset: int) -> Generator[None, None, str]:
        """The character there; the empty string where the text ends before it."""
        scanner = self._scanner
        while scanner.pos + offset >= scanner.stop:
            if not (yield from self._grows()):
                return ""
        return scanner.text[scanner.pos + offset]

    def _grows(self) -> Generator[None, None, bool]:
        """Wait for more text; whether there was any."""
        before = self._scanner.stop - self._scanner.pos
        yield from self._scanner.settle()
        return self._scanner.stop - self._scanner.pos > before

    def _blanks(self, offset: int) -> Generator[None, None, int]:
        """The position where the blanks from here on end, as far as they are looked at."""
        most = offset + _WINDOW
        while offset < most:
            char = yield from self._at(offset)
            if not char or char not in BLANK:
                break
            offset += 1
        return offset

    def _starts(self, offset: int, *literals: str) -> Generator[None, None, str]:
        """The literal that stands here, of these."""
        for literal in literals:
            for place, wanted in enumerate(literal):
                if (yield from self._at(offset + place)) != wanted:
                    break
            else:
                return literal
        return ""


def delimited_text(reading: Reading, notation: Notation, levels: list[Level], emit: Emit) -> Grammar:
    """Read a text behind its delimiter, through the delimiter that closes it."""
    scanner = reading.scanner
    markers = notation.in_text
    search = markers.pattern.search
    may_end = _TAIL_BEGINS.search
    ahead = Ahead(scanner, notation, levels)
    quoted = 0  # calls that the text speaks of, and has not closed yet
    settled = 0  # up to where close markers are known to be text

    def passage(piece: str) -> bool:
        if search(piece) is not None or not scanner.has_room(piece):
            return False
        if may_end(piece) is not None and _tail(piece, 0, len(piece)) < len(piece):
            return False
        scanner.past(piece)
        emit(escaped(piece))
        return True

    def put(end: int) -> None:
        emit(escaped(scanner.text[scanner.pos : end]))
        scanner.pos = end

    while True:
        text, pos, stop = scanner.text, scanner.pos, scanner.stop
        if pos >= stop:
            scanner.expect()
            yield from reading.wait(passage)
            continue
        found = markers.search(text, pos, stop, ended=scanner.ended)
        at, literal = found or (stop, None)
        if literal is None:
            tail = _tail(text, pos, at)
            if tail > pos:
                put(tail)
            if scanner.pos < scanner.stop:
                yield from scanner.more()
            continue
        gap = at - pos
        after = gap + len(literal)
        if literal == notation.open:
            quoted += 1
        elif literal == notation.close and quoted:
            quoted -= 1
        elif literal == notation.close and scanner.here + gap >= settled:
            start, closed = _closers_before(text, pos, at, levels)
            start -= pos
            over, settled = yield from ahead.is_over(after, closed=closed)
            if over:
                put(scanner.pos + start)
                reading.tolerate("missing delimiter")
                return
        elif literal == notation.delimiter:
            if (yield from ahead.closes(after)):
                put(scanner.pos + gap)
                scanner.pos += len(literal)
                return
            place = scanner.pos + gap
            key = _NEXT_KEY.search(scanner.text, max(scanner.pos, place - _WINDOW), place)
            if key and key[1] in levels[-1].declared - levels[-1].seen:
                put(key.start())
                reading.tolerate("missing delimiter")
                return
            put(place)
            emit('\\"')
            scanner.pos += len(literal)
            reading.tolerate("quote")
            continue
        put(scanner.pos + after)


def _tail(text: str, pos: int, end: int) -> int:
    """The position from which the end of this piece is held."""
    found = _TAIL.search(text, max(pos, end - _WINDOW), end)
    return found.start() if found else end


def _closers_before(text: str, pos: int, at: int, levels: list[Level]) -> tuple[int, bool]:
    """Where the closers begin that stand before this place and close levels. Also whether they close all levels."""
    matched, start = 0, at
    for place in range(at - 1, max(pos, at - _WINDOW) - 1, -1):
        if matched == len(levels) or text[place] not in BLANK:
            if matched == len(levels) or text[place] != levels[matched].closer:
                break
            matched, start = matched + 1, place
    return start, matched == len(levels)


def quoted_text(reading: Reading, notation: Notation, levels: list[Level], emit: Emit) -> Grammar:
    """Read a text in JSON's or Python's quotes, from the first quote on. Unescaped quotes within it are text."""
    scanner = reading.scanner
    quote = yield from scanner.peek()
    markers = Markers((quote, "\\"))
    ahead = Ahead(scanner, notation, levels)
    json = JsonText()

    def put(piece: str) -> None:
        json.feed(piece, 0, len(piece))
        emit(json.taken())

    put(quote)
    scanner.pos += 1
    while not json.ended:
        found = markers.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        put(scanner.text[scanner.pos : at])
        scanner.pos = at
        if literal is None or (literal == "\\" and at + 1 >= scanner.stop):
            yield from scanner.more()
        elif literal == "\\":
            put(scanner.text[at : at + 2])
            scanner.pos += 2
        else:
            closes = yield from ahead.closes(1, quoted=True)
            scanner.pos += 1
            put(quote if closes else "\\" + quote)
            if not closes:
                reading.tolerate("quote")
    if quote == "'" or (yield from scanner.maybe(notation.delimiter)):
        yield from scanner.maybe(notation.delimiter)
    reading.tolerate("quotes")


def bare_text(reading: Reading, notation: Notation, levels: list[Level], put: Emit) -> Grammar:
    """Read a value without delimiters, up to its end. A stray delimiter behind it is read as well.

    The value goes to `put` unchanged, but without the blanks around it.
    """
    scanner = reading.scanner
    markers = notation.in_bare
    ahead = Ahead(scanner, notation, levels)
    own = levels[-1].closer
    nested = 0
    several = False  # whether it is more than one word: commas are more likely its own then
    while True:
        found = markers.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        text = scanner.text[max(scanner.pos, at - _WINDOW) : at]
        bare = at - (len(text) - len(text.rstrip(BLANK)))
        if bare > scanner.pos:
            several = several or " " in scanner.text[scanner.pos : bare]
            put(scanner.text[scanner.pos : bare])
            scanner.pos = bare
        if literal is None:
            yield from scanner.more()
            continue
        gap = at - scanner.pos
        after = gap + len(literal)
        ends = literal == notation.close
        if literal == notation.delimiter:
            ends = yield from ahead.closes(after)
        elif literal == "," and not nested:
            ends = yield from ahead.separates(after, strict=several)
        elif literal == own and nested:
            nested -= 1
        elif literal == own:
            ends = yield from ahead.leaves(gap)
        elif literal == _OPENS[own]:
            nested += 1
        if ends:
            scanner.pos += gap
            if literal == notation.delimiter:
                scanner.pos += len(literal)
                reading.tolerate("missing delimiter")
            return
        several = several or bool(gap)
        put(scanner.text[scanner.pos : scanner.pos + gap])
        put('"' if literal == notation.delimiter else literal)
        scanner.pos += after
