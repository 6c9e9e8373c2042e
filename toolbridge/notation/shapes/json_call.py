r"""Calls as JSON objects, whatever stands around them: shapes A and B, and calls without a marker.

    {"name": "get_weather", "arguments": {"city": "Oslo"}}

Models vary this, and all of these are read: `parameters`, `args` or `input` for `arguments`; `tool` or `function` for
`name`; arguments before the name; arguments missing, null, or a JSON string that holds the object; the envelope
`{"type": "function", "function": {…}}`; an id beside them; a list of calls, also with entries that are not calls; a
list inside `{"tool_calls": […]}`; a call or such a list within other objects (`{"response": {"tool_calls": […]}}`);
braces missing at the end of a call. The commit point is where both the name and the arguments' first token have been
read.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from toolbridge.events import ToolCall
from toolbridge.json_string import StringText
from toolbridge.json_text import BadJson, JsonText
from toolbridge.notation.drafts import SKIPPED
from toolbridge.notation.reading import Reading
from toolbridge.scanner import BLANK, Grammar, NotACall, OutOfText

NAME_KEYS = frozenset({"name", "tool", "tool_name", "function_name"})
ARGUMENT_KEYS = frozenset({"arguments", "parameters", "args", "input", "tool_input"})
_ID_KEYS = frozenset({"id", "tool_call_id", "call_id"})
_LIST_KEYS = frozenset({"tool_calls", "calls", "function_calls"})
ENVELOPE_KEYS = frozenset({"function", "tool_call", "function_call"})
_QUOTES = "\"'"
STRING_MOST = 256
"""The longest key or name, in characters as they are written."""
_LEVELS = 8
"""How many objects deep a call is looked for."""
_GOES_ON = ",]}:" + _QUOTES
"""Characters that cannot stand behind a list. Before them a `]` belongs to a broken value."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the objects: the markers that end the block, and whether the arguments may be left out.

    If a close marker, or the `]` of a list, stands in place of missing braces, the braces are added. The caller reads
    the marker itself.
    """

    close: tuple[str, ...] = ()
    needs_arguments: bool = False
    listed: bool = False
    """Whether the objects are entries of a list."""
    level: int = 0
    """How many other objects the objects stand in."""
    read: Callable[[Reading, "Around"], Grammar] | None = None
    """Reads one of the objects, for a notation with objects of its own."""
    dropped: frozenset[str] = frozenset()
    """Names that the family calls where it wants no tool: such calls are dropped."""


@dataclass(slots=True)
class _Found:
    """What is known of one object from the members so far."""

    name: str = ""
    call_id: str = ""
    arguments: list[str] | None = None
    begun: bool = False
    started: bool = False
    whole: bool = False
    """Whether the arguments balance. Then the call is complete, whatever becomes of its braces."""
    listed: bool = False
    """Whether calls were found within the object."""
    searched: bool = False
    """Whether the object may hold anything, and is only searched for a call."""
    dropped: frozenset[str] = frozenset()
    """Names whose calls are dropped, from `Around`."""

    @property
    def is_open(self) -> bool:
        """Whether a call may stand within the object: the object itself is not a call so far."""
        return not (self.name or self.arguments or self.listed)


def calls(reading: Reading, around: Around) -> Grammar:
    """Read one call or a list of them, with a draft open."""
    scanner = reading.scanner
    yield from scanner.blanks()
    if (yield from scanner.maybe("[")):
        yield from _list(reading, around)
    else:
        yield from (around.read or call)(reading, around)


def call_object(call: ToolCall, key: str = "arguments") -> str:
    """One call as such an object, on one line, with its arguments unchanged."""
    return f'{{"name": {json.dumps(call.name, ensure_ascii=False)}, "{key}": {call.arguments_json}}}'


def object_through(reading: Reading, close: tuple[str, ...]) -> Grammar:
    """Read the arguments of a call that has begun, which stand as an object of their own."""
    found = _Found(arguments=[], begun=True)
    text = JsonText(depth=reading.limits.depth)
    yield from _object(reading, Around(close), found, text)
    _tolerated(reading, text)


def arguments_through(reading: Reading, name: str, close: tuple[str, ...], call_id: str = "") -> Grammar:
    """Begin a call and read its arguments: an object, a JSON string that holds an object, or null."""
    yield from _arguments(reading, Around(close), _Found(name, call_id))


def _tolerated(reading: Reading, text: JsonText) -> None:
    for what, times in text.tolerances.items():
        reading.tolerate(what, times)


def _list(reading: Reading, around: Around) -> Grammar:
    """Read the calls of a list. Entries that are not objects are skipped. Behind a call, other objects are text."""
    scanner = reading.scanner
    around = replace(around, listed=True)
    called = False
    while True:
        yield from scanner.blanks()
        reading.mark("markup")
        char = yield from scanner.peek()
        if char == "]" and called:
            scanner.pos += 1
            reading.mark("markup")
            return
        if called:
            reading.open()
        if char == "{":
            called = yield from entry(reading, around, called=called)
        elif char == "]" or (around.needs_arguments and not called):
            raise NotACall
        else:
            yield from _value(reading)
            reading.mark(SKIPPED)
            if called:
                reading.commit()
        yield from scanner.blanks()
        if not (yield from scanner.maybe(",")) and (yield from scanner.peek()) not in ("]", "{"):
            if not called:
                raise NotACall
            return


def entry(reading: Reading, around: Around, *, called: bool) -> Generator[None, None, bool]:
    """Read one object of several. Returns whether this object, or an object before it, is a call.

    An object that is not a call is text, and the objects behind it may still be calls. `called` says whether a call
    stood before this object. If it did, a draft was opened for this object; before the first call the draft of the
    block is still open.
    """
    start, depth, before = reading.scanner.here, reading.depth, reading.calls
    try:
        yield from (around.read or call)(reading, around)
    except NotACall:
        among = called or depth == 1
        moved = reading.in_call or reading.calls != before or reading.depth != depth
        if not among or around.needs_arguments or moved:
            raise
        reading.scanner.back(start)
        if not called:
            reading.open()
        try:
            yield from _value(reading)
        except (NotACall, OutOfText):
            if not called:
                reading.give_back()
            raise
        reading.give_back()
        return called
    return True


def call(reading: Reading, around: Around) -> Grammar:
    """Read one object that is a call, from its `{` on."""
    found = _Found(dropped=around.dropped)
    yield from reading.scanner.literal("{")
    try:
        yield from _members(reading, around, found)
    except OutOfText:
        if not (found.begun and found.whole):
            raise
        reading.tolerate("missing brace")
    if found.listed:
        reading.mark("markup")
        return
    if not found.begun and found.name and found.arguments is None and not around.needs_arguments:
        # A tool without parameters: models leave the arguments out.
        found.arguments = ["{}"]
    _begin(reading, found)
    if not found.begun:
        raise NotACall
    reading.end()


def _members(reading: Reading, around: Around, found: _Found, *, inside: bool = False) -> Grammar:
    """Read the members of an object through its `}`. `inside` an envelope they belong to the outer call."""
    scanner = reading.scanner
    while True:
        yield from scanner.blanks()
        if (yield from scanner.maybe("}")):
            return
        if found.whole and (yield from scanner.peek()) not in _QUOTES:
            reading.tolerate("missing brace")
            return
        key = yield from short_string(reading)
        yield from scanner.blanks()
        yield from scanner.literal(":")
        yield from scanner.blanks()
        char = yield from scanner.peek()
        if key in ARGUMENT_KEYS and found.arguments is None and (yield from _may_be(reading, found, char)):
            yield from _arguments(reading, around, found)
        elif key in NAME_KEYS | ENVELOPE_KEYS and char in _QUOTES and not found.name:
            yield from _name(reading, found)
        elif key in _ID_KEYS and char in _QUOTES and not found.begun:
            found.call_id = yield from short_string(reading)
        elif key in _ID_KEYS and char in _QUOTES:
            yield from _late_id(reading)
        elif key in ENVELOPE_KEYS and char == "{" and not inside:
            scanner.pos += 1
            yield from _members(reading, around, found, inside=True)
        elif key in _LIST_KEYS and char == "[" and found.is_open:
            scanner.pos += 1
            yield from _list(reading, around)
            found.listed = True
        elif char == "{" and found.is_open and around.level < _LEVELS:
            yield from _within(reading, around, found)
        else:
            yield from _value(reading)
        yield from scanner.blanks()
        yield from scanner.maybe(",")


def _within(reading: Reading, around: Around, found: _Found) -> Grammar:
    """Read an object among the members of an object that is not a call so far. It may hold the call, or be the call."""
    inner = _Found(searched=True, dropped=around.dropped)
    reading.scanner.pos += 1
    try:
        yield from _members(reading, replace(around, level=around.level + 1), inner, inside=True)
    except OutOfText:
        if inner.begun and inner.whole:
            reading.tolerate("missing brace")
            reading.end()
        raise
    if inner.begun:
        reading.end()
    found.listed = inner.begun or inner.listed


def _late_id(reading: Reading) -> Grammar:
    """Read an id behind the arguments, as Mistral's models write it. It is kept if the call has not left yet."""
    start = reading.scanner.here
    yield from _value(reading)
    if reading.depth:
        written = reading.drafted(reading.depth - 1)
        reading.identify(written[start - reading.scanner.here :].strip(_QUOTES))


def _may_be(reading: Reading, found: _Found, char: str) -> Generator[None, None, bool]:
    """Whether the value under a key may be a call's value. An object that is only searched may be anything."""
    if found.searched and char in _QUOTES:
        return bool((yield from reading.scanner.sees(*(quote + "{" for quote in _QUOTES))))
    return not found.searched or char == "{"


def _name(reading: Reading, found: _Found) -> Grammar:
    name = yield from short_string(reading)
    try:
        reading.resolve(name)
    except NotACall:
        if not found.searched:
            raise
    else:
        found.name = name
        _begin(reading, found)


def _begin(reading: Reading, found: _Found) -> None:
    """Begin the call, once its name and the first token of its arguments are known."""
    if found.begun or not found.name or found.arguments is None:
        return
    reading.begin(found.name, found.call_id, dropped=found.name in found.dropped)
    reading.args("".join(found.arguments))
    found.begun = True


def _arguments(reading: Reading, around: Around, found: _Found) -> Grammar:
    """Read the value of `arguments`: an object, a JSON string that holds an object, or null."""
    scanner = reading.scanner
    char = yield from scanner.peek()
    if char in "nN":
        yield from scanner.literal("null", "None")
        found.arguments = ["{}"]
        found.whole = True
        _begin(reading, found)
        return
    if char not in "{" + _QUOTES:
        raise NotACall
    found.arguments = []
    if not found.name:
        reading.widen(reading.limits.call)
    text = JsonText(depth=reading.limits.depth)
    if char == "{":
        _begin(reading, found)
        yield from _object(reading, around, found, text)
    else:
        yield from _object_in_string(reading, found, text)
    found.whole = True
    _tolerated(reading, text)


def _put(reading: Reading, found: _Found, text: JsonText) -> None:
    piece = text.taken()
    if found.begun:
        reading.args(piece)
    elif piece and found.arguments is not None:
        found.arguments.append(piece)


def _object(reading: Reading, around: Around, found: _Found, text: JsonText) -> Grammar:
    """Stream an object through."""
    scanner = reading.scanner

    def passage(piece: str) -> bool:
        inside = text.inside(piece) if scanner.has_room(piece) else None
        if inside is None:
            return False
        scanner.past(piece)
        if found.begun:
            reading.args(inside)
        elif found.arguments is not None:
            found.arguments.append(inside)
        return True

    while not text.ended:
        if scanner.pos >= scanner.stop:
            scanner.expect()
            yield from reading.wait(passage)
            continue
        try:
            scanner.pos = text.feed(scanner.text, scanner.pos, scanner.stop)
        except BadJson as bad:
            scanner.pos = bad.pos
            _put(reading, found, text)
            if not text.missing() or not (yield from _is_closed(reading, around)):
                raise NotACall from None
            text.close()
        _put(reading, found, text)


def _is_closed(reading: Reading, around: Around) -> Generator[None, None, bool]:
    """Whether the block or the list ends here, in place of missing braces."""
    scanner = reading.scanner
    if (yield from scanner.sees(*around.close)):
        return True
    if not around.listed or not (yield from scanner.sees("]")):
        return False
    looked = 1
    while looked < reading.limits.lookahead:
        behind = scanner.text[scanner.pos + looked : scanner.stop].lstrip(BLANK)
        if behind:
            return behind[0] not in _GOES_ON
        if scanner.ended:
            return True
        looked = max(looked, scanner.stop - scanner.pos)
        yield from scanner.settle()
    return False


def _object_in_string(reading: Reading, found: _Found, text: JsonText) -> Grammar:
    """Read a JSON string whose characters are the object: OpenAI's own form, which models learnt too.

    A broken object ends at the end of its string. A string that holds no object shows that with its first character
    that is not blank. So the characters up to there are read one by one: text must begin at the same place, however
    the reply was cut.
    """
    scanner = reading.scanner
    string = StringText(scanner.text[scanner.pos])
    scanner.pos += 1
    broken = False
    while not string.ended:
        if scanner.pos >= scanner.stop:
            yield from scanner.more()
        stop = scanner.stop if found.started else scanner.pos + 1
        scanner.pos, piece = string.feed(scanner.text, scanner.pos, stop)
        if not found.started:
            piece = piece.lstrip()
            if not piece:
                continue
            if piece[0] != "{":
                raise NotACall
            found.started = True
            _begin(reading, found)
        if broken:
            continue
        try:
            broken = bool(piece[text.feed(piece, 0, len(piece)) :].strip())
        except BadJson:
            broken = True
        _put(reading, found, text)
    if broken:
        raise NotACall
    if not found.started:
        found.arguments = ["{}"]
        _begin(reading, found)
    elif not text.ended:
        if not text.missing():
            raise NotACall
        text.close()
        _put(reading, found, text)


def short_string(reading: Reading) -> Generator[None, None, str]:
    """Read a short string: a key, a name or an id."""
    scanner = reading.scanner
    string = StringText((yield from scanner.literal(*_QUOTES)))
    out = ""
    room = STRING_MOST
    while not string.ended:
        if not room:
            raise NotACall
        if scanner.pos >= scanner.stop:
            yield from scanner.more()
        start = scanner.pos
        scanner.pos, piece = string.feed(scanner.text, start, min(scanner.stop, start + room))
        room -= scanner.pos - start
        out += piece
    return out


def _value(reading: Reading) -> Grammar:
    """Read any JSON value and leave it out."""
    scanner = reading.scanner
    text = JsonText(depth=reading.limits.depth)
    while not text.ended:
        if scanner.pos >= scanner.stop:
            yield from scanner.more()
        try:
            scanner.pos = text.feed(scanner.text, scanner.pos, scanner.stop)
        except BadJson as bad:
            scanner.pos = bad.pos
            raise NotACall from None
        text.taken()
