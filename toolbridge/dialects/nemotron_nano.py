r"""`nemotron-nano`: Nemotron Nano v2.

<TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</TOOLCALL>

A reply usually has one list. The prompt has opened the reasoning.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block

_CLOSE = "</TOOLCALL>"

DIALECT = Dialect(
    name="nemotron-nano",
    read=json_block(_CLOSE),
    openers=(Opener("<TOOLCALL>", ("[", "{")),),
    closers=(_CLOSE,),
    templates=(Template(("<TOOLCALL>",)),),
    architectures=("nemotron_h",),
    models=r"nemotron-nano-(?:9b|12b)-v2",
    unpromptable="its template asks for it itself; json is asked for where models write lists",
    sample='<TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</TOOLCALL>',
)
