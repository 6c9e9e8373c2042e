r"""`xlam`: xLAM 1 and 2 of Salesforce, Llama-xLAM.

    [{"name": "get_weather", "arguments": {"city": "Oslo"}}, {"name": "now", "arguments": {}}]

A plain list, which may also stand in a code fence, behind `[TOOL_CALLS]`, between `<tool_call>` and `</tool_call>`, or
behind reasoning. A plain or fenced list calls only offered tools, and each call needs its arguments. A list that is
neither fenced nor the first text is looked for only where this notation was asked for. In every other reply the markers
are those of `mistral-array` and `hermes`.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import Around
from toolbridge.notation.shapes.json_block import json_block, rewind
from toolbridge.notation.shapes.json_call import calls
from toolbridge.scanner import Grammar

_CLOSE = "</tool_call>"
_MARKED = {"[TOOL_CALLS]": json_block(), "<tool_call>": json_block(_CLOSE)}
_BARE = Around(needs_arguments=True)


def read(reading: Reading, opener: str) -> Grammar:
    """Read one list."""
    if opener in _MARKED:
        yield from _MARKED[opener](reading, opener)
        return
    reading.require_offered()
    rewind(reading)
    yield from calls(reading, _BARE)


DIALECT = Dialect(
    name="xlam",
    read=read,
    asked_openers=(*(Opener(literal, ("[", "{")) for literal in _MARKED), Opener("[", ("{",))),
    closers=(_CLOSE,),
    fenced=True,
    templates=(Template(("make calls in a single JSON array",)),),
    models=r"xlam",
    unpromptable="`json` asks for the same list, in a fence",
    sample='[{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
)
