r"""`apertus`: Apertus.

    <|tools_prefix|>[{"get_weather": {"city": "Oslo"}}, {"now": {}}]<|tools_suffix|>

The name of the tool is the key, and the arguments are its value.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import Around, arguments_through, short_string
from toolbridge.notation.shapes.json_block import closed
from toolbridge.notation.shapes.json_call import call, calls
from toolbridge.scanner import Grammar, NotACall

_CLOSE = "<|tools_suffix|>"


def read(reading: Reading, _opener: str) -> Grammar:
    """Read a list of objects, through the close marker."""
    yield from calls(reading, _AROUND)
    yield from closed(reading, _AROUND)


def _object(reading: Reading, around: Around) -> Grammar:
    """Read one object: usually a call, sometimes several calls, or a call as other families write it."""
    scanner = reading.scanner
    start, depth, before = scanner.here, reading.depth, reading.calls
    try:
        yield from scanner.literal("{")
        yield from _members(reading)
    except NotACall:
        if reading.in_call or reading.calls != before or reading.depth != depth:
            raise
        scanner.back(start)
        yield from call(reading, around)


def _members(reading: Reading) -> Grammar:
    """Read calls up to the `}` of the object in which they stand."""
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
        name = yield from short_string(reading)
        if not name:
            raise NotACall
        yield from scanner.blanks()
        yield from scanner.literal(":")
        yield from scanner.blanks()
        yield from arguments_through(reading, name, ("]", _CLOSE))
        reading.end()
        first = False


_AROUND = Around((_CLOSE,), read=_object)

DIALECT = Dialect(
    name="apertus",
    read=read,
    openers=(Opener("<|tools_prefix|>", ("[", "{")),),
    closers=(_CLOSE,),
    thinks_again=("<|inner_prefix|>",),
    templates=(Template(("<|tools_prefix|>",)),),
    architectures=("apertus",),
    models=r"apertus",
    unpromptable="its markers are special tokens",
    sample='<|tools_prefix|>[{"get_weather": {"city": "Oslo"}}]<|tools_suffix|>',
)
