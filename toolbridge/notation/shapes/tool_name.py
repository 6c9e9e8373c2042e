r"""Calls whose name stands in an element of its own, as Claude 2 wrote them.

    <invoke>
    <tool_name>get_weather</tool_name>
    <parameters>
    <city>Oslo</city>
    </parameters>
    </invoke>

Each parameter is an element with its name. An offered tool declares its parameters, and then only their tags end the
value before them. This form is older than any engine's parser, so it is written here from its description.
"""

import re
from collections.abc import Generator

from toolbridge import schema
from toolbridge.notation.members import Members, Structure, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import named_value
from toolbridge.notation.shapes.json_block import json_body
from toolbridge.notation.values import Ends
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall
from toolbridge.words import Frame, Words

_OPEN, _CLOSE = "<parameters>", "</parameters>"
_NAME = re.compile(r"[^<>\n]*")
_KEY = re.compile(r"[\w.-]*")


def call(reading: Reading, close: str) -> Grammar:
    """Read one call, behind its open tag, with a draft open; `close` is its close tag."""
    scanner = reading.scanner
    name = yield from _name(reading)
    yield from scanner.blanks()
    yield from scanner.maybe(_OPEN)
    yield from scanner.blanks()
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, _CLOSE)
        return
    if not (yield from scanner.sees("<")):
        raise NotACall
    reading.begin(name)
    members = Members(reading)
    tool = reading.tool
    declared = schema.properties(tool.parameters) if tool else {}
    elements = (Frame(("<", ""), Words(declared)),) if declared else ()
    follows = Markers((_CLOSE, close, *(() if declared else ("<",))), elements)

    def parameter(_tag: str) -> Grammar:
        name = yield from scanner.take(_KEY)
        end = yield from scanner.literal("/>", ">")
        ends = Ends(f"</{name}>", follows, foreign=True)
        yield from named_value(reading, members, name, ends, empty=end == "/>")

    yield from read_members(reading, members, Structure(close, {"<": parameter}, {_CLOSE: ""}))


def _name(reading: Reading) -> Generator[None, None, str]:
    scanner = reading.scanner
    yield from scanner.blanks()
    yield from scanner.literal("<tool_name>")
    name = (yield from scanner.take(_NAME)).strip(BLANK)
    yield from scanner.literal("</tool_name>")
    reading.resolve(name)
    return name
