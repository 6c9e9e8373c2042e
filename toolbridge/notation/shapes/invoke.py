r"""Calls as `invoke` elements with `parameter` elements in them: shape F, and elements named after the tool itself.

    <invoke name="get_weather">              <get_weather>
    <parameter name="city">Oslo</parameter>  <city>Oslo</city>
    </invoke>                                </get_weather>

Both elements may hold a JSON object in place of the parameters, be empty or close themselves, and the second may hold
YAML (`yaml_body.py`). Attribute quotes may be double, single or missing. Claude 2 wrote `<invoke>` without a name
(`tool_name.py`). The commit point is the first parameter, the JSON object's brace, the first key of YAML, or the end of
an empty call.
"""

import re

from toolbridge.notation.members import STRAY, Following, Members, Structure, implied, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes import tool_name as named_inside
from toolbridge.notation.shapes.elements import attributes, named_value
from toolbridge.notation.shapes.json_block import json_body
from toolbridge.notation.shapes.parameter_elements import open_tags, parameter_elements
from toolbridge.notation.shapes.yaml_body import sees_key, yaml_body
from toolbridge.notation.values import Ends, loose
from toolbridge.scanner import Grammar, Markers, NotACall

# A name without quotes begins behind all blanks, and the blanks behind it belong to it up to the line's end. So no
# character can be read in two ways, and a long run of blanks is gone over once.
_NAME = r"(?:[\"']|(?![\"'\s]))([^\"'<>\n]*)(?:[\"'\n]\s*)?"
_NEXT_PARAMETER = re.compile(rf"<parameter\s+name\s*=\s*{_NAME}>")
_NEXT_PARAMETER_YET = re.compile(rf"<parameter(?:\s+(?:name\s*(?:=\s*(?:{_NAME})?)?|nam?|n)?)?\Z")

BEHIND_NAME = (">", "/>", " ", "\n")
"""What may follow the name in the open tag of an element that is named after a tool."""
_PARAMETER_STARTS = tuple(f"<parameter{blank}" for blank in " \t\r\n")


def invoke(reading: Reading, wrappers: tuple[str, ...]) -> Grammar:
    """Read one call behind `<invoke`, with a draft open. `wrappers` are the close tags of its block."""
    scanner = reading.scanner
    found, empty = yield from attributes(reading)
    if not found and not empty:
        yield from named_inside.call(reading, "</invoke>")
        return
    name = found.get("name", "")
    if empty:
        reading.empty_call(name)
        return
    reading.resolve(name)
    yield from scanner.blanks()
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, "</invoke>")
        return
    if not (yield from scanner.sees(*_PARAMETER_STARTS, *loose("</invoke>"))):
        raise NotACall
    reading.begin(name)
    members = Members(reading)
    ends = _ends(reading, members, wrappers)

    def parameter(_tag: str) -> Grammar:
        found, empty = yield from attributes(reading)
        yield from named_value(reading, members, found.get("name", ""), ends, empty=empty)

    structure = Structure("</invoke>", {"<parameter": parameter}, {"</parameter>": STRAY}, ahead=("<invoke", *wrappers))
    yield from read_members(reading, members, structure)


def _ends(reading: Reading, members: Members, wrappers: tuple[str, ...]) -> Ends:
    """How a parameter ends: at its close tag, or where what follows shows that the tag is missing."""
    following = Following("</invoke>", "</parameter>", wrappers, ("<invoke",), _NEXT_PARAMETER, _NEXT_PARAMETER_YET)
    implies = implied(reading, members, following)
    follows = Markers(loose("<parameter", "</invoke>", "<invoke", *wrappers))
    return Ends("</parameter>", follows, ("</invoke>", "<parameter"), implies)


def element(reading: Reading, tool_name: str) -> Grammar:
    """Read one call as an element named after its tool, behind `<name`, with a draft open."""
    scanner = reading.scanner
    tool = reading.tools.get(tool_name)
    if tool is None:
        raise NotACall
    yield from scanner.blanks()
    if (yield from scanner.maybe("/>")):
        reading.empty_call(tool_name)
        return
    yield from scanner.literal(">")
    yield from scanner.blanks()
    own_close = f"</{tool_name}>"
    if (yield from scanner.sees("{")):
        yield from json_body(reading, tool_name, own_close)
        return
    if (yield from scanner.sees(own_close, *open_tags(tool))):
        yield from parameter_elements(reading, tool, own_close)
    elif (yield from sees_key(reading, tool)):
        yield from yaml_body(reading, tool, own_close)
    else:
        raise NotACall
