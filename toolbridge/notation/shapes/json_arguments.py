"""The arguments of a call in a JSON object, and the object's short strings: streamed, mended and bounded.

The arguments are an object, a JSON string that holds an object, or null. A call begins (`begin`) once its name and the
first token of its arguments are known, whichever comes first.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from toolbridge.json_string import StringText
from toolbridge.json_text import BadJson, JsonText
from toolbridge.notation.reading import Reading
from toolbridge.scanner import BLANK, Grammar, NotACall

QUOTES = "\"'"
STRING_MOST = 256
"""The longest key or name, in characters as they are written."""
_GOES_ON = ",]}:" + QUOTES
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
    alone: bool = False
    """Whether that list stands in no object."""
    level: int = 0
    """How many other objects the objects stand in."""
    read: Callable[[Reading, "Around"], Grammar] | None = None
    """Reads one of the objects, for a notation with objects of its own."""
    dropped: frozenset[str] = frozenset()
    """Names that the family calls where it wants no tool: such calls are dropped."""
    own: frozenset[str] = frozenset()
    """What counts as a tolerance elsewhere, and is how the family writes its values."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object that is no part of a call by its key. `start` and `end` are the scanner's positions."""

    key: str
    start: int
    end: int
    inside: bool
    """Whether it stands in an envelope within the object."""


@dataclass(slots=True)
class Found:
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
    members: list[Member] = field(default_factory=list)
    """The members that may turn out to be arguments."""
    named_inside: bool = False
    """Whether the name stands in an envelope within the object."""
    is_flat: bool = False
    """Whether the name stands under a key beside which arguments may stand, also where nothing marks the call."""

    @property
    def is_open(self) -> bool:
        """Whether a call may stand within the object: the object itself is not a call so far."""
        return not (self.name or self.arguments or self.listed)


def object_through(reading: Reading, close: tuple[str, ...]) -> Grammar:
    """Read the arguments of a call that has begun, which stand as an object of their own."""
    found = Found(arguments=[], begun=True)
    text = JsonText(depth=reading.limits.depth)
    yield from _object(reading, Around(close), found, text)
    tolerated(reading, text)


def arguments_through(reading: Reading, name: str, close: tuple[str, ...], call_id: str = "") -> Grammar:
    """Begin a call and read its arguments: an object, a JSON string that holds an object, or null."""
    yield from read_arguments(reading, Around(close), Found(name, call_id))


def tolerated(reading: Reading, text: JsonText, own: frozenset[str] = frozenset()) -> None:
    """Count what was mended in this text for the call, but for what the family writes itself."""
    for what, times in text.tolerances.items():
        if what not in own:
            reading.tolerate(what, times)


def begin(reading: Reading, found: Found) -> None:
    """Begin the call, once its name and the first token of its arguments are known."""
    if found.begun or not found.name or found.arguments is None:
        return
    reading.begin(found.name, found.call_id, dropped=found.name in found.dropped)
    reading.args("".join(found.arguments))
    found.begun = True


def read_arguments(reading: Reading, around: Around, found: Found) -> Grammar:
    """Read the value of `arguments`: an object, a JSON string that holds an object, or null."""
    scanner = reading.scanner
    char = yield from scanner.peek()
    if char in "nN":
        yield from scanner.literal("null", "None")
        found.arguments = ["{}"]
        found.whole = True
        begin(reading, found)
        return
    if char not in "{" + QUOTES:
        raise NotACall
    found.arguments = []
    if not found.name:
        reading.widen(reading.limits.call)
    text = JsonText(depth=reading.limits.depth)
    if char == "{":
        begin(reading, found)
        yield from _object(reading, around, found, text)
    else:
        yield from _object_in_string(reading, found, text)
    found.whole = True
    tolerated(reading, text, around.own)


def _put(reading: Reading, found: Found, text: JsonText) -> None:
    piece = text.taken()
    if found.begun:
        reading.args(piece)
    elif piece and found.arguments is not None:
        found.arguments.append(piece)


def _object(reading: Reading, around: Around, found: Found, text: JsonText) -> Grammar:
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


def _object_in_string(reading: Reading, found: Found, text: JsonText) -> Grammar:
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
            begin(reading, found)
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
        begin(reading, found)
    elif not text.ended:
        if not text.missing():
            raise NotACall
        text.close()
        _put(reading, found, text)


def short_string(reading: Reading) -> Generator[None, None, str]:
    """Read a short string: a key, a name or an id."""
    scanner = reading.scanner
    string = StringText((yield from scanner.literal(*QUOTES)))
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


def skip_value(reading: Reading) -> Grammar:
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
