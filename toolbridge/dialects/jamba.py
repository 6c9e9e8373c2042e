r"""`jamba`: Jamba 1.5, and the owner of a list in these tags, which Hunyuan-A13B and Apriel write too.

    <tool_calls>[
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    ]</tool_calls>

The tag is also a wrapper of `xml`, with elements in it, and of `minimax-m1`, with an object in it.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block

_CLOSE = "</tool_calls>"

DIALECT = Dialect(
    name="jamba",
    read=json_block(_CLOSE),
    openers=(Opener("<tool_calls>", ("[",)),),
    asked_openers=(Opener("<tool_calls>", ("{",)),),
    closers=(_CLOSE,),
    templates=(Template(("<tool_calls>", "<|bom|>")),),
    architectures=("jamba",),
    models=r"jamba",
    unpromptable="xml, which is asked for, has the same tag",
    sample='<tool_calls>[\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n]</tool_calls>',
)
