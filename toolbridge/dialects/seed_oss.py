r"""`seed-oss`: Seed-OSS.

    <seed:tool_call>
    <function=get_weather>
    <parameter=city>Oslo</parameter>
    </function>
    </seed:tool_call>

Qwen3-Coder's elements in another tag pair, with most values in the line of their tags.
"""

from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.reading import Reading
from toolbridge.dialects.tagged import Tags, block, call
from toolbridge.scanner import Grammar

_OPEN, _CLOSE = "<seed:tool_call>", "</seed:tool_call>"
_TAGS = Tags(
    call="<function=",
    call_close="</function>",
    parameter="<parameter=",
    parameter_close="</parameter>",
    block_close=(_CLOSE,),
    next_block=(_OPEN,),
    equals=True,
)


def read(reading: Reading, opener: str) -> Grammar:
    """One tag pair, or one call that stands alone."""
    if opener == _TAGS.call:
        yield from call(reading, _TAGS)
    else:
        yield from block(reading, (_CLOSE,), _TAGS.call, lambda: call(reading, _TAGS))


DIALECT = Dialect(
    name="seed-oss",
    read=read,
    openers=(Opener(_OPEN, ("<function=",)),),
    asked_openers=(Opener("<function="),),
    closers=(_CLOSE, "</function>"),
    unpromptable="its markers are special tokens",
)
