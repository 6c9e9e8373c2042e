r"""Calls as elements with an element for each parameter, whatever their tags are: shape D, and the clones of shape F.

    <function=get_weather>                   <｜DSML｜invoke name="get_weather">
    <parameter=city>                         <｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>
    Oslo                                     </｜DSML｜invoke>
    </parameter>
    </function>

Both elements may hold a JSON object in place of the parameters, or be empty. The commit point is the first parameter,
the JSON object's brace, or the end of an empty call.
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from toolbridge.notation.members import STRAY, Following, Members, Structure, implied, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_body
from toolbridge.notation.shapes.parameter_elements import open_tags, parameter_elements
from toolbridge.notation.values import Ends, loose, raw_value
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall
from toolbridge.words import Phrase

_NAME = re.compile(r"[^<>\n]*")
_ATTRIBUTE_NAME = re.compile(r"[\w:.-]*")
_QUOTED = {'"': re.compile(r'[^"<>\n]*'), "'": re.compile(r"[^'<>\n]*")}
_BARE = re.compile(r"[^\s\"'<>/]*")
_EQUALS_NAME = re.compile(r"[^<>\n\"' \t\r/](?:[^<>\n]*[^<>\n\"' \t\r/])?")
"""Names that can stand behind the `=`. If a call has any other name, all its parameters are written as JSON."""

Attributes = dict[str, str]
_SAID = {"true": True, "false": False}


def as_written(_reading: Reading, name: str) -> str:
    """A name that stands for itself."""
    return name


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one notation. Open tags stand here up to the name, or up to the attributes that hold the name."""

    call: str
    call_close: str
    parameter: str
    parameter_close: str
    block_close: tuple[str, ...] = ()
    """Close tags of what stands around the calls."""
    next_block: tuple[str, ...] = ()
    """Open tags of the next block."""
    json: bool = False
    """Whether the family itself writes JSON objects in calls. Elsewhere such an object counts as a tolerance."""
    equals: bool = False
    """Whether the name follows an `=` in the open tag. In other notations it stands in an attribute.

    In this notation values stand on lines of their own."""
    text: str = ""
    """The attribute that says, with `true` or `false`, whether a value is text; empty if there is none."""
    name: Callable[[Reading, str], str] = as_written
    """The tool that a written name means, for a notation that writes more than the tool's name."""

    @property
    def calls(self) -> tuple[str, ...]:
        """The open tags of calls, with a space before the `=` or without."""
        return _spaced(self.call)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The open tags of parameters, with a space before the `=` or without."""
        return _spaced(self.parameter)

    @property
    def ahead(self) -> tuple[str, ...]:
        """Tags that may follow a call whose close tag is missing."""
        return (*self.calls, *self.block_close, *self.next_block)

    def following(self) -> Following:
        """What shows that the close tag of a value is missing."""
        # A name without quotes begins behind all blanks. Only a quote ends it before the end of the tag.
        named = r"\s*name\s*=\s*(?:[\"']|(?![\"'\s]))([^\"'<>\n]*)(?:[\"'][^<>\n]*)?"
        name = r"([^<>\n]*)" if self.equals else named
        opened = f"(?:{'|'.join(map(re.escape, self.parameters))})"
        whole, part = re.compile(rf"{opened}{name}>"), re.compile(rf"{opened}[^<>\n]*\Z")
        opens = (*self.calls, *self.next_block)
        return Following(self.call_close, self.parameter_close, self.block_close, opens, whole, part)


FUNCTION = Tags(
    call="<function=",
    call_close="</function>",
    parameter="<parameter=",
    parameter_close="</parameter>",
    block_close=("</tool_call>",),
    next_block=("<tool_call>",),
    equals=True,
)
"""Qwen3-Coder's elements, which models of other families write as well."""
LONE_FUNCTION = replace(FUNCTION, json=True)
"""Such a call without a tag pair around it: Llama's calls are such calls, with a JSON object in them."""


def _spaced(tag: str) -> tuple[str, ...]:
    return (tag, f"{tag[:-1]} =") if tag.endswith("=") else (tag,)


def call(reading: Reading, tags: Tags) -> Grammar:
    """Read one call, behind its open tag up to the name, with a draft open."""
    scanner = reading.scanner
    attributes, empty = yield from _open_tag(reading, tags)
    name = tags.name(reading, attributes.get("name", ""))
    if empty:
        reading.empty_call(name)
        return
    reading.resolve(name)
    yield from scanner.blanks()
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, tags.call_close, known=tags.json)
        return
    if not (yield from scanner.sees(*tags.parameters, *loose(tags.call_close))):
        tool = reading.tools.get(reading.resolve(name))
        if tool is None or not (yield from scanner.sees(*open_tags(tool))):
            raise NotACall
        reading.tolerate("elements named after parameters")
        yield from parameter_elements(reading, tool, tags.call_close, tags.ahead)
        return
    reading.begin(name)
    members = Members(reading)
    implies = implied(reading, members, tags.following())
    follows = Markers(loose(*tags.parameters, tags.call_close, *tags.ahead))
    ends = Ends(tags.parameter_close, follows, (tags.call_close, *tags.parameters), implies, own_lines=tags.equals)

    def parameter(_tag: str) -> Grammar:
        attributes, empty = yield from _open_tag(reading, tags)
        text = _SAID.get(attributes.get(tags.text, "").lower()) if tags.text else None
        yield from named_value(reading, members, attributes.get("name", ""), ends, empty=empty, text=text)

    reads = dict.fromkeys(tags.parameters, parameter)
    yield from read_members(
        reading, members, Structure(tags.call_close, reads, {tags.parameter_close: STRAY}, tags.ahead)
    )


def named_value(
    reading: Reading, members: Members, name: str, ends: Ends, *, empty: bool, text: bool | None = None
) -> Grammar:
    """Read the raw value of a parameter behind its open tag. `empty`: the element closed itself there."""
    if not name:
        raise NotACall
    value = members.value(name, text=text)
    if empty:
        value.end()
    else:
        yield from raw_value(reading, value, ends)


def block(
    reading: Reading,
    close: tuple[str, ...],
    opened: Sequence[str],
    read: Callable[[str], Grammar],
    frames: tuple[Phrase, ...] = (),
) -> Grammar:
    """Read calls through a close tag of their block.

    `read` reads a call behind its open tag, and is told the tag. The tag stands in `opened`, or a frame of `frames`
    makes it with a name.
    """
    scanner = reading.scanner
    closers = loose(*close)
    tags = Markers((*opened, *closers), frames)
    yield from scanner.blanks()
    reading.mark("markup")
    tag = yield from scanner.marker(tags)
    while tag and tag not in closers:
        yield from read(tag)
        reading.open()
        yield from scanner.blanks()
        reading.mark("markup")
        tag = yield from scanner.marker(tags)
        if tag in closers:
            reading.mark("markup")
            reading.commit()
            return
    raise NotACall


def _open_tag(reading: Reading, tags: Tags) -> Generator[None, None, tuple[Attributes, bool]]:
    """Read the rest of an open tag. Also returns whether the element closed itself."""
    if not tags.equals:
        return (yield from attributes(reading))
    name = yield from reading.scanner.take(_NAME)
    yield from reading.scanner.literal(">")
    bare = name.strip(BLANK)
    return {"name": bare.removesuffix("/").strip(BLANK + "\"'")}, bare.endswith("/")


def attributes(reading: Reading) -> Generator[None, None, tuple[Attributes, bool]]:
    """Read attributes through `>` or `/>`. Also returns whether the element closed itself."""
    scanner = reading.scanner
    found: Attributes = {}
    while True:
        yield from scanner.blanks()
        end = yield from scanner.option("/>", ">")
        if end:
            return found, end == "/>"
        name = yield from scanner.take(_ATTRIBUTE_NAME)
        if not name:
            raise NotACall
        yield from scanner.blanks()
        yield from scanner.literal("=")
        yield from scanner.blanks()
        quote = yield from scanner.maybe('"', "'")
        value = yield from scanner.take(_QUOTED[quote] if quote else _BARE)
        if quote:
            yield from scanner.maybe(quote)
        found.setdefault(name, value)


def can_follow_equals(names: Sequence[str]) -> bool:
    """Whether all these names can stand behind the `=` of an open tag."""
    return all(map(_EQUALS_NAME.fullmatch, names))
