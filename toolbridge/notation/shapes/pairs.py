r"""Calls as a name and pairs of key and raw value: shape E.

    <tool_call>get_weather
    <arg_key>city</arg_key>
    <arg_value>Oslo</arg_value>
    </tool_call>

The line breaks between the tags may be missing, or be a backslash and an `n`. Models leave out tags, which is forgiven:
the close tags of keys and values, `<arg_value>` itself, `<arg_key>` behind the name. Some write all the keys before all
the values, which is read as well. The families differ in the names of their tags, and some write the type of a value
before it. The commit point is the first key, or the close tag of a call without arguments.
"""

import re
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass

from toolbridge import schema
from toolbridge.notation.dialect import NameToken
from toolbridge.notation.members import STRAY, Following, Members, Structure, implied, read_members
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_body
from toolbridge.notation.shapes.parameter_elements import open_tags, parameter_elements
from toolbridge.notation.values import Ends, Value, loose, raw_value
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall

_NAME = re.compile(r"[^<>{}\\\n]*")
_PLAIN = re.compile(r"[\w.:/-]+")
"""Names that are read as a call although no such tool is offered. A sentence between two tags is not a name."""
_KEY = re.compile(r"[^<>]*")
_TAG = re.compile(r"<[^<>]*>")
_KEY_MOST = 256
"""Characters that a key may have."""
_WRITTEN_BREAK = "\\n"
"""A line break as GLM 4.5 sometimes writes it between tags: a backslash and an `n`."""

OTHER_STARTS = (NameToken(unlike=(*NAME_BEGINS, "<", "{", "["), initial=True),)
"""The first token behind an opener for offered tools whose names begin with none of `NAME_BEGINS`."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The tags of one notation: `prefix` stands in each of them before its name, `suffix` before its `>`."""

    suffix: str = ""
    block_close: tuple[str, ...] = ()
    """Close tags of what stands around the calls."""
    prefix: str = ""
    call: str = "tool_call"
    """The name of the tag around one call."""
    types: bool = False
    """Whether a tag with the type of the value may stand before the value."""

    def tag(self, name: str) -> str:
        """An open tag, or a close tag where the name has a slash."""
        slash = "/" if name.startswith("/") else ""
        return f"<{slash}{self.prefix}{name.removeprefix(slash)}{self.suffix}>"

    @property
    def call_tag(self) -> str:
        """The open tag of a call."""
        return self.tag(self.call)

    @property
    def call_close(self) -> str:
        """The close tag of a call."""
        return self.tag("/" + self.call)

    def following(self) -> Following:
        """What shows that the close tag of a value is missing."""
        key, end = re.escape(self.tag("arg_key")), re.escape(self.tag("/arg_key"))
        whole, part = re.compile(rf"{key}([^<>]*){end}"), re.compile(rf"{key}[^<>]*(?:<[^<>]*)?\Z")
        return Following(self.call_close, self.tag("/arg_value"), self.block_close, (self.call_tag,), whole, part)


class _Keyed(Members):
    """The members of a call whose keys are read apart from their values."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading)
        self.keys: deque[str] = deque()
        """Keys whose values have not come."""
        self._together = False
        """Whether keys came before values."""

    def key(self, name: str) -> None:
        """A key has come."""
        self.keys.append(name)
        if len(self.keys) > 1:
            self._together = True
            self._reading.tolerate("keys before values")

    @property
    def are_pending(self) -> bool:
        """Whether a key has no value yet."""
        return bool(self.keys)

    def forget_pending(self) -> None:
        """The call is over: its last key has no value, if each value before it stood behind its own key.

        The tool must do without the parameter.
        """
        if len(self.keys) == 1 and not self._together and self.are_whole():
            self.keys.clear()
            self._reading.tolerate("key without a value")

    def next_value(self, kind: str = "") -> Value:
        """Begin the parameter of the first key that has no value, of the type that the model wrote, if it wrote any.

        Raises `NotACall` for a value without a key.
        """
        if not self.keys:
            raise NotACall
        return self.value(self.keys.popleft(), text=kind == "string" if kind else None)


def call(reading: Reading, pairs: Pairs) -> Grammar:
    """Read one call, behind its open tag, with a draft open."""
    scanner = reading.scanner
    tag = pairs.tag
    yield from scanner.blanks()
    name = (yield from scanner.take(_NAME)).strip(BLANK)
    glued = ""
    if (yield from scanner.maybe(tag("/arg_key"))):
        name, glued = _unglued(reading, name)
    else:
        if behind := (yield from scanner.maybe(">")):
            name = _ungrouped(reading, name)
        known = reading.resolve(name)
        if known not in reading.tools and not _PLAIN.fullmatch(known):
            raise NotACall
        if behind:
            yield from _object(reading, name, pairs)
            return
        yield from _between(reading)
        yield from scanner.maybe(tag("tool_sep"))
        yield from _between(reading)
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, pairs.call_close)
        return
    if not glued and not (yield from scanner.sees(tag("arg_key"), *loose(pairs.call_close))):
        tool = reading.tools.get(reading.resolve(name))
        if tool is None or not (yield from scanner.sees(*open_tags(tool))):
            raise NotACall
        # Qwen3-Coder writes elements named after the tool and its parameters in the pair of its family.
        reading.tolerate("elements named after parameters")
        yield from parameter_elements(reading, tool, f"</{tool.name}>", (pairs.call_close, *pairs.block_close))
        return
    reading.begin(name)
    members = _Keyed(reading)
    if glued:
        reading.tolerate("missing open tag")
        members.keys.append(glued)
    yield from read_members(reading, members, _structure(reading, members, pairs))


def _ungrouped(reading: Reading, name: str) -> str:
    """The name without the name of a group before it, as in `Weather/get_weather`, if only the rest is offered."""
    last = name.rpartition("/")[2].strip(BLANK)
    offered = reading.names.declared(name) is None and reading.names.declared(last) is not None
    return last if offered else name


def _object(reading: Reading, name: str, pairs: Pairs) -> Grammar:
    """Read the arguments behind `get_weather>`, where GLM 5.3 Flash writes an object and seldom a close tag."""
    yield from reading.scanner.blanks()
    if not (yield from reading.scanner.sees("{")):
        raise NotACall
    yield from json_body(reading, name, pairs.call_close, known=True, ahead=pairs.call_tag)


def _structure(reading: Reading, members: _Keyed, pairs: Pairs) -> Structure:
    scanner = reading.scanner
    tag, close = pairs.tag, pairs.call_close
    key, end_key, value, end_value = tag("arg_key"), tag("/arg_key"), tag("arg_value"), tag("/arg_value")
    implies = implied(reading, members, pairs.following())
    ahead = (pairs.call_tag, *pairs.block_close)
    # Behind a close tag of a value a line break may be written out.
    next_tags = (key, value, close, *ahead)
    follows = Markers((*loose(*next_tags), *(_WRITTEN_BREAK + one for one in next_tags)))
    ends = Ends(end_value, follows, (close, key), implies)

    def read_key(_tag: str) -> Grammar:
        members.key((yield from _key(reading, end_key, value, tags)))
        if len(members.keys) == 1 and (yield from _is_bare_value(reading, tags)):
            yield from raw_value(reading, members.next_value(), ends)

    kind = ""

    def read_type(_tag: str) -> Grammar:
        nonlocal kind
        kind = (yield from scanner.take(_KEY)).strip(BLANK).lower()
        yield from scanner.literal(tag("/arg_type"))

    def read_value(_tag: str) -> Grammar:
        nonlocal kind
        yield from raw_value(reading, members.next_value(kind), ends)
        kind = ""

    reads = {key: read_key, value: read_value} | ({tag("arg_type"): read_type} if pairs.types else {})
    forgiven = {end_key: STRAY, end_value: STRAY, _WRITTEN_BREAK: "written line break"}
    structure = Structure(close, reads, forgiven, ahead)
    tags = structure.tags()
    return structure


def _between(reading: Reading) -> Grammar:
    """Blanks between tags, and line breaks that are written out."""
    yield from reading.scanner.blanks()
    while (yield from reading.scanner.maybe(_WRITTEN_BREAK)):
        yield from reading.scanner.blanks()


def _unglued(reading: Reading, text: str) -> tuple[str, str]:
    """The name and the first key, where `<arg_key>` between the two is missing. The tool must declare the key."""
    name, _ = reading.names.at(text, 0, len(text))
    while name:
        rest = text.removeprefix(name).strip(BLANK)
        if rest in schema.properties(reading.tools[name].parameters):
            return name, rest
        name = reading.names.shorter(name)
    raise NotACall


def _key(reading: Reading, end: str, value: str, structural: tuple[str, ...]) -> Generator[None, None, str]:
    """Read a key through its close tag. A key may hold `<` and `>`. Only an offered tool's key holds a whole tag."""
    scanner = reading.scanner
    name = yield from scanner.take(_KEY)
    while len(name) < _KEY_MOST and not (yield from scanner.sees(end, value, *structural)):
        name += yield from scanner.peek()
        scanner.pos += 1
        name += yield from scanner.take(_KEY)
    name = name.strip(BLANK)
    offered = schema.properties(reading.tool.parameters) if reading.tool else {}
    if not name or (_TAG.search(name) and name not in offered):
        raise NotACall
    if not (yield from scanner.maybe(end)):
        if not (yield from scanner.sees(value)):
            raise NotACall
        reading.tolerate("missing close tag")
    return name


def _is_bare_value(reading: Reading, structural: tuple[str, ...]) -> Generator[None, None, bool]:
    """Whether a value follows its key without a tag before it."""
    scanner = reading.scanner
    yield from scanner.blanks()
    if (yield from scanner.peek()) == "<" or (yield from scanner.sees(*structural)):
        return False
    reading.tolerate("missing open tag")
    return True
