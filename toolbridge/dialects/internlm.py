r"""`internlm`: InternLM 2 and Intern-S1.

    <|action_start|><|plugin|>
    {"name": "get_weather", "parameters": {"city": "Oslo"}}<|action_end|>

Intern-S1 writes a space between the two tokens. With `<|interpreter|>` in place of `<|plugin|>` Python code for a
built-in tool follows. Such code is not read as a call.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block

_PLUGIN, _CLOSE = "<|plugin|>", "<|action_end|>"

DIALECT = Dialect(
    name="internlm",
    read=json_block(_CLOSE, lead=_PLUGIN),
    openers=(Opener("<|action_start|>", (_PLUGIN,)),),
    closers=(_CLOSE,),
    templates=(Template(("<|action_start|>",)),),
    architectures=("internlm2",),
    models=r"internlm-?2|intern-?s1",
    unpromptable="its markers are special tokens",
    sample='<|action_start|><|plugin|>\n{"name": "get_weather", "parameters": {"city": "Oslo"}}<|action_end|>',
)
