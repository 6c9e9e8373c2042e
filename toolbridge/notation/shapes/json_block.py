r"""Blocks of JSON behind a marker: shape A, one object in a pair of markers, and shape B, a list of them.

    <longcat_tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</longcat_tool_call>
    <TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</TOOLCALL>
    functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]

The families differ in their markers alone, and models write shape A where they learnt shape B, and B where they learnt
A. So each block may hold one object, several objects, and lists. A block without a close marker ends with its object or
list.
"""

import re

from toolbridge.notation.dialect import Read
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import Around, object_through
from toolbridge.notation.shapes.json_call import calls, entry
from toolbridge.notation.turn_end import ends_turn
from toolbridge.scanner import Grammar, NotACall, OutOfText

_TOO_MANY = re.compile(r"[}\]]*")


def json_block(
    *close: str, lead: str = "", dropped: frozenset[str] = frozenset(), own: frozenset[str] = frozenset()
) -> Read:
    """The grammar of a block that ends with one of these markers; `lead` is a second marker before its JSON.

    `dropped` are names that the family calls where it wants no tool: such calls are read and dropped. `own` are
    tolerances of JSON that are the family's own way to write values.
    """
    around = Around(close, dropped=dropped, own=own)

    def read(reading: Reading, _opener: str) -> Grammar:
        if lead:
            yield from reading.scanner.blanks()
            yield from reading.scanner.literal(lead)
        yield from calls(reading, around)
        if close:
            yield from closed(reading, around)

    return read


def rewind(reading: Reading) -> None:
    """Go back to the opener, which is the first character of the JSON itself."""
    reading.scanner.back(reading.scanner.here - len(reading.drafted(reading.depth - 1)))


def closed(reading: Reading, around: Around) -> Grammar:
    """Read further calls of a block, through its close marker. Superfluous braces before that are dropped."""
    scanner = reading.scanner
    while True:
        reading.open()
        yield from scanner.blanks()
        yield from scanner.take(_TOO_MANY)
        yield from scanner.blanks()
        yield from scanner.maybe(",", ";")
        yield from scanner.blanks()
        reading.mark("markup")
        if (yield from scanner.maybe(*around.close)):
            reading.mark("markup")
            reading.commit()
            return
        if (yield from scanner.sees("{")):
            yield from entry(reading, around, called=True)
        else:
            yield from calls(reading, around)


def json_body(reading: Reading, name: str, close: str, *, known: bool = False, ahead: str = "") -> Grammar:
    """Read a JSON object in place of parameters, through the call's close tag.

    `known` says that a family writes its calls so: then nothing was forgiven. The tag `ahead` begins the next call,
    before which the close tag may be missing.
    """
    reading.begin(name)
    if not known:
        reading.tolerate("JSON body")
    yield from object_through(reading, (close,))
    scanner = reading.scanner
    try:
        yield from scanner.blanks()
        if not (yield from scanner.option(close)):
            begins = ahead and (yield from scanner.sees(ahead))
            if not begins and not (yield from ends_turn(scanner, reading.limits.lookahead)):
                raise NotACall
            reading.tolerate("missing close tag")
    except OutOfText:
        reading.tolerate("missing close tag")
    reading.end()
