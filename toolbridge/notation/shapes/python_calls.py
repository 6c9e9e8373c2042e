r"""Calls as Python writes them, with keyword arguments: shape G.

    [get_weather(city="Oslo", days=2), now()]

Values are Python's literals or JSON's, also strings in triple quotes. A set is a list, and `07` is the number 7 where
the schema wants a number. A call with any other argument (a positional
argument, a name, a call, an f-string) is text. The other calls of its list are read, also behind a call that broke
after it had begun. Arguments whose names Python does not allow stand in `**{…}`, as JSON. The commit point is the first
keyword and the first token of its value, or `**{`, or the `)` of a call without arguments.
"""

import json
import re
from collections import Counter
from collections.abc import Generator, Sequence

from toolbridge import schema
from toolbridge.events import ToolCall
from toolbridge.json_text import BadJson, JsonText
from toolbridge.notation.members import Members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import object_through
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall, OutOfText

_NAME = re.compile(r"[^()\[\]{}=,;\"'`<>\n]*")
_PLAIN = re.compile(r"[\w.:/-]+")
"""A name before a `(`, whether or not it is offered, where the arguments turn out not to be those of a call."""
_KEY = re.compile(r"[\w-]*")
_TRIPLE = ('"""', "'''")
_LENIENT = ("bare key", "number")
"""Lenient readings that count as a tolerance. The other lenient readings of JSON text are Python's own spelling."""
_SKIPPED = re.compile(r"[^()\[\]{}\"'\n]*")
_SKIPPED_INSIDE = re.compile(r"[^()\[\]{}\"'\n<]*")
"""Text within a call that broke. A `<` may begin its close marker or the next opener."""
_KEYWORD = re.compile(r"[^\W\d][\w-]*")
_WORD = re.compile(r"[A-Za-z_\"']*")
_WORDS = frozenset({"true", "false", "none", "null", "nan", "infinity", "undefined"})
"""The words that may stand as values. Any other word is code, and so is a word right before a quote."""
_QUOTES = "\"'"
_BEGINS_ENTRY = _QUOTES + "-0123456789"
"""What the first value of a set begins with. A word there is a key without quotes."""
_DIGITS = re.compile(r"[0-9]*")
_DIGITS_MOST = 1024
_NUMBERS = frozenset({"integer", "number"})
_REFUSED = 8
"""How many entries before the first call of a list may be something else."""
_NEAR = 128
"""In how many characters behind the place where a call broke its `)` is looked for. They may be read again."""


def python_calls(reading: Reading, *close: str) -> Grammar:
    """Read calls with a draft open, in brackets or on their own lines, through a close marker if there is one.

    Without bracket and marker the block ends with the last call.
    """
    scanner = reading.scanner
    yield from scanner.blanks()
    bracket = yield from scanner.maybe("[")
    entered = called = False
    refused = 0
    while True:
        if called:
            reading.open()
        yield from scanner.blanks()
        if entered:
            yield from scanner.maybe(",", ";")
            yield from scanner.blanks()
            reading.mark("markup")
            ends = "]" if bracket and (yield from scanner.maybe("]")) else (yield from scanner.maybe(*close))
            if ends:
                if not called:
                    raise NotACall
                reading.mark("markup")
                reading.commit()
                if ends != "]":
                    return
                break
        called = yield from _entry(reading, called=called, marked=bool(close))
        refused += not called
        if refused > _REFUSED:
            raise NotACall
        entered = True
    if close:
        reading.open()
        yield from scanner.blanks()
        yield from scanner.literal(*close)
        reading.mark("markup")
        reading.commit()


def _entry(reading: Reading, *, called: bool, marked: bool) -> Generator[None, None, bool]:
    """Read one call. An entry that is not a call is text, and the list goes on. Returns whether any call was read."""
    scanner = reading.scanner
    start, depth = scanner.here, reading.depth
    try:
        yield from _call(reading)
    except NotACall as stop:
        if reading.in_call and reading.depth < depth and (yield from _skip_broken(reading)):
            reading.abandon(stop)
        elif reading.depth != depth or (reading.in_call and not called):
            raise
        else:
            scanner.back(start)
            if not called:
                yield from _refused(reading, marked=marked)
                return False
            yield from _skip(reading)
            reading.give_back()
    return True


def _skip_broken(reading: Reading) -> Generator[None, None, bool]:
    """Read past the rest of a call that broke, if its `)` is near. Returns whether it is near."""
    scanner = reading.scanner
    if reading.depth:
        return False
    start = scanner.here
    reading.open()
    reading.widen(_NEAR)
    try:
        yield from _skip(reading, 1)
    except (NotACall, OutOfText):
        scanner.back(start)
    near = scanner.here > start
    reading.commit()
    return near


def _refused(reading: Reading, *, marked: bool) -> Grammar:
    """Read an entry before the first call of a list that is not a call. It is text, if a call follows."""
    scanner = reading.scanner
    start = scanner.here
    name = (yield from scanner.take(_NAME)).strip(BLANK)
    if reading.names.declared(name) is None and not (marked and _PLAIN.fullmatch(name)):
        raise NotACall
    scanner.back(start)
    yield from _skip(reading)
    end = scanner.here
    scanner.back(start)
    reading.mark("markup")
    reading.pass_to(scanner.pos + end - start)


def _call(reading: Reading) -> Grammar:
    name = (yield from reading.scanner.take(_NAME)).strip(BLANK)
    yield from reading.scanner.literal("(")
    yield from behind_parenthesis(reading, name)


def behind_parenthesis(reading: Reading, name: str) -> Grammar:
    """Read the arguments of one call, behind its `(` and through its `)`, with a draft open."""
    scanner = reading.scanner
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
        reading.empty_call(name)
        return
    key = yield from _keyword(reading)
    yield from _literal(reading)
    reading.begin(name)
    members = Members(reading)
    while True:
        yield from _value(reading, key, kept=members.begin(key))
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
    """Read the name of a parameter, with its `=`."""
    scanner = reading.scanner
    key = yield from scanner.take(_KEY)
    if not key:
        raise NotACall
    yield from scanner.blanks()
    yield from scanner.literal("=")
    yield from scanner.blanks()
    return key


def _literal(reading: Reading) -> Grammar:
    """Look at the beginning of the first value. Raises `NotACall` for a name, a call or an f-string."""
    scanner = reading.scanner
    start = scanner.here
    char = yield from scanner.peek()
    if char.isalpha() or char == "_":
        word = yield from scanner.take(_WORD)
        scanner.back(start)
        if word.lower() not in _WORDS:
            raise NotACall


def _value(reading: Reading, key: str, *, kept: bool) -> Grammar:
    """Stream one literal through. The value of a repeated parameter is read and left out."""
    scanner = reading.scanner
    text = JsonText(depth=reading.limits.depth)
    triple = yield from scanner.maybe(*_TRIPLE)
    if triple:
        yield from _triple(reading, text, triple, kept=kept)
        return
    char = yield from scanner.peek()
    if (char == "0" and (yield from _number(reading, text, key, kept=kept))) or (
        char == "{" and (yield from _set(reading, text, kept=kept))
    ):
        return
    yield from _plain_value(reading, text, kept=kept)


def _plain_value(reading: Reading, text: JsonText, *, kept: bool) -> Grammar:
    """Stream through what is left of a literal that JSON has as well."""
    scanner = reading.scanner

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
            yield from reading.wait(passage)
            continue
        scanner.pos = _feed(reading, text, scanner.text, scanner.pos, scanner.stop, kept=kept)
    _tolerated(reading, text.tolerances)


def _number(reading: Reading, text: JsonText, key: str, *, kept: bool) -> Generator[None, None, bool]:
    """Read digits behind a leading zero. Returns whether they are a number: the schema tells it from a code.

    Digits that are no such number are the beginning of the literal.
    """
    digits = yield from reading.scanner.take(_DIGITS)
    if len(digits) > _DIGITS_MOST:
        raise NotACall
    if len(digits) > 1 and (yield from reading.scanner.peek()) in f"{BLANK},)" and _wants_number(reading, key):
        if kept:
            reading.args(digits.lstrip("0") or "0")
        reading.tolerate("number")
        return True
    _feed(reading, text, digits, 0, len(digits), kept=kept)
    return False


def _wants_number(reading: Reading, key: str) -> bool:
    """Whether the schema of this parameter allows a number and no text."""
    root = reading.tool.parameters if reading.tool else None
    own = schema.property_schema(root, key) if root is not None else None
    kinds = schema.kinds(own, root) if own is not None else frozenset()
    return bool(kinds & _NUMBERS) and "string" not in kinds


def _set(reading: Reading, text: JsonText, *, kept: bool) -> Generator[None, None, bool]:
    """Read a set, behind which no `:` stands after the first value. Returns whether it was one: it becomes a list.

    A `{` with a key behind it is the beginning of the literal.
    """
    scanner = reading.scanner
    scanner.pos += 1
    yield from scanner.blanks()
    if (yield from scanner.peek()) not in _BEGINS_ENTRY:
        _feed(reading, text, "{", 0, 1, kept=kept)
        return False
    value = yield from _entry_of_set(reading)
    yield from scanner.blanks()
    if (yield from scanner.peek()) not in ",}":
        _feed(reading, text, "{" + value, 0, 1 + len(value), kept=kept)
        return False
    before = "["
    while True:
        if kept:
            reading.args(before + value)
        before = ","
        ends = yield from scanner.literal(",", "}")
        yield from scanner.blanks()
        if ends == "}" or (yield from scanner.maybe("}")):
            break
        value = yield from _entry_of_set(reading)
        yield from scanner.blanks()
    if kept:
        reading.args("]")
    return True


def _entry_of_set(reading: Reading) -> Generator[None, None, str]:
    """Read one value and return it as JSON."""
    scanner = reading.scanner
    text = JsonText(depth=reading.limits.depth)
    out = ""
    while not text.ended:
        if scanner.pos >= scanner.stop:
            yield from scanner.more()
        try:
            scanner.pos = text.feed(scanner.text, scanner.pos, scanner.stop)
        except BadJson as bad:
            scanner.pos = bad.pos
            raise NotACall from None
        out += text.taken()
    return out


def _triple(reading: Reading, text: JsonText, triple: str, *, kept: bool) -> Grammar:
    """Read a string in triple quotes, behind the quotes. Lone quotes in the string are escaped on the way."""
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
    """Transcode a piece of the scanner's text, or of a text in its place. Returns the position behind the piece."""
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


def _skip(reading: Reading, inside: int = 0) -> Grammar:
    """Read past text in the shape of a call, `name(…)`, whatever stands in its parentheses.

    A call that broke may have opened brackets of its values before, so behind it only parentheses count.
    """
    scanner = reading.scanner
    opens, closes = ("(", ")") if inside else ("([{", ")]}")
    skipped = _SKIPPED_INSIDE if inside else _SKIPPED
    depth = inside
    while True:
        yield from scanner.take(skipped)
        char = yield from scanner.peek()
        scanner.pos += 1
        if char in opens:
            depth += 1
        elif char in closes:
            depth -= 1
            if depth == 0 and char == ")":
                return
        elif depth and char in _QUOTES:
            yield from _skip_string(reading, char)
        elif char == "<" or (char != "\n" and not inside):
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
    """One call. Its values are written as JSON, which these models read and write as well."""
    arguments = call.arguments
    if not all(map(_KEYWORD.fullmatch, arguments)):
        return f"{call.name}(**{call.arguments_json})"
    shown = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return f"{call.name}({shown})"


def written(calls: Sequence[ToolCall], between: str) -> str:
    """Several calls."""
    return between.join(map(write_call, calls))
