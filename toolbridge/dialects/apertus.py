r"""`apertus`: Apertus.

    <|tools_prefix|>[{"get_weather": {"city": "Oslo"}}, {"now": {}}]<|tools_suffix|>

The name of the tool is the key, and the arguments are its value.
"""

import re

from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_call import object_through
from toolbridge.dialects.reading import Reading
from toolbridge.scanner import Grammar, NotACall

_CLOSE = "<|tools_suffix|>"
_NAME = re.compile(r'[^"\\\n]*')


def read(reading: Reading, _opener: str) -> Grammar:
    """A list of objects, up to and with the close marker."""
    scanner = reading.scanner
    yield from scanner.blanks()
    listed = yield from scanner.maybe("[")
    yield from scanner.blanks()
    yield from scanner.literal("{")
    yield from _members(reading)
    while True:
        reading.open()
        yield from scanner.blanks()
        end = yield from scanner.maybe(_CLOSE, ",", "]" if listed else _CLOSE)
        reading.mark("markup")
        if end == _CLOSE:
            reading.commit()
            return
        if end == "]":
            listed = ""
            reading.commit()
            continue
        yield from scanner.blanks()
        yield from scanner.literal("{")
        yield from _members(reading)


def _members(reading: Reading) -> Grammar:
    """Calls up to the `}` of the object that they stand in: one, as a rule."""
    scanner = reading.scanner
    first = True
    while True:
        if not first:
            reading.open()
        yield from scanner.blanks()
        if not first:
            end = yield from scanner.maybe(",", "}")
            if not end and not (yield from scanner.sees("]", _CLOSE)):
                raise NotACall
            reading.mark("markup")
            if end != ",":
                reading.commit()
                return
            yield from scanner.blanks()
        yield from scanner.literal('"')
        name = yield from scanner.take(_NAME)
        yield from scanner.literal('"')
        yield from scanner.blanks()
        yield from scanner.literal(":")
        yield from scanner.blanks()
        if not (yield from scanner.sees("{")):
            raise NotACall
        reading.begin(name)
        yield from object_through(reading, ("]", _CLOSE))
        reading.end()
        first = False


DIALECT = Dialect(
    name="apertus",
    read=read,
    openers=(Opener("<|tools_prefix|>", ("[", "{")),),
    closers=(_CLOSE,),
    unpromptable="its markers are special tokens",
)
