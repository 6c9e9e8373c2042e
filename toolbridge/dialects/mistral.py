r"""`mistral`: Mistral since tokenizer version 11 (Small 3.1, Devstral, Magistral, Ministral 3, Large 3).

    [TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}[TOOL_CALLS]now[ARGS]{}

Small 3.2 writes an id of nine letters and digits in between (`get_weather[CALL_ID]a1B2c3D4e[ARGS]`), which is kept.
Servers that hide special tokens may leave `[TOOL_CALLS]get_weather{…}`. The older notation, with a list behind the
marker, is `mistral-array`. Words between the marker and such a list are text. A call ends the
reasoning, as it does in vLLM's parser of these models.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import Dialect, NameToken, Opener, Template
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.named_call import Header, Named
from toolbridge.scanner import BLANK, Grammar, NotACall

_BEGIN = "[TOOL_CALLS]"
_OTHERS = NameToken(unlike=(*NAME_BEGINS, "[", "{"))
"""Offered names that do not begin with a plain letter."""
_NAME = re.compile(r"[^\[{<\n]*")
_ID = re.compile(r"[A-Za-z0-9]*")


def header(reading: Reading) -> Generator[None, None, Header]:
    """`get_weather[CALL_ID]a1B2c3D4e[ARGS]`."""
    scanner = reading.scanner
    name = yield from scanner.take(_NAME)
    call_id = ""
    tag = yield from scanner.maybe("[CALL_ID]", "[ARGS]")
    if tag == "[CALL_ID]":
        call_id = yield from scanner.take(_ID)
        yield from scanner.maybe("[ARGS]")
    name = name.strip()
    if any(char in BLANK for char in name) and reading.names.declared(name) is None:
        raise NotACall  # words before a list
    return Header(name, call_id)


_NAMED = Named(header, (_BEGIN,))
_LIST = json_block()


def read(reading: Reading, opener: str) -> Grammar:
    """Read calls, or a list of calls behind words."""
    start, depth = reading.scanner.here, reading.depth
    try:
        yield from _NAMED.read(reading, opener)
    except NotACall:
        if reading.in_call or reading.depth != depth:
            raise
        scanner = reading.scanner
        scanner.back(start)
        words = (yield from scanner.take(_NAME)).strip(BLANK)
        yield from scanner.blanks()
        if (yield from scanner.sees(_BEGIN)):
            raise
        reading.mark("markup")
        if words:
            reading.say(words)
        yield from _LIST(reading, opener)


DIALECT = Dialect(
    name="mistral",
    read=read,
    openers=(Opener(_BEGIN, NAME_BEGINS, named=(_OTHERS,)),),
    thinks_again=("[THINK]",),
    ends_reasoning=True,
    templates=(Template(("[ARGS]", "[TOOL_CALLS]")),),
    models=r"devstral|magistral|ministral-?3(?!b)|mistral-small-?(?:3\.2|4)|mistral-large-?3",
    parsers=("ministral",),
    unpromptable="its markers are special tokens",
    sample='[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}',
)
