"""The arguments of a call that stand one by one: the object that they become, and the tags between them.

Every notation of elements and of pairs reads its parameters with `read_members`. A notation says with `Structure` what
each tag between two parameters means. The loop forgives what models leave out: a close tag too many, and the close tag
of the call where the reply ends or the next call follows.
"""

import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from toolbridge import schema
from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.notation.reading import Reading
from toolbridge.notation.turn_end import behind_tokens, ends_turn
from toolbridge.notation.values import DroppedValue, Implies, Value, WrittenValue, loose
from toolbridge.scanner import BLANK, Grammar, NotACall, OutOfText

STRAY = "stray close tag"
"""The tolerance for a close tag of a member where no member is open."""


class Members:
    """The object being written: its braces, commas and keys, and which parameters it has."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.names: set[str] = set()
        reading.args("{")

    def begin(self, name: str) -> bool:
        """Write the key of a parameter. False for a parameter that was there already: its first value stands."""
        if name in self.names:
            self._reading.tolerate("repeated parameter")
            return False
        comma = "," if self.names else ""
        self.names.add(name)
        self._reading.args(f"{comma}{json.dumps(name, ensure_ascii=False)}:")
        return True

    def value(self, name: str, *, text: bool | None = None) -> Value:
        """Begin a parameter, and return what takes its value.

        `text` is what the model says of the value's type: text, or JSON; None leaves the type to the schema.
        """
        return WrittenValue(self._reading, name, text=text) if self.begin(name) else DroppedValue()

    def end(self) -> None:
        """The object is whole, and the call with it."""
        self._reading.args("}")
        self._reading.end()

    @property
    def are_pending(self) -> bool:
        """Whether a key was read whose value has not come: the call cannot end here."""
        return False

    def are_whole(self) -> bool:
        """Whether the call may do without its close tag where the model stopped."""
        return bool(self.names) and self.has_required()

    def has_required(self) -> bool:
        """Whether every parameter is there that the tool's schema requires."""
        tool = self._reading.tool
        return tool is None or self.names.issuperset(schema.required(tool.parameters))


@dataclass(frozen=True, slots=True)
class Structure:
    """What the tags between the members of a call mean."""

    close: str
    """The close tag of the call."""
    reads: Mapping[str, Callable[[str], Grammar]]
    """What reads on behind a tag, such as the value behind a parameter's open tag. It is told the tag."""
    forgiven: Mapping[str, str] = field(default_factory=dict)
    """Tags that are skipped, with the tolerance that each counts as. An empty name counts as none."""
    ahead: tuple[str, ...] = ()
    """Tags that belong to what follows the call. In place of its close tag they end it."""
    closing: str = "</"
    """What close tags begin with."""

    def tags(self) -> tuple[str, ...]:
        """All of them, the longer one of two that begin alike first."""
        tags = dict.fromkeys((self.close, *self.reads, *self.forgiven, *self.ahead))
        return tuple(sorted(tags, key=len, reverse=True))


def read_members(reading: Reading, members: Members, structure: Structure) -> Grammar:
    """Read the members of a call that has begun, up to its end: its close tag, or what shows that it has none."""
    tags = structure.tags()
    options = loose(*tags)
    while True:
        tag = yield from _next_tag(reading, members, tags, options, structure.closing)
        if read := structure.reads.get(tag):
            yield from read(tag)
        elif tag in structure.forgiven:
            if tolerance := structure.forgiven[tag]:
                reading.tolerate(tolerance)
        else:
            if members.are_pending:
                reading.scanner.pos -= len(tag)
                raise NotACall
            if tag and tag != structure.close:
                _end_before(reading, members, tag)
            members.end()
            return


def _next_tag(
    reading: Reading, members: Members, tags: tuple[str, ...], options: tuple[str, ...], closing: str
) -> Generator[None, None, str]:
    """The next structural tag; empty where the model stopped and the call is complete without its close tag."""
    scanner = reading.scanner
    try:
        yield from scanner.blanks()
        if tag := (yield from scanner.option(*options)):
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


def _end_before(reading: Reading, members: Members, tag: str) -> None:
    """This tag, just read, belongs to what follows: the call ends before it. Raises `NotACall` if it cannot yet."""
    scanner = reading.scanner
    scanner.pos -= len(tag)
    if not scanner.text.startswith(tag, scanner.pos):
        # The tag stood in the text with a blank before its end.
        scanner.pos -= 1
    if not members.has_required():
        raise NotACall
    reading.tolerate("missing close tag")


@dataclass(frozen=True, slots=True)
class Following:
    """What shows that the close tag of a value is missing.

    `</invoke>` shows it where the reply ends or another call follows. `</invoke></tool_calls>` shows it as well, if no
    `</parameter>` comes after the two.
    """

    close: str
    """The close tag of the call."""
    value: str
    """What close tags of values begin with."""
    blocks: tuple[str, ...]
    """Close tags of the block, which may come between the call's close tag and what follows the block."""
    calls: tuple[str, ...]
    """What the next call begins with."""
    parameter: re.Pattern[str]
    """The open tag of the next parameter, with its name in group 1. It shows the missing tag if the tool declares a
    parameter of this name and the call does not have it yet."""
    parameter_yet: re.Pattern[str]
    """Text that may still become such an open tag."""


def implied(reading: Reading, members: Members, following: Following) -> Implies:
    """The test whether a value that was not closed is over, by what follows it."""
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
