r"""Calls as a name and pairs of key and raw value: shape E.

    <tool_call>get_weather
    <arg_key>city</arg_key>
    <arg_value>Oslo</arg_value>
    </tool_call>

The line breaks between the tags may be missing, or be a backslash and an `n`. What models leave out is forgiven: the
close tags of keys and values, `<arg_value>` itself, `<arg_key>` behind the name; so are all the keys before all the
values. The families differ in the names of their tags, and some write the type of a value before it. The commit point
is the first key, or the close tag of a call without arguments.
"""

import re
import string
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass

from toolbridge import schema
from toolbridge.notation.dialect import NameToken
from toolbridge.notation.members import Dropped, Following, Members, ends_early, implied, json_body, next_tag
from toolbridge.notation.reading import Reading
from toolbridge.notation.values import Ends, Said, Value, loose, raw_value
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall

_NAME = re.compile(r"[^<>{}\\\n]*")
_PLAIN = re.compile(r"[\w.:/-]+")
"""A name that need not be an offered one: a sentence between two tags is none."""
_KEY = re.compile(r"[^<>]*")
_WRITTEN_BREAK = "\\n"
"""A line break as GLM 4.5 writes it between tags, now and then: a backslash and an `n`."""

NAME_STARTS = tuple(string.ascii_letters + string.digits + "_")
"""What a name begins with, as the first token behind an opener that is followed by one."""
OTHER_STARTS = (NameToken(unlike=(*NAME_STARTS, "<", "{", "["), initial=True),)
"""The same of offered tools whose names begin otherwise."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The tags of one notation: what stands in each of them before its name and before its `>`."""

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


def call(reading: Reading, pairs: Pairs) -> Grammar:
    """Read one call, behind its open tag, with a draft open."""
    scanner = reading.scanner
    tag = pairs.tag
    key, end_key, value, close = tag("arg_key"), tag("/arg_key"), tag("arg_value"), pairs.call_close
    yield from scanner.blanks()
    name = (yield from scanner.take(_NAME)).strip(BLANK)
    glued = ""
    if (yield from scanner.maybe(end_key)):
        name, glued = _unglued(reading, name)
    else:
        known = reading.resolve(name)
        if known not in reading.tools and not _PLAIN.fullmatch(known):
            raise NotACall
        yield from _between(reading)
        yield from scanner.maybe(tag("tool_sep"))
        yield from _between(reading)
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, close)
        return
    if not glued and not (yield from scanner.sees(key, *loose(close))):
        raise NotACall
    reading.begin(name)
    members = Members(reading)
    implies = implied(reading, members, pairs.following())
    # Behind a close tag of a value a line break may be written out.
    ahead = (key, value, close, pairs.call_tag, *pairs.block_close)
    follows = Markers((*loose(*ahead), *(_WRITTEN_BREAK + one for one in ahead)))
    ends = Ends(tag("/arg_value"), follows, (close, key), implies)
    typed = tag("arg_type") if pairs.types else ""
    structural = (*ahead, end_key, tag("/arg_value"), _WRITTEN_BREAK, *filter(None, (typed,)))
    said = ""
    keys: deque[str] = deque()
    if glued:
        reading.tolerate("missing open tag")
        keys.append(glued)
    while True:
        found = yield from next_tag(reading, members, structural)
        if found == key:
            keys.append((yield from _key(reading, end_key, value)))
            if len(keys) > 1:
                reading.tolerate("keys before values")
            elif (yield from _is_bare_value(reading, structural)):
                yield from _value(reading, members, keys, ends)
        elif found == typed and typed:
            said = (yield from scanner.take(_KEY)).strip(BLANK).lower()
            yield from scanner.literal(tag("/arg_type"))
        elif found == value:
            yield from _value(reading, members, keys, ends, said)
            said = ""
        elif found in (end_key, tag("/arg_value")):
            reading.tolerate("stray close tag")
        elif found == _WRITTEN_BREAK:
            reading.tolerate("written line break")
        else:
            if keys:
                scanner.pos -= len(found)
                raise NotACall
            if found and found != close:
                ends_early(reading, members, found)
            members.end()
            return


def _between(reading: Reading) -> Grammar:
    """Blanks between tags, and line breaks that are written out."""
    yield from reading.scanner.blanks()
    while (yield from reading.scanner.maybe(_WRITTEN_BREAK)):
        yield from reading.scanner.blanks()


def _unglued(reading: Reading, text: str) -> tuple[str, str]:
    """The name and the first key where `<arg_key>` between them is missing: only a declared pair is known for one."""
    name, _ = reading.names.at(text, 0, len(text))
    while name:
        rest = text.removeprefix(name).strip(BLANK)
        if rest in schema.properties(reading.tools[name].parameters):
            return name, rest
        name = reading.names.shorter(name)
    raise NotACall


def _key(reading: Reading, end: str, value: str) -> Generator[None, None, str]:
    scanner = reading.scanner
    name = (yield from scanner.take(_KEY)).strip(BLANK)
    if not name:
        raise NotACall
    if not (yield from scanner.maybe(end)):
        if not (yield from scanner.sees(value)):
            raise NotACall
        reading.tolerate("missing close tag")
    return name


def _is_bare_value(reading: Reading, structural: tuple[str, ...]) -> Generator[None, None, bool]:
    """Whether a value follows its key with no tag before it."""
    scanner = reading.scanner
    yield from scanner.blanks()
    if (yield from scanner.peek()) == "<" or (yield from scanner.sees(*structural)):
        return False
    reading.tolerate("missing open tag")
    return True


def _value(reading: Reading, members: Members, keys: deque[str], ends: Ends, said: str = "") -> Grammar:
    """A value, of the type that the model said where it said one."""
    if not keys:
        raise NotACall
    name = keys.popleft()
    if not members.begin(name):
        value: Value = Dropped()
    elif said:
        value = Said(reading, name, text=said == "string")
    else:
        value = Value(reading, name)
    yield from raw_value(reading, value, ends)
