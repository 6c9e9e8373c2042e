"""The arguments of a call that stand one by one: the object that they become, and where one of them must have ended."""

import json
import re
from collections.abc import Generator
from dataclasses import dataclass

from toolbridge import schema
from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_call import object_through
from toolbridge.notation.turn_end import behind_tokens, ends_turn
from toolbridge.notation.values import Implies, Value, loose
from toolbridge.scanner import BLANK, Grammar, NotACall, OutOfText


class Members:
    """The object being written: its braces, commas and keys, and which parameters it has."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.names: set[str] = set()
        reading.args("{")

    def begin(self, name: str) -> bool:
        """Write the key of a parameter. False for one that was there already, whose first value stands."""
        if name in self.names:
            self._reading.tolerate("repeated parameter")
            return False
        comma = "," if self.names else ""
        self.names.add(name)
        self._reading.args(f"{comma}{json.dumps(name, ensure_ascii=False)}:")
        return True

    def end(self) -> None:
        """The object is whole, and the call with it."""
        self._reading.args("}")
        self._reading.end()

    def are_whole(self) -> bool:
        """Whether the call may do without its close tag where the model stopped."""
        return bool(self.names) and self.has_required()

    def has_required(self) -> bool:
        """Whether all is there that the tool's schema requires."""
        tool = self._reading.tool
        return tool is None or self.names.issuperset(schema.required(tool.parameters))


class Dropped(Value):
    """A value that is read and left out."""

    __slots__ = ()

    def __init__(self) -> None:
        pass

    def put(self, text: str) -> None:
        """Leave a piece out."""

    def end(self) -> None:
        """There is nothing to end."""


def next_tag(
    reading: Reading, members: Members, tags: tuple[str, ...], *, closing: str = "</"
) -> Generator[None, None, str]:
    """The next structural tag; empty where the model stopped and the call is complete without its close tag.

    `closing` is what close tags begin with.
    """
    scanner = reading.scanner
    try:
        yield from scanner.blanks()
        if tag := (yield from scanner.option(*loose(*tags))):
            if tag in tags:
                return tag
            reading.tolerate("blank in tag")
            return f"{tag.removesuffix(' >')}>"
        if not (yield from ends_turn(scanner, reading.limits.lookahead)):
            raise NotACall
    except OutOfText:
        rest = scanner.text[scanner.pos : scanner.stop]
        closes = any(tag.startswith(rest) for tag in tags if tag.startswith(closing))
        if reading.cause != "stop" or not closes or not members.are_whole():
            raise
        scanner.pos = scanner.stop
    else:
        if not members.are_whole():
            raise OutOfText
    reading.tolerate("missing close tag")
    return ""


def ends_early(reading: Reading, members: Members, tag: str) -> None:
    """This tag, just read, belongs to what follows: the call ends before it. Raises `NotACall` if it cannot yet."""
    scanner = reading.scanner
    scanner.pos -= len(tag)
    if not scanner.text.startswith(tag, scanner.pos):
        # It stood there with a blank before its end.
        scanner.pos -= 1
    if not members.has_required():
        raise NotACall
    reading.tolerate("missing close tag")


def json_body(reading: Reading, name: str, close: str, *, known: bool = False) -> Grammar:
    """A JSON object where parameters should be, up to and with the call's close tag.

    `known` tells that some family writes just that.
    """
    reading.begin(name)
    if not known:
        reading.tolerate("JSON body")
    yield from object_through(reading, (close,))
    scanner = reading.scanner
    try:
        yield from scanner.blanks()
        if not (yield from scanner.option(close)):
            if not (yield from ends_turn(scanner, reading.limits.lookahead)):
                raise NotACall
            reading.tolerate("missing close tag")
    except OutOfText:
        reading.tolerate("missing close tag")
    reading.end()


@dataclass(frozen=True, slots=True)
class Following:
    """What shows that the close tag of a value is missing."""

    close: str
    """The close tag of the call, which shows it where the reply or another call follows the block's end.

    So it does together with the block's where no close tag of a value is in sight behind them."""
    value: str
    """What close tags of values begin with."""
    blocks: tuple[str, ...]
    """Close tags of the block, which may come between."""
    calls: tuple[str, ...]
    """What the next call begins with."""
    parameter: re.Pattern[str]
    """The open tag of the next parameter, its name in group 1: one that is declared and was not there yet shows it."""
    parameter_yet: re.Pattern[str]
    """What may still become one."""


def implied(reading: Reading, members: Members, following: Following) -> Implies:
    """Whether a value that was not closed is over, by what follows it."""
    tool = reading.tool
    declared = schema.properties(tool.parameters) if tool else {}
    blocks = "|".join(map(re.escape, following.blocks))
    tail = re.compile(rf"{re.escape(following.close)}\s*((?:(?:{blocks})\s*)*)")
    opens = (*following.calls, *(one.replace("</", "<", 1) for one in following.blocks if one.startswith("</")))
    goes_on = (*following.blocks, *opens, *ENDS_OF_TURN)

    def implies(text: str, ended: bool) -> bool | None:
        if text.startswith(following.close):
            found = tail.match(text)
            rest = behind_tokens(text[found.end() :]) if found else ""
            if any(rest.startswith(one) for one in opens):
                return True
            if not rest or any(one.startswith(rest) for one in goes_on):
                return True if ended else None
            if not found or not found[1] or following.value in rest:
                return False
            return (reading.cause == "stop") if ended else None
        if found := following.parameter.match(text):
            name = found[1].strip(BLANK)
            return name in declared and name not in members.names
        return None if not ended and following.parameter_yet.match(text) else False

    return implies
