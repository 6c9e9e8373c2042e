r"""The parameters of a call whose message names the tool, as Beam writes them.

    to=get_weather<|channel|>analysis <|constrain|>xml<|message|><rfl:parameter name="city">
    Oslo
    </rfl:parameter><|call|>

No element stands around the parameters: the end of the message is the end of the call.
"""

import re

from toolbridge.notation.members import STRAY, Following, Members, Structure, implied, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import attributes, named_value
from toolbridge.notation.values import Ends, loose
from toolbridge.scanner import Grammar, Markers

BEGIN = "<rfl:parameter"
_CLOSE = "</rfl:parameter>"
_NEXT = re.compile(rf"{BEGIN}\s+name\s*=\s*\"([^\"<>\n]*)\"\s*>")
_NEXT_YET = re.compile(rf"{BEGIN}[^<>\n]*\Z")


def message_parameters(reading: Reading, name: str, close: str, ahead: tuple[str, ...]) -> Grammar:
    """Read a call of this tool, from its first parameter through `close`, the marker that ends the message.

    A marker of `ahead` ends the call in place of `close`.
    """
    reading.begin(name)
    members = Members(reading)
    implies = implied(reading, members, Following(close, _CLOSE, (), ahead, _NEXT, _NEXT_YET))
    ends = Ends(_CLOSE, Markers(loose(BEGIN, close, *ahead)), (close, BEGIN), implies, own_lines=True)

    def parameter(_tag: str) -> Grammar:
        found, empty = yield from attributes(reading)
        yield from named_value(reading, members, found.get("name", ""), ends, empty=empty)

    structure = Structure(close, {BEGIN: parameter}, {_CLOSE: STRAY}, ahead)
    yield from read_members(reading, members, structure)
