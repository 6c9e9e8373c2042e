r"""`k2-horizon`: K2 Horizon.

    <ifm|tool_calls>
    <ifm|tool_call>get_weather
    <ifm|arg_key>city</ifm|arg_key>
    <ifm|arg_type>string</ifm|arg_type>
    <ifm|arg_value>Oslo</ifm|arg_value>
    </ifm|tool_call>
    </ifm|tool_calls>

GLM's pairs in a block, with a mark in all the tags. The template asks for one of three bodies: pairs, pairs with their
types, or an object with a name and arguments. Reasoning stands in `<ifm|think>`, `<ifm|think_fast>` or
`<ifm|think_faster>`, which the prompt opens. A call within reasoning is a thought.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import block
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.pairs import OTHER_STARTS, Pairs, call
from toolbridge.scanner import Grammar

_BLOCK, _BLOCK_CLOSE = "<ifm|tool_calls>", "</ifm|tool_calls>"
_PAIRS = Pairs(prefix="ifm|", block_close=(_BLOCK_CLOSE,), types=True)
_OBJECTS = json_block(_PAIRS.call_close)


def read(reading: Reading, opener: str) -> Grammar:
    """Read one block, or one call that stands alone."""
    if opener == _BLOCK:
        yield from block(reading, (_BLOCK_CLOSE,), (_PAIRS.call_tag,), lambda _: _call(reading))
    else:
        yield from _call(reading)


def _call(reading: Reading) -> Grammar:
    """Read the contents of one tag pair."""
    yield from reading.scanner.blanks()
    if (yield from reading.scanner.sees("{", "[")):
        yield from _OBJECTS(reading, _PAIRS.call_tag)
    else:
        yield from call(reading, _PAIRS)


DIALECT = Dialect(
    name="k2-horizon",
    read=read,
    openers=(Opener(_BLOCK, (_PAIRS.call_tag,)), Opener(_PAIRS.call_tag, (*NAME_BEGINS, "{", "["), named=OTHER_STARTS)),
    closers=(_PAIRS.call_close, _BLOCK_CLOSE),
    thinks_again=("<ifm|think>", "<ifm|think_fast>", "<ifm|think_faster>"),
    templates=(Template(("<ifm|tool_call>",)),),
    models=r"k2-?horizon",
    parsers=("k2",),
    unpromptable="its tags are special tokens",
    sample=(
        "<ifm|tool_calls><ifm|tool_call>get_weather\n<ifm|arg_key>city</ifm|arg_key>\n"
        "<ifm|arg_value>Oslo</ifm|arg_value>\n</ifm|tool_call></ifm|tool_calls>"
    ),
)
