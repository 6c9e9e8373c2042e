r"""`longcat`: LongCat-Flash.

    <longcat_tool_call>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    </longcat_tool_call>

Hermes' notation in a tag of its own. Later models write GLM's pairs in it, with a mark in all the tags:

    <longcat_tool_call>get_weather
    <longcat_arg_key>city</longcat_arg_key>
    <longcat_arg_value>Oslo</longcat_arg_value>
    </longcat_tool_call>
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.pairs import OTHER_STARTS, Pairs, call
from toolbridge.scanner import Grammar

_PAIRS = Pairs(prefix="longcat_")
_OPEN, _CLOSE = _PAIRS.call_tag, _PAIRS.call_close
_OBJECTS = json_block(_CLOSE)


def read(reading: Reading, opener: str) -> Grammar:
    """Read the contents of one tag pair."""
    yield from reading.scanner.blanks()
    if (yield from reading.scanner.sees("{", "[")):
        yield from _OBJECTS(reading, opener)
    else:
        yield from call(reading, _PAIRS)


DIALECT = Dialect(
    name="longcat",
    read=read,
    openers=(Opener(_OPEN, ("{", "[", *NAME_BEGINS), named=OTHER_STARTS),),
    closers=(_CLOSE,),
    templates=(Template(("<longcat_tool_call>",)),),
    models=r"longcat",
    unpromptable="its tags are special tokens",
    sample='<longcat_tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</longcat_tool_call>',
)
