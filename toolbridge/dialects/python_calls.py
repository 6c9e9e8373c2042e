r"""Calls as Python writes them, with keyword arguments: shape G.

    [get_weather(city="Oslo", days=2), now()]

Values are Python's literals or JSON's, strings in triple quotes among them. A call with another argument (a positional
one, a name, a call, an f-string) is none; behind a call of its list it is text, and the calls behind it are read.
Arguments that are no Python names stand in `**{…}`, as JSON. The commit point is the first keyword, `**{`, or the `)`
of a call without arguments.
"""

import json
import re
from collections import Counter
from collections.abc import Generator, Sequence

from toolbridge.dialects.json_call import object_through
from toolbridge.dialects.members import Members
from toolbridge.dialects.reading import Reading
from toolbridge.events import ToolCall
from toolbridge.json_text import BadJson, JsonText
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall

_NAME = re.compile(r"[^()\[\]{}=,;\"'`<>\n]*")
_KEY = re.compile(r"[\w-]*")
_TRIPLE = ('"""', "'''")
_LENIENT = ("bare key", "number")
"""What counts as a tolerance; the others of JSON text are Python's own spelling."""
_SKIPPED = re.compile(r"[^()\[\]{}\"'\n]*")
_KEYWORD = re.compile(r"[^\W\d][\w-]*")


def python_calls(reading: Reading, *close: str) -> Grammar:
    """Read calls with a draft open, in brackets or on their own lines, up to and with a close marker where one stands.

    Where there is neither a bracket nor a marker, they end with the last call.
    """
    scanner = reading.scanner
    yield from scanner.blanks()
    bracket = yield from scanner.maybe("[")
    first = True
    while True:
        if not first:
            reading.open()
        yield from scanner.blanks()
        if not first:
            yield from scanner.maybe(",", ";")
            yield from scanner.blanks()
            reading.mark("markup")
            if bracket and (yield from scanner.maybe("]")):
                reading.mark("markup")
                reading.commit()
                break
            if (yield from scanner.maybe(*close)):
                reading.mark("markup")
                reading.commit()
                return
        yield from _entry(reading, first=first)
        first = False
    if close:
        reading.open()
        yield from scanner.blanks()
        yield from scanner.literal(*close)
        reading.mark("markup")
        reading.commit()


def _entry(reading: Reading, *, first: bool) -> Grammar:
    """One call. One that is none is text where a call stood before it, and ends the list no more."""
    start, depth = reading.scanner.here, reading.depth
    try:
        yield from _call(reading)
    except NotACall:
        if first or reading.in_call or reading.depth != depth:
            raise
        reading.scanner.back(start)
        yield from _skip(reading)
        reading.give_back()


def _call(reading: Reading) -> Grammar:
    scanner = reading.scanner
    name = (yield from scanner.take(_NAME)).strip(BLANK)
    yield from scanner.literal("(")
    reading.resolve(name)
    yield from scanner.blanks()
    if (yield from scanner.maybe("**")):
        yield from scanner.blanks()
        if not (yield from scanner.sees("{")):
            raise NotACall
        reading.begin(name)
        yield from object_through(reading, ())
        yield from scanner.blanks()
        yield from scanner.literal(")")
        reading.end()
        return
    if (yield from scanner.maybe(")")):
        reading.begin(name)
        Members(reading).end()
        return
    key = yield from _keyword(reading)
    reading.begin(name)
    members = Members(reading)
    while True:
        yield from _value(reading, kept=members.begin(key))
        yield from scanner.blanks()
        end = yield from scanner.literal(",", ")")
        if end == ",":
            yield from scanner.blanks()
            end = yield from scanner.maybe(")")
        if end == ")":
            members.end()
            return
        key = yield from _keyword(reading)


def _keyword(reading: Reading) -> Generator[None, None, str]:
    """A parameter's name, with its `=`."""
    scanner = reading.scanner
    key = yield from scanner.take(_KEY)
    if not key:
        raise NotACall
    yield from scanner.blanks()
    yield from scanner.literal("=")
    yield from scanner.blanks()
    return key


def _value(reading: Reading, *, kept: bool) -> Grammar:
    """Stream one literal through; a repeated one is read and left out."""
    scanner = reading.scanner
    text = JsonText(depth=reading.limits.depth)
    triple = yield from scanner.maybe(*_TRIPLE)
    if triple:
        yield from _triple(reading, text, triple, kept=kept)
        return

    def passage(piece: str) -> bool:
        inside = text.inside(piece) if scanner.has_room(piece) else None
        if inside is None:
            return False
        scanner.past(piece)
        if kept:
            reading.args(inside)
        return True

    while not text.ended:
        if scanner.pos >= scanner.stop:
            scanner.expect()
            reading.passage = passage
            yield
            reading.passage = None
            continue
        scanner.pos = _feed(reading, text, scanner.text, scanner.pos, scanner.stop, kept=kept)
    _tolerated(reading, text.tolerances)


def _triple(reading: Reading, text: JsonText, triple: str, *, kept: bool) -> Grammar:
    """A string in triple quotes, behind them: lone quotes in it are escaped on the way."""
    scanner = reading.scanner
    quote = triple[0]
    _feed(reading, text, quote, 0, 1, kept=kept)
    markers = Markers((triple, quote, "\\"))
    while True:
        found = markers.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        start, literal = found or (scanner.stop, None)
        _feed(reading, text, scanner.text, scanner.pos, start, kept=kept)
        scanner.pos = start
        if literal is None or (literal == "\\" and start + 1 >= scanner.stop):
            yield from scanner.more()
        elif literal == "\\":
            _feed(reading, text, scanner.text, start, start + 2, kept=kept)
            scanner.pos += 2
        else:
            scanner.pos += len(literal)
            ends = literal == triple
            _feed(reading, text, quote if ends else "\\" + quote, 0, 1 if ends else 2, kept=kept)
            if ends:
                return


def _feed(reading: Reading, text: JsonText, piece: str, pos: int, stop: int, *, kept: bool) -> int:
    """Transcode a piece of the scanner's text, or of what stands for it; the position behind what was read."""
    broken = False
    try:
        pos = text.feed(piece, pos, stop)
    except BadJson as bad:
        reading.scanner.pos = bad.pos
        broken = True
    out = text.taken()
    if kept:
        reading.args(out)
    if broken:
        raise NotACall
    return pos


def _tolerated(reading: Reading, counted: Counter[str]) -> None:
    for what in _LENIENT:
        if counted[what]:
            reading.tolerate(what, counted[what])


def _skip(reading: Reading) -> Grammar:
    """Read past something that has the shape of a call, `name(…)`, whatever stands in its parentheses."""
    scanner = reading.scanner
    depth = 0
    while True:
        yield from scanner.take(_SKIPPED)
        char = yield from scanner.peek()
        scanner.pos += 1
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0 and char == ")":
                return
        elif depth and char in "\"'":
            yield from _skip_string(reading, char)
        elif char != "\n":
            raise NotACall
        if depth <= 0:
            raise NotACall


def _skip_string(reading: Reading, quote: str) -> Grammar:
    scanner = reading.scanner
    while True:
        char = yield from scanner.peek()
        scanner.pos += 1
        if char == "\\":
            yield from scanner.peek()
            scanner.pos += 1
        elif char == quote:
            return


def write_call(call: ToolCall) -> str:
    """One call; its values are JSON, which these models read and write as well."""
    arguments = call.arguments
    if not all(map(_KEYWORD.fullmatch, arguments)):
        return f"{call.name}(**{call.arguments_json})"
    shown = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return f"{call.name}({shown})"


def written(calls: Sequence[ToolCall], between: str) -> str:
    """Several calls."""
    return between.join(map(write_call, calls))
