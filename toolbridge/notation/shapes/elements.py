r"""Calls as elements with an element for each parameter, whatever their tags are: shape D, and the clones of shape F.

    <function=get_weather>                   <｜DSML｜invoke name="get_weather">
    <parameter=city>                         <｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>
    Oslo                                     </｜DSML｜invoke>
    </parameter>
    </function>

Both may hold a JSON object in place of the parameters, or be empty. The commit point is the first parameter, the JSON
object's brace, or the end of an empty call.
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from toolbridge import schema
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.members import Dropped, Following, Members, ends_early, implied, json_body, next_tag
from toolbridge.notation.reading import Reading
from toolbridge.notation.values import Ends, Value, loose, raw_value
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall

_NAME = re.compile(r"[^<>\n]*")
_ATTRIBUTE_NAME = re.compile(r"[\w:.-]*")
_QUOTED = {'"': re.compile(r'[^"<>\n]*'), "'": re.compile(r"[^'<>\n]*")}
_BARE = re.compile(r"[^\s\"'<>/]*")
_EQUALS_NAME = re.compile(r"[^<>\n\"' \t\r/](?:[^<>\n]*[^<>\n\"' \t\r/])?")
"""Names that can stand behind the `=`; with another one among them, all parameters are written as JSON."""

Attributes = dict[str, str]
MakeValue = Callable[[Reading, str, Attributes], Value]


def as_written(_reading: Reading, name: str) -> str:
    """A name that stands for itself."""
    return name


def by_schema(reading: Reading, name: str, _attributes: Attributes) -> Value:
    """A value whose type the schema knows."""
    return Value(reading, name)


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one notation. Open tags are given up to the name, or to the attributes that hold it."""

    call: str
    call_close: str
    parameter: str
    parameter_close: str
    block_close: tuple[str, ...] = ()
    """Close tags of what stands around the calls."""
    next_block: tuple[str, ...] = ()
    """What opens the next block."""
    json: bool = False
    """Whether a call may as well hold a JSON object."""
    equals: bool = False
    """Whether the name follows an `=` in the open tag, rather than stand in an attribute.

    In this notation values stand on lines of their own."""
    value: MakeValue = by_schema
    name: Callable[[Reading, str], str] = as_written
    """The tool that a name stands for, where the notation writes more than that."""

    @property
    def calls(self) -> tuple[str, ...]:
        """The open tags of calls, with a space before the `=` or without."""
        return _spaced(self.call)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The open tags of parameters, with a space before the `=` or without."""
        return _spaced(self.parameter)

    @property
    def structural(self) -> tuple[str, ...]:
        """What may stand between parameters."""
        return (*self.parameters, self.call_close, self.parameter_close, *self.ahead)

    @property
    def ahead(self) -> tuple[str, ...]:
        """What may stand in place of a missing close tag of a call."""
        return (*self.calls, *self.block_close, *self.next_block)

    def following(self) -> Following:
        """What shows that the close tag of a value is missing."""
        # A name without quotes begins behind all blanks; only a quote ends it before the tag does.
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
        reading.begin(name)
        Members(reading).end()
        return
    reading.resolve(name)
    yield from scanner.blanks()
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, tags.call_close, known=tags.json)
        return
    if not (yield from scanner.sees(*tags.parameters, *loose(tags.call_close))):
        raise NotACall
    reading.begin(name)
    members = Members(reading)
    implies = implied(reading, members, tags.following())
    follows = Markers(loose(*tags.parameters, tags.call_close, *tags.ahead))
    ends = Ends(tags.parameter_close, follows, (tags.call_close, *tags.parameters), implies, own_lines=tags.equals)
    structural = tags.structural
    while True:
        tag = yield from next_tag(reading, members, structural)
        if tag in tags.parameters:
            yield from _parameter(reading, members, tags, ends)
        elif tag == tags.parameter_close:
            reading.tolerate("stray close tag")
        else:
            if tag and tag != tags.call_close:
                ends_early(reading, members, tag)
            members.end()
            return


def _parameter(reading: Reading, members: Members, tags: Tags, ends: Ends) -> Grammar:
    attributes, empty = yield from _open_tag(reading, tags)
    name = attributes.get("name", "")
    if not name:
        raise NotACall
    value = tags.value(reading, name, attributes) if members.begin(name) else Dropped()
    if empty:
        value.end()
    else:
        yield from raw_value(reading, value, ends)


def block(reading: Reading, close: tuple[str, ...], opened: Sequence[str], read: Callable[[], Grammar]) -> Grammar:
    """Read calls up to and with a close tag of their block. `read` reads one, behind one of `opened`."""
    scanner = reading.scanner
    yield from scanner.blanks()
    reading.mark("markup")
    yield from scanner.literal(*opened)
    yield from read()
    while True:
        reading.open()
        yield from scanner.blanks()
        reading.mark("markup")
        tag = yield from scanner.literal(*opened, *loose(*close))
        if tag not in opened:
            reading.mark("markup")
            reading.commit()
            return
        yield from read()


def _open_tag(reading: Reading, tags: Tags) -> Generator[None, None, tuple[Attributes, bool]]:
    """The rest of an open tag; whether the element closed itself."""
    if not tags.equals:
        return (yield from attributes(reading))
    name = yield from reading.scanner.take(_NAME)
    yield from reading.scanner.literal(">")
    bare = name.strip(BLANK)
    return {"name": bare.removesuffix("/").strip(BLANK + "\"'")}, bare.endswith("/")


def attributes(reading: Reading) -> Generator[None, None, tuple[Attributes, bool]]:
    """Attributes up to and with `>` or `/>`; whether the element closed itself."""
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


def protected(text: str, markup: Sequence[str]) -> str:
    """A raw value as it reads back unchanged: as it is, in line breaks, or in CDATA where it holds markup."""
    wrapped = text.startswith(("\n", "\r\n"))
    if any(marker in text for marker in markup) or (wrapped and text.endswith("\r")):
        return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return f"\n{text}\n" if wrapped else text


CDATA = ("<![CDATA[", "]]>")
"""Markup of every notation with raw values."""


def raw_texts(call_: ToolCall, tools: Sequence[Tool]) -> dict[str, str]:
    """The arguments of a call as raw text, by the schemas of the tools."""
    root = next((tool.parameters for tool in tools if tool.name == call_.name), None)
    return {
        name: schema.to_text(value, schema.property_schema(root, name) if root is not None else None, root)
        for name, value in call_.arguments.items()
    }


def can_follow_equals(names: Sequence[str]) -> bool:
    """Whether all these names can stand behind the `=` of an open tag."""
    return all(map(_EQUALS_NAME.fullmatch, names))
