r"""`minimax-m1`: MiniMax-M1, and the owner of an object in these tags.

    <tool_calls>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    {"name": "now", "arguments": {}}
    </tool_calls>

Each object stands on a line of its own, and there is no list.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block

_CLOSE = "</tool_calls>"

DIALECT = Dialect(
    name="minimax-m1",
    read=json_block(_CLOSE),
    openers=(Opener("<tool_calls>", ("{",)),),
    asked_openers=(Opener("<tool_calls>", ("[",)),),
    closers=(_CLOSE,),
    templates=(Template(("<tool_calls>", "<beginning_of_sentence>")),),
    architectures=("minimax-01",),
    models=r"minimax-?m1",
    parsers=("minimax",),
    unpromptable="xml, which is asked for, has the same tag",
    sample='<tool_calls>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_calls>',
)
