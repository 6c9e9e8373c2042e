"""The arguments of a call that stand one by one: the object that they become, and the tags between them.

Every notation of elements and of pairs reads its parameters with `read_members`. A notation says with `Structure` what
each tag between two parameters means. The loop forgives what models leave out: a close tag too many, and the close tag
of the call where the reply ends or the next call follows.
"""

import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolbridge import schema
from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.notation.reading import Reading
from toolbridge.notation.turn_end import behind_tokens, ends_turn
from toolbridge.notation.values import DroppedValue, Implies, Value, WrittenValue, loose, typed
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall, OutOfText

STRAY = "stray close tag"
"""The tolerance for a close tag of a member where no member is open."""


@dataclass(slots=True)
class _List:
    """A parameter that the schema calls a list, whose last value may not be its only one."""

    name: str
    schema: Any
    whole: str
    """The JSON text of its first value, as the whole list."""
    as_entry: Callable[[Any], str] | None
    """The JSON text of its first value, as an entry of the list by the schema of its entries; None for a whole list."""
    entries: list[str] = field(default_factory=list)
    """Its entries, once it has a second value."""

    def written(self) -> str:
        """The JSON text of the list."""
        return f"[{','.join(self.entries)}]" if self.entries else self.whole


_WRAPPERS = ("arguments", "parameters")
"""Parameters in which models write all the arguments as one JSON object."""


class Members:
    """The object being written: its braces, commas and keys, and which parameters it has.

    Models write a list as one element for each of its entries, all with the name of the list. So the value of a
    parameter that the schema calls a list waits until something else follows.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._list: _List | None = None
        self._wrapped = ""
        """A first parameter that may hold all the arguments: its object in JSON text."""
        self._own = ""
        """The same parameter as a parameter of its own: its key and its value in JSON text."""
        self.names: set[str] = set()
        reading.args("{")

    def begin(self, name: str) -> bool:
        """Write the key of a parameter. False for a parameter that was there already: its first value stands."""
        if name in self.names:
            self._reading.tolerate("repeated parameter")
            return False
        self.settle()
        comma = "," if self.names else ""
        self.names.add(name)
        self._reading.args(f"{comma}{json.dumps(name, ensure_ascii=False)}:")
        return True

    def value(self, name: str, *, text: bool | None = None) -> Value:
        """Begin a parameter, and return what takes its value.

        `text` is what the model says of the value's type: text, or JSON; None leaves the type to the schema.
        """
        if name in _WRAPPERS and not self.names and self._is_foreign(name):
            # DeepSeek writes all the arguments in one parameter that the tool does not have.
            return _CollectedValue(lambda raw: self.wrap(name, raw, text))
        is_entry = self.adds_entry(name)
        if not is_entry and not self.begin(name):
            return DroppedValue()
        if is_entry or self._own_list(name) is not None:
            return _CollectedValue(lambda raw: self._put_listed(name, raw, text))
        return WrittenValue(self._reading, name, text=text)

    def adds_entry(self, name: str) -> bool:
        """Whether a value of this parameter is a further entry of the list that was read right before it.

        A list of its own, written out whole, is no entry: then the first list stands.
        """
        return self._list is not None and self._list.name == name and self._list.as_entry is not None

    def _put_listed(self, name: str, raw: str, text: bool | None) -> None:
        """Write a list, or an entry of it. Where the model says that the value is text, it is text."""
        root = self._root
        self.put(name, raw, lambda own: typed(raw, {"type": "string"} if text else own, root))

    def put(self, name: str, raw: str, typed: Callable[[Any], str]) -> None:
        """Write the raw value of a parameter that has begun. `typed` gives it in JSON text, by a schema."""
        listed = self._list
        whole = typed(schema.property_schema(self._root, name) if self._root is not None else None)
        if listed is None or listed.name != name:
            own = self._own_list(name)
            if own is None:
                self._reading.args(whole)
            else:
                is_whole = raw.lstrip().startswith(("[", "<")) and whole.startswith("[")
                self._list = _List(name, own, whole, None if is_whole else typed)
            return
        if listed.as_entry is not None and not listed.entries:
            self._reading.tolerate("entries in repeated tags")
            listed.entries.append(listed.as_entry(schema.items_schema(listed.schema, 0, self._root) or {}))
        listed.entries.append(typed(schema.items_schema(listed.schema, len(listed.entries), self._root) or {}))

    def settle(self) -> None:
        """No further entry follows: the list that waits is written."""
        if self._wrapped:
            self._reading.args(self._own)
            self._wrapped = ""
        if self._list is not None:
            self._reading.args(self._list.written())
            self._list = None

    def wrap(self, name: str, raw: str, text: bool | None) -> None:
        """The first parameter has this raw value. An object holds all the arguments if nothing follows it."""
        self.names.add(name)
        root = self._root
        own = schema.property_schema(root, name) if root is not None else None
        is_text = schema.is_text(own, root) if text is None else text
        written = schema.to_json(raw, {"type": "string"}) if is_text else typed(raw, {} if text is False else own, root)
        self._own = f'"{name}":{written}'
        self._wrapped = typed(raw, {}, None)
        if not self._wrapped.startswith("{"):
            self._reading.args(self._own)
            self._wrapped = ""

    def _is_foreign(self, name: str) -> bool:
        """Whether the tool is known and has no parameter of this name."""
        return self._root is not None and not schema.declares(self._root, name)

    @property
    def _root(self) -> Any:
        tool = self._reading.tool
        return tool.parameters if tool else None

    def _own_list(self, name: str) -> Any:
        """The schema of this parameter if it may be a list and cannot be text, else None."""
        root = self._root
        own = schema.property_schema(root, name) if root is not None else None
        kinds = schema.kinds(own, root) if own is not None else frozenset()
        return own if "array" in kinds and "string" not in kinds else None

    def end(self) -> None:
        """The object is whole, and the call with it."""
        if self._wrapped:
            self._reading.tolerate("arguments in a parameter")
            self._reading.args(self._wrapped.strip()[1:-1])
            self._wrapped = ""
        self.settle()
        self._reading.args("}")
        self._reading.end()

    @property
    def are_pending(self) -> bool:
        """Whether a key was read whose value has not come: the call cannot end here."""
        return False

    def forget_pending(self) -> None:
        """The close tag of the call has come: forget a key that certainly has no value."""

    def are_whole(self) -> bool:
        """Whether the call may do without its close tag where the model stopped."""
        return bool(self.names) and self.has_required()

    def has_required(self) -> bool:
        """Whether every parameter is there that the tool's schema requires."""
        tool = self._reading.tool
        return tool is None or self.names.issuperset(schema.required(tool.parameters))


class _CollectedValue:
    """A raw value that is held until it is whole; `then` takes it."""

    __slots__ = ("_parts", "_then")

    def __init__(self, then: Callable[[str], None]) -> None:
        self._then = then
        self._parts: list[str] = []

    def put(self, text: str) -> None:
        """A piece of the raw value."""
        self._parts.append(text)

    def end(self) -> None:
        """The value is whole."""
        self._then("".join(self._parts))


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
    mark: Markers | None = None
    """The mark that every tag has: text before it, between two tags, is skipped. None where tags have no mark."""

    def tags(self) -> tuple[str, ...]:
        """All of them, the longer one of two that begin alike first."""
        tags = dict.fromkeys((self.close, *self.reads, *self.forgiven, *self.ahead))
        return tuple(sorted(tags, key=len, reverse=True))


def read_members(reading: Reading, members: Members, structure: Structure) -> Grammar:
    """Read the members of a call that has begun, up to its end: its close tag, or what shows that it has none."""
    try:
        yield from _read_members(reading, members, structure)
    finally:
        # A call that is cut keeps the list that was whole.
        members.settle()


def _read_members(reading: Reading, members: Members, structure: Structure) -> Grammar:
    tags = structure.tags()
    options = loose(*tags)
    while True:
        if structure.mark is not None:
            yield from _skip_text(reading, structure.mark)
        tag = yield from _next_tag(reading, members, tags, options, structure.closing)
        if read := structure.reads.get(tag):
            yield from read(tag)
        elif tag in structure.forgiven:
            if tolerance := structure.forgiven[tag]:
                reading.tolerate(tolerance)
        else:
            if members.are_pending and tag == structure.close:
                members.forget_pending()
            if members.are_pending:
                reading.scanner.pos -= len(tag)
                raise NotACall
            if tag and tag != structure.close:
                _end_before(reading, members, tag)
            members.end()
            return


def _skip_text(reading: Reading, mark: Markers) -> Grammar:
    """Skip text up to the next mark. Where none comes soon, nothing is skipped."""
    scanner, most = reading.scanner, reading.limits.lookahead
    looked = 0
    while looked < most:
        found = mark.search(scanner.text, scanner.pos + looked, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        if literal is not None:
            if scanner.text[scanner.pos : at].strip(BLANK):
                reading.tolerate("text between tags")
            scanner.pos = at
            return
        if scanner.ended:
            return
        looked = at - scanner.pos
        yield from scanner.settle()


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
