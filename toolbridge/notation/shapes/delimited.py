r"""Calls as a name and members whose strings stand between delimiters: shape I.

    call:get_weather{city:<|"|>Oslo<|"|>,days:2,tags:[<|"|>a<|"|>],opt:{metric:true}}

Keys are bare, or stand between delimiters or quotes. A string between delimiters is a string whatever the schema says.
A value without delimiters is typed by the schema, or by its spelling where the tool does not declare it. These mistakes
are forgiven: `(…)` in place of `{…}`, `=` for `:`, quotes for delimiters, a `:` without its `call`, and a missing last
delimiter or brace before the close marker. The commit point is the brace, or the close marker of a call without a
brace, which must name an offered tool.
"""

import json
import re
from collections.abc import Generator
from typing import Any

from toolbridge import schema
from toolbridge.json_string import StringText
from toolbridge.json_text import escaped
from toolbridge.notation.dialect import Read
from toolbridge.notation.members import Members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.delimited_values import Ahead, Level, Notation, bare_text, delimited_text, quoted_text
from toolbridge.scanner import BLANK, Grammar, NotACall, OutOfText

_NAME = re.compile(r"[^{}()\[\]<>\"'=,\n]*")
_PLAIN = re.compile(r"[\w.:/-]+")
"""Names that are read as a call without a brace. A sentence between two markers is no name."""
_KEY = re.compile(r"[^:={}()\[\]<>\"',\n]*")
_NAMESPACE = re.compile(r"[:./]")
_STRAY = re.compile(r"[)}\] \t\r\n]*")
_CLOSERS = {"{": "}", "[": "]", "(": ")"}
_OUTER = frozenset(_CLOSERS.values())
_QUOTES = "\"'"
_KEY_MOST = 256


def delimited(notation: Notation) -> Read:
    """The grammar of one call behind its opener, through its close marker."""

    def read(reading: Reading, _opener: str) -> Grammar:
        yield from _call(reading, notation)
        yield from _close(reading, notation)

    return read


def _call(reading: Reading, notation: Notation) -> Grammar:
    scanner = reading.scanner
    yield from scanner.blanks()
    start = scanner.here
    if (yield from scanner.maybe("call")):
        yield from scanner.blanks()
        if not (yield from scanner.maybe(":")):
            scanner.back(start)
    written = (yield from scanner.take(_NAME)).strip(BLANK)
    name = _meant(reading, written)
    if (yield from scanner.sees(notation.close, notation.response)):
        # A tool without parameters: models leave the braces out.
        if reading.names.declared(name) is None and (reading.tools or not _PLAIN.fullmatch(name)):
            raise NotACall
        reading.empty_call(name)
        return
    if (yield from scanner.peek()) not in "{(":
        raise NotACall
    reading.resolve(name)
    reading.begin(name)
    if name != written:
        reading.tolerate("name")
    arguments = _Arguments(reading, notation)
    yield from arguments.read()


def _meant(reading: Reading, name: str) -> str:
    """The name. The namespace that Gemma 4 puts before tools of MCP servers is left out if the rest is offered.

    A `:` before the name belongs to the `call` that is missing.
    """
    name = name.removeprefix(":").lstrip(BLANK)
    last = _NAMESPACE.split(name)[-1]
    known = reading.names.declared(name) or reading.names.declared(last)
    return name if known is None or reading.names.declared(name) else last


def _close(reading: Reading, notation: Notation) -> Grammar:
    """Read the close marker, where it stands, and superfluous braces before it."""
    scanner = reading.scanner
    reading.open()
    try:
        yield from scanner.take(_STRAY)
        yield from scanner.literal(notation.close)
    except OutOfText:
        rest = scanner.text[scanner.pos : scanner.stop]
        if not rest or not notation.close.startswith(rest):
            raise
        scanner.pos = scanner.stop
    reading.mark("markup")
    reading.commit()


class _Arguments:
    """The members of a call on their way into its arguments. The open levels are a list, so nothing recurs."""

    def __init__(self, reading: Reading, notation: Notation) -> None:
        self._reading = reading
        self._notation = notation
        self._members = Members(reading)
        self._root: Any = reading.tool.parameters if reading.tool else None
        self._levels: list[Level] = []
        self._kept = True

    def read(self) -> Grammar:
        """Read all members, from the first brace through the last brace, and end the call."""
        scanner = self._reading.scanner
        yield from self._enter()
        behind = False  # whether a value or a level stands right before
        while self._levels:
            yield from scanner.blanks()
            if (yield from scanner.option(self._notation.close)):
                scanner.pos -= len(self._notation.close)
                self._leave_all()
                break
            char = yield from scanner.peek()
            level = self._levels[-1]
            if char == level.closer:
                scanner.pos += 1
                self._leave()
                behind = True
            elif char in _OUTER and (yield from Ahead(scanner, self._notation, self._levels).ends_call()):
                self._leave_to(char)
            elif behind and char == ",":
                scanner.pos += 1
                behind = False
            elif behind and (yield from scanner.maybe(self._notation.delimiter)):
                self._reading.tolerate("stray delimiter")
            elif behind and (level.listed or char in ",{[("):
                raise NotACall
            else:
                if behind:
                    self._reading.tolerate("missing comma")
                behind = yield from self._member(level)
        self._members.end()

    def _emit(self, text: str) -> None:
        if self._kept:
            self._reading.args(text)

    def _enter(self) -> Grammar:
        """Read the brackets before the first key. Models also write `({…})` and `{{…}}`."""
        scanner = self._reading.scanner
        names = frozenset(schema.properties(self._root) if self._root is not None else ())
        while (char := (yield from scanner.peek())) in "({":
            if len(self._levels) >= self._reading.limits.depth:
                raise NotACall
            self._levels.append(Level(_CLOSERS[char], self._root, names, self._members.names, top=True))
            scanner.pos += 1
            yield from scanner.blanks()
        if self._levels[0].closer == ")":
            self._reading.tolerate("parentheses")
        elif len(self._levels) > 1:
            self._reading.tolerate("doubled brace")

    def _push(self, char: str, own: Any) -> None:
        if len(self._levels) >= self._reading.limits.depth:
            raise NotACall
        names = frozenset(schema.properties(own, self._root) if own and char == "{" else ())
        self._levels.append(Level(_CLOSERS[char], own, names))
        self._emit(char)

    def _leave(self) -> None:
        level = self._levels.pop()
        if not level.top:
            self._emit(level.closer)

    def _leave_to(self, closer: str) -> None:
        """Add the closers of inner levels: the closer of an outer level stands at the end of the call."""
        if closer not in [level.closer for level in self._levels]:
            raise NotACall
        self._reading.tolerate("missing brace")
        while self._levels[-1].closer != closer:
            self._leave()

    def _leave_all(self) -> None:
        """Add the closers of all levels: the close marker of the call stands in their place."""
        self._reading.tolerate("missing brace")
        while self._levels:
            self._leave()

    def _member(self, level: Level) -> Generator[None, None, bool]:
        """Read a member or an item. Returns False for an object or array: only its first bracket was read."""
        own = yield from (self._item(level) if level.listed else self._key(level))
        yield from self._reading.scanner.blanks()
        return (yield from self._value(own))

    def _item(self, level: Level) -> Generator[None, None, Any]:
        """Write what comes before an item. Returns the schema of the item."""
        if level.count:
            self._emit(",")
        level.count += 1
        yield from ()
        return schema.items_schema(level.schema, level.count - 1, self._root) if level.schema is not None else None

    def _key(self, level: Level) -> Generator[None, None, Any]:
        """Read the name of a member with its `:`. Returns the schema of the member."""
        scanner = self._reading.scanner
        name = yield from self._name()
        yield from scanner.blanks()
        yield from scanner.literal(":", "=")
        if level.top:
            self._kept = self._members.begin(name)
        else:
            comma = "," if level.count else ""
            self._emit(f"{comma}{json.dumps(name, ensure_ascii=False)}:")
            level.seen.add(name)
        level.count += 1
        return schema.property_schema(level.schema, name, self._root) if level.schema is not None else None

    def _name(self) -> Generator[None, None, str]:
        scanner = self._reading.scanner
        if (yield from scanner.maybe(self._notation.delimiter)):
            name = ""
            while not (yield from scanner.maybe(self._notation.delimiter)):
                name += yield from scanner.peek()
                scanner.pos += 1
                if len(name) > _KEY_MOST:
                    raise NotACall
            return name
        if quote := (yield from scanner.maybe(*_QUOTES)):
            return (yield from self._quoted_name(quote))
        name = (yield from scanner.take(_KEY)).strip(BLANK)
        if not 0 < len(name) <= _KEY_MOST:
            raise NotACall
        return name

    def _quoted_name(self, quote: str) -> Generator[None, None, str]:
        scanner = self._reading.scanner
        string, name = StringText(quote), ""
        while not string.ended:
            if scanner.pos >= scanner.stop:
                yield from scanner.more()
            scanner.pos, piece = string.feed(scanner.text, scanner.pos, scanner.pos + 1)
            name += piece
            if len(name) > _KEY_MOST:
                raise NotACall
        return name

    def _value(self, own: Any) -> Generator[None, None, bool]:
        """Read a value by its schema. Returns False for an object or array: only its first bracket was read."""
        scanner = self._reading.scanner
        text = own is not None and schema.is_text(own, self._root)
        if (yield from scanner.maybe(self._notation.delimiter)):
            self._emit('"')
            yield from delimited_text(self._reading, self._notation, self._levels, self._emit)
            self._emit('"')
            return True
        char = yield from scanner.peek()
        if char in _QUOTES:
            yield from quoted_text(self._reading, self._notation, self._levels, self._emit)
            return True
        if char in "{[" and not text:
            scanner.pos += 1
            self._push(char, own)
            return False
        if (yield from scanner.sees(self._notation.close)):
            raise NotACall
        if text:
            self._emit('"')
            yield from bare_text(self._reading, self._notation, self._levels, self._put_text)
            self._emit('"')
            return True
        raw: list[str] = []
        yield from bare_text(self._reading, self._notation, self._levels, raw.append)
        self._emit(schema.to_json("".join(raw), {} if own is None else own, self._root))
        return True

    def _put_text(self, text: str) -> None:
        self._emit(escaped(text))
