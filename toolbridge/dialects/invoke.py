r"""Calls as `invoke` elements with `parameter` elements in them: shape F, and elements named after the tool itself.

    <invoke name="get_weather">              <get_weather>
    <parameter name="city">Oslo</parameter>  <city>Oslo</city>
    </invoke>                                </get_weather>

Both may hold a JSON object in place of the parameters, be empty or close themselves. Attribute quotes may be double,
single or missing. The commit point is the first parameter, the JSON object's brace, or the end of an empty call.
"""

import json
import re
from collections.abc import Generator
from dataclasses import dataclass

from toolbridge import schema
from toolbridge.dialects.json_call import object_through
from toolbridge.dialects.reading import Reading
from toolbridge.dialects.values import Ends, Value, raw_value
from toolbridge.scanner import Grammar, Markers, NotACall, OutOfText

_ATTRIBUTE_NAME = re.compile(r"[\w:.-]*")
_QUOTED = {'"': re.compile(r'[^"<>\n]*'), "'": re.compile(r"[^'<>\n]*")}
_BARE = re.compile(r"[^\s\"'<>/]*")
_NEXT_PARAMETER = re.compile(r"<parameter\s++name\s*+=\s*+[\"']?([^\"'<>\n]*+)[\"']?\s*+>")
_NEXT_PARAMETER_YET = re.compile(
    r"<parameter(?:\s++(?:name\s*+(?:=\s*+(?:[\"']?([^\"'<>\n]*+)[\"']?\s*+)?)?|nam?|n)?)?\Z"
)
"""What may still become one, with as much of the name as has come."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The markers of one such notation: what a block is wrapped in."""

    close: tuple[str, ...]
    """Close tags of the wrappers."""

    def follows(self) -> Markers:
        """What may follow a parameter's close tag."""
        return Markers(("<parameter", "</invoke>", "<invoke", *self.close))


class _Members:
    """The object being written: its braces, commas and keys, and which parameters it has."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.names: set[str] = set()
        self.closed = False
        reading.args("{")

    def begin(self, name: str) -> Value | None:
        """A parameter; None for one that was there already, whose first value stands."""
        if name in self.names:
            self._reading.tolerate("repeated parameter")
            return None
        comma = "," if self.names else ""
        self.names.add(name)
        self._reading.args(f"{comma}{json.dumps(name, ensure_ascii=False)}:")
        return Value(self._reading, name)

    def end(self) -> None:
        self._reading.args("}")
        self._reading.end()

    def has_required(self) -> bool:
        tool = self._reading.tool
        return tool is None or self.names.issuperset(schema.required(tool.parameters))


class _Dropped(Value):
    """A value that is read and left out."""

    def __init__(self) -> None:
        pass

    def put(self, text: str) -> None:
        pass

    def end(self) -> None:
        pass


def invoke(reading: Reading, wrapped: Wrapped) -> Grammar:
    """Read one call, behind `<invoke`, with a draft open."""
    scanner = reading.scanner
    attributes, empty = yield from _attributes(reading)
    name = attributes.get("name", "")
    if empty:
        reading.begin(name)
        _Members(reading).end()
        return
    reading.resolve(name)
    yield from scanner.blanks()
    if (yield from scanner.sees("{")):
        yield from _json_body(reading, name, "</invoke>")
        return
    if not (yield from scanner.sees("<parameter", "</invoke>")):
        raise NotACall
    reading.begin(name)
    members = _Members(reading)
    ends = _ends(reading, members, wrapped)
    while True:
        tag = yield from _next(reading, members, ("<parameter", "</invoke>", "</parameter>", "<invoke", *wrapped.close))
        if tag == "<parameter":
            attributes, empty = yield from _attributes(reading)
            yield from _parameter(reading, members, attributes, empty=empty, ends=ends)
        elif tag == "</parameter>":
            reading.tolerate("stray close tag")
        elif tag in ("</invoke>", ""):
            break
        elif members.has_required():
            scanner.pos -= len(tag)
            reading.tolerate("missing close tag")
            break
        else:
            raise NotACall
    members.end()


def _next(reading: Reading, members: _Members, tags: tuple[str, ...]) -> Generator[None, None, str]:
    """The next structural tag; empty where the text ended and the call is complete without its close tag."""
    scanner = reading.scanner
    try:
        yield from scanner.blanks()
        tag = yield from scanner.option(*tags)
    except OutOfText:
        rest = scanner.text[scanner.pos : scanner.stop]
        closes = any(tag.startswith(rest) for tag in tags if tag.startswith("</"))
        if reading.cause != "stop" or not closes or not members.names or not members.has_required():
            raise
        scanner.pos = scanner.stop
        reading.tolerate("missing close tag")
        return ""
    if not tag:
        raise NotACall
    return tag


def _parameter(reading: Reading, members: _Members, attributes: dict[str, str], *, empty: bool, ends: Ends) -> Grammar:
    name = attributes.get("name", "")
    if not name:
        raise NotACall
    value = members.begin(name) or _Dropped()
    if empty:
        value.end()
    else:
        yield from raw_value(reading, value, ends)


def _ends(reading: Reading, members: _Members, wrapped: Wrapped) -> Ends:
    """How a parameter ends: at its close tag, or where another one or the end of the whole block shows it missing."""
    tool = reading.tool
    declared = schema.properties(tool.parameters) if tool else {}
    tail = re.compile(rf"</invoke>\s*(?:(?:{'|'.join(map(re.escape, wrapped.close))})\s*)?")

    def implies(text: str, ended: bool) -> bool | None:
        if text.startswith("</invoke>"):
            found = tail.match(text)
            rest = text[found.end() :] if found else ""
            if not rest or any(close.startswith(rest) for close in wrapped.close):
                return True if ended else None
            return False
        if following := _NEXT_PARAMETER.match(text):
            name = following[1].strip()
            return name in declared and name not in members.names
        begun = None if ended else _NEXT_PARAMETER_YET.match(text)
        name = (begun[1] or "").strip() if begun else ""
        return None if begun and any(one.startswith(name) for one in declared) else False

    return Ends("</parameter>", wrapped.follows(), ("</invoke>", "<parameter"), implies)


def element(reading: Reading, tool_name: str) -> Grammar:
    """Read one call as an element named after its tool, behind `<name`, with a draft open."""
    scanner = reading.scanner
    tool = reading.tools.get(tool_name)
    if tool is None:
        raise NotACall
    yield from scanner.blanks()
    if (yield from scanner.maybe("/>")):
        reading.begin(tool_name)
        _Members(reading).end()
        return
    yield from scanner.literal(">")
    yield from scanner.blanks()
    own_close = f"</{tool_name}>"
    declared = tuple(schema.properties(tool.parameters))
    opens = {f"<{name}>": name for name in declared} | {f"<{name}/>": name for name in declared}
    if (yield from scanner.sees("{")):
        yield from _json_body(reading, tool_name, own_close)
        return
    if not (yield from scanner.sees(own_close, *opens)):
        raise NotACall
    reading.begin(tool_name)
    members = _Members(reading)
    follows = Markers((own_close, *opens))
    while True:
        tag = yield from _next(reading, members, (own_close, *opens))
        if tag in (own_close, ""):
            break
        name = opens[tag]
        value = members.begin(name) or _Dropped()
        if tag.endswith("/>"):
            value.end()
        else:
            yield from raw_value(reading, value, Ends(f"</{name}>", follows))
    members.end()


def _json_body(reading: Reading, name: str, close: str) -> Grammar:
    """A JSON object where parameters should be."""
    reading.begin(name)
    reading.tolerate("JSON body")
    yield from object_through(reading, (close,))
    try:
        yield from reading.scanner.blanks()
        yield from reading.scanner.literal(close)
    except OutOfText:
        reading.tolerate("missing close tag")
    reading.end()


def _attributes(reading: Reading) -> Generator[None, None, tuple[dict[str, str], bool]]:
    """Attributes up to and with `>` or `/>`; whether the element closed itself."""
    scanner = reading.scanner
    found: dict[str, str] = {}
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
