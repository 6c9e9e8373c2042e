r"""Values that stand raw between two tags: shapes D, E and F.

    <parameter name="content">if a < b && c:
        print("</parameter> is no end here")
    </parameter>
    </invoke>

A close tag counts only where a structural tag follows it, or the end of the text or of the turn: a value may speak of
the notation that it stands in. A line break behind the open tag and a line break before the close tag are markup if
both are there. Only the end of the value shows that, so a value that opens with a line break is held. Beyond
`Limits.lookahead` characters the pair is taken for granted and the value streams, as a code file would otherwise reach
a client only once it is whole. Where the close tag is missing, the line break that would stand behind the tag is markup
as well. In Qwen's notation the first line break is markup by itself, and nothing is held. A value that is wholly CDATA
is unwrapped. Entities are never decoded.
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from toolbridge import schema
from toolbridge.events import ToolCall
from toolbridge.json_string import StringText
from toolbridge.json_text import escaped
from toolbridge.messages import Tool
from toolbridge.notation.reading import Reading
from toolbridge.notation.turn_end import ends_turn
from toolbridge.scanner import Grammar, Markers, Scanner

_VALUE = re.compile(r"\s*<value>([^<>]*)</value>\s*")
"""A number or a flag as Qwen3-Coder writes some, in an element of its own."""
_OPEN_KINDS = frozenset({"string", "object", "array"})
_ESCAPED = '\\"'
_CDATA_OPEN = "<![CDATA["
_CDATA_CLOSE = "]]>"
_CDATA_END = Markers((_CDATA_CLOSE,))
_BLANKS = re.compile(r"[ \t\r\n]*")
_LINE_BREAK = re.compile(r"\r?\n\Z")
_LINE_BREAKS = re.compile(r"(?:\r?\n){1,2}\Z")
_LINE_BREAKS_YET = re.compile(r"(?:\r?\n){0,2}\r?\Z")
"""Text that may still become line breaks: a CR at the end of what has come may be half of a line break."""
_LONGEST_BREAKS = 5

Implies = Callable[[str, bool], bool | None]
"""Does `text`, starting at this marker, prove that the close tag is missing? None: more text is needed.

The second parameter says whether no more text will come."""


def loose(*literals: str) -> tuple[str, ...]:
    """These literals, and their close tags with a blank before the end, as in `</parameter >`."""
    return (*literals, *(f"{one[:-1]} >" for one in literals if one.startswith("</") and one.endswith(">")))


@dataclass(frozen=True, slots=True)
class Ends:
    """How a raw value ends."""

    close: str
    follows: Markers
    """Markers of which one must follow the close tag, or else the tag does not count."""
    implicit: tuple[str, ...] = ()
    """Markers that end a value without its close tag, where `implies` proves that the tag is missing."""
    implies: Implies | None = None
    own_lines: bool = False
    """Whether a line break behind the open tag is markup whatever stands before the close tag."""
    exact: bool = False
    """Whether everything between the tags is the value, also line breaks at its ends, and CDATA."""
    parted: bool = False
    """Whether text may stand between the close tag and the next tag, where a mark tells every tag from text."""
    opens: str = ""
    """The open tag of the value's own element. Where such a tag stands in the value, one close tag belongs to it."""
    foreign: bool = False
    """Whether the tags hold a name that a client or a model chose."""

    @property
    def closes(self) -> tuple[str, ...]:
        """The close tag, and its spelling with a blank."""
        return loose(self.close)

    @property
    def markers(self) -> Markers:
        """All markers that may end a value, and the open tag, which decides how many close tags count."""
        return Markers((*self.closes, *self.implicit, self.opens), foreign=self.foreign)


class Value(Protocol):
    """What takes a raw value, piece by piece."""

    def put(self, text: str) -> None:
        """A piece of the raw value."""

    def end(self) -> None:
        """The value is whole."""


class WrittenValue:
    """A value on its way into the arguments: text while it is written, anything else once it is whole.

    `text` is what the model says of the value's type, whatever the schema says: text, or JSON. The schema still tells
    a number from a flag in JSON. None leaves the type to the schema.
    """

    __slots__ = ("_parts", "_reading", "_root", "_schema", "_text")

    def __init__(self, reading: Reading, name: str, *, text: bool | None = None) -> None:
        tool = reading.tool
        self._reading = reading
        self._root = tool.parameters if tool else None
        self._schema = schema.property_schema(tool.parameters, name) if tool else None
        self._text = schema.is_text(self._schema, self._root)
        if text is not None:
            self._schema = {} if self._text else self._schema
            self._text = text
        self._parts: list[str] = []
        if self._text:
            reading.args('"')

    def put(self, text: str) -> None:
        """A piece of the raw value."""
        if self._text:
            self._reading.args(escaped(text))
        else:
            self._parts.append(text)

    def end(self) -> None:
        """The value is whole."""
        if self._text:
            self._reading.args('"')
            return
        self._reading.args(typed("".join(self._parts), self._schema, self._root))


def typed(raw: str, own: Any, root: Any) -> str:
    """The JSON text of a raw value by its schema. Elements in it are objects and arrays where the schema says so."""
    nested = None
    if raw.lstrip().startswith("<"):
        inner = _VALUE.fullmatch(raw) if own and not schema.kinds(own, root) & _OPEN_KINDS else None
        if inner:
            return schema.to_json(inner[1], own, root)
        nested = schema.element_to_json(raw, own, root)
    if nested is not None:
        return nested
    json_text = schema.to_json(raw, own, root)
    if json_text.startswith('"') and _ESCAPED in raw and own and "string" not in schema.kinds(own, root):
        return _unescaped(raw, own, root) or json_text
    return json_text


def _unescaped(raw: str, own: Any, root: Any) -> str:
    r"""The JSON text of a list or an object that stands there as the inside of a JSON string; empty if none does.

    GLM writes `[{\"id\": 1}]`.
    """
    string = StringText('"')
    read, text = string.feed(raw, 0, len(raw))
    json_text = schema.to_json(text, own, root) if read == len(raw) and not string.ended else '"'
    return "" if json_text.startswith('"') else json_text


class DroppedValue:
    """A value that is read and left out."""

    __slots__ = ()

    def put(self, text: str) -> None:
        """Leave a piece out."""

    def end(self) -> None:
        """Leave the value out."""


class _Lead:
    """The line break behind the open tag: the end of the value shows whether it is markup.

    In long values it is taken for markup before that.
    """

    def __init__(self, value: Value, line_break: str, most: int, *, own_lines: bool) -> None:
        held = line_break and not own_lines
        self.line_break = line_break
        self.put = self._hold if held else value.put
        self._value = value
        self._held: list[str] | None = [] if held else None
        self._room = most

    def _hold(self, text: str) -> None:
        if self._held is None:
            self._value.put(text)
            return
        self._held.append(text)
        self._room -= len(text)
        if self._room < 0:
            self._release("")

    def end(self, breaks: str, *, closed: bool) -> None:
        """The value ends. `breaks` are the line breaks before its close tag, or before the proof that it is missing.

        The last line break is half of the pair. Where the tag is missing, it may also be the line break that would
        stand behind the tag.
        """
        inner, last = _last_break(breaks)
        if not closed and (inner or not self.line_break):
            inner, last = _last_break(inner)
        if not self.line_break:
            inner, last = inner + last, ""
        if inner:
            self.put(inner)
        if self._held is not None:
            self._release("" if last else self.line_break)
        self._value.end()

    def _release(self, before: str) -> None:
        held = before + "".join(self._held or ())
        self._held = None
        self.put = self._value.put
        if held:
            self._value.put(held)


def _last_break(text: str) -> tuple[str, str]:
    """The text without the line break at its end, and that line break."""
    found = _LINE_BREAK.search(text)
    start = found.start() if found else len(text)
    return text[:start], text[start:]


def raw_value(reading: Reading, value: Value, ends: Ends) -> Generator[None, None, bool]:
    """Read a raw value behind its open tag, through its close tag. Returns whether the close tag was there."""
    scanner = reading.scanner
    line_break = "" if ends.exact else (yield from scanner.maybe("\n", "\r\n"))
    lead = _Lead(value, line_break, reading.limits.lookahead, own_lines=ends.own_lines)
    if not ends.exact and (yield from scanner.maybe(_CDATA_OPEN)) and (yield from _cdata(reading, value, lead, ends)):
        return True
    markers = ends.markers
    search = markers.pattern.search
    closes = ends.closes
    holds = not ends.exact and bool(lead.line_break or ends.implicit)
    nested = 0

    def passage(text: str) -> bool:
        if search(text) is not None or (holds and text[-1] in "\r\n") or not scanner.has_room(text):
            return False
        scanner.past(text)
        lead.put(text)
        return True

    while True:
        text, pos, stop = scanner.text, scanner.pos, scanner.stop
        if pos >= stop:
            scanner.expect()
            yield from reading.wait(passage)
            continue
        found = markers.search(text, pos, stop, ended=scanner.ended)
        at, literal = found or (stop, None)
        last = None
        if holds and at > pos and text[at - 1] in "\r\n":
            last = (_LINE_BREAKS if found else _LINE_BREAKS_YET).search(text, max(pos, at - _LONGEST_BREAKS), at)
        end = last.start() if last else at
        if end > pos:
            lead.put(text[pos:end])
            scanner.pos = end
        if literal is None:
            if scanner.pos < scanner.stop:
                yield from scanner.more()
            continue
        gap = at - end
        if literal == ends.opens:
            counts, length = False, len(literal)
            nested += 1
        elif literal in closes:
            counts, length = yield from _followed(
                scanner, gap, ends, literal, reading.limits.lookahead, nested=nested > 0
            )
            nested = max(0, nested - 1)
        else:
            counts, length = (yield from _implied(scanner, gap, ends, reading.limits.lookahead)), len(literal)
        if counts:
            lead.end(scanner.text[scanner.pos : scanner.pos + gap], closed=literal in closes)
            scanner.pos += gap
            if literal not in closes:
                reading.tolerate("missing close tag")
                return False
            if literal != ends.close:
                reading.tolerate("blank in tag")
            scanner.pos += len(literal)
            return True
        lead.put(scanner.text[scanner.pos : scanner.pos + gap + length])
        scanner.pos += gap + length


def _followed(
    scanner: Scanner, gap: int, ends: Ends, close: str, most: int, *, nested: bool = False
) -> Generator[None, None, tuple[bool, int]]:
    """Whether the close tag at `gap` counts, and how much was looked at. A run of close tags is one tag, doubled.

    With `nested` the tag may belong to an element within the value: another close tag behind it proves that.
    """
    length = len(close)
    looked = gap + length
    while True:
        text, stop = scanner.text, scanner.stop
        at = scanner.pos + looked
        found = _BLANKS.match(text, at, stop)
        at = found.end() if found else at
        looked = at - scanner.pos
        if at - scanner.pos - gap > most:
            return False, length
        if again := next((one for one in ends.closes if text.startswith(one, at, stop)), ""):
            if nested:
                return False, length
            looked = at - scanner.pos + len(again)
            length = looked - gap
            continue
        if at < stop:
            follows = ends.follows.match(text, at, stop)
            # MiniMax M3's close tag begins as any tag does that may follow it.
            doubled_yet = any(stop - at < len(one) and one.startswith(text[at:stop]) for one in ends.closes)
            partly = follows is not None and (follows[1] is None or doubled_yet)
            if follows is not None and not partly:
                return not (nested and follows[1] == ends.opens), length
            if not partly and not doubled_yet:
                if ends.parted and (yield from _parted(scanner, gap, ends, looked, most)):
                    return True, length
                return (yield from ends_turn(scanner, most, ahead=looked)), length
        if scanner.ended:
            return True, length
        yield from scanner.settle()


def _parted(scanner: Scanner, gap: int, ends: Ends, looked: int, most: int) -> Generator[None, None, bool]:
    """Whether the next tag shows that the value is over: any tag but its own close tag. Text stands before the tag."""
    while looked - gap < most:
        text, stop = scanner.text, scanner.stop
        found = ends.follows.search(text, scanner.pos + looked, stop, ended=scanner.ended)
        at, literal = found or (stop, None)
        looked = at - scanner.pos
        closes_yet = any(stop - at < len(one) and one.startswith(text[at:stop]) for one in ends.closes)
        if literal is not None and (scanner.ended or not closes_yet):
            return not text.startswith(ends.closes, at, stop)
        if scanner.ended:
            return False
        yield from scanner.settle()
    return False


def _implied(scanner: Scanner, gap: int, ends: Ends, most: int) -> Generator[None, None, bool]:
    looked = 0
    while True:
        start = scanner.pos + gap
        stop = min(scanner.stop, start + most)
        blanks = _BLANKS.match(scanner.text, start + looked, stop) if looked else None
        if not blanks or blanks.end() < stop or stop - start >= most or scanner.ended:
            # Further blanks alone prove nothing.
            is_all = scanner.ended or stop - start >= most
            verdict = ends.implies(scanner.text[start:stop], is_all) if ends.implies else False
            if verdict is not None or is_all:
                return bool(verdict)
        looked = stop - start
        yield from scanner.settle()


def _cdata(reading: Reading, value: Value, lead: _Lead, ends: Ends) -> Generator[None, None, bool]:
    """Read on behind `<![CDATA[`. Returns whether the value was wholly CDATA. If not, `lead` has the text unchanged."""
    scanner = reading.scanner
    inner: list[str] = []
    literal: list[str] = [_CDATA_OPEN]
    reading_on = True
    while reading_on:
        yield from _until_cdata_close(scanner, inner, literal)
        reading_on = bool((yield from scanner.maybe(_CDATA_OPEN)))
        if reading_on:
            literal.append(_CDATA_OPEN)
    line_break = yield from scanner.maybe("\n", "\r\n")
    if (yield from scanner.sees(ends.close)):
        counts, _ = yield from _followed(scanner, 0, ends, ends.close, reading.limits.lookahead)
        if counts:
            scanner.pos += len(ends.close)
            value.put("".join(inner))
            value.end()
            return True
    lead.put("".join(literal) + line_break)
    return False


def _until_cdata_close(scanner: Scanner, inner: list[str], literal: list[str]) -> Grammar:
    while True:
        text, pos, stop = scanner.text, scanner.pos, scanner.stop
        found = _CDATA_END.search(text, pos, stop, ended=scanner.ended)
        at = found[0] if found else stop
        if at > pos:
            inner.append(text[pos:at])
            literal.append(text[pos:at])
            scanner.pos = at
        if found and found[1]:
            literal.append(_CDATA_CLOSE)
            scanner.pos = at + len(_CDATA_CLOSE)
            return
        yield from scanner.more()


def protected(text: str, markup: Sequence[str]) -> str:
    """The text, written so that it reads back unchanged: bare, in line breaks, or in CDATA where it holds markup."""
    wrapped = text.startswith(("\n", "\r\n"))
    if any(marker in text for marker in markup) or (wrapped and text.endswith("\r")):
        return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return f"\n{text}\n" if wrapped else text


CDATA = ("<![CDATA[", "]]>")
"""The markup of CDATA, which every notation with raw values knows."""


def raw_texts(call: ToolCall, tools: Sequence[Tool]) -> dict[str, str]:
    """The arguments of a call as raw text, by the schemas of the tools."""
    root = next((tool.parameters for tool in tools if tool.name == call.name), None)
    return {
        name: schema.to_text(value, schema.property_schema(root, name) if root is not None else None, root)
        for name, value in call.arguments.items()
    }
