r"""`llama3-function`: Llama 3.1 with custom tools, and Functionary 3.1.

    <function=get_weather>{"city": "Oslo"}</function>

The next call follows at once. `qwen3-coder` has parameters in the same tag and reads a JSON object there too, and wins
the tag in every other reply. Raw Python behind `<|python_tag|>` is not a call.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import LONE_FUNCTION, call
from toolbridge.notation.shapes.named_call import Header, Named
from toolbridge.scanner import Grammar, NotACall

_BEGIN, _END = "<function=", "</function>"
_NAME = re.compile(r"[^<>{}\n]*")


def header(reading: Reading) -> Generator[None, None, Header]:
    """`get_weather>`."""
    name = yield from reading.scanner.take(_NAME)
    yield from reading.scanner.literal(">")
    return Header(name.strip().strip("\"'"))


_NAMED = Named(header, (_BEGIN,), (_END,))


def read(reading: Reading, opener: str) -> Grammar:
    """Read calls, or a call with Qwen3-Coder's parameters."""
    start, depth = reading.scanner.here, reading.depth
    try:
        yield from _NAMED.read(reading, opener)
    except NotACall:
        if reading.in_call or reading.depth != depth or reading.calls:
            raise
        reading.scanner.back(start)
        yield from call(reading, LONE_FUNCTION)


DIALECT = Dialect(
    name="llama3-function",
    read=read,
    asked_openers=(Opener(_BEGIN, (*NAME_BEGINS, '"', "'")),),
    closers=(_END,),
    templates=(Template(("<function=", "</function>"), lacks=("<parameter=",)),),
    models=r"functionary.*v3\.1",
    unpromptable="hermes and xml are asked for in its place",
    sample='<function=get_weather>{"city": "Oslo"}</function>',
)
