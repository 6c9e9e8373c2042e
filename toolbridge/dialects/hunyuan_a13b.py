r"""`hunyuan-a13b`: Hunyuan-A13B.

    <tool_calls>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</tool_calls>

Jamba's notation; `jamba` wins the tag in every other reply. The answer behind the reasoning stands between `<answer>`
and `</answer>`, on lines of their own.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.envelopes import answer_openers, answer_words
from toolbridge.notation.shapes.json_block import json_block

_OPEN, _CLOSE = "<tool_calls>", "</tool_calls>"
_ANSWER = {"<answer>": "</answer>"}

DIALECT = Dialect(
    name="hunyuan-a13b",
    read=answer_words(json_block(_CLOSE), _ANSWER, (_OPEN,)),
    asked_openers=(Opener(_OPEN, ("[", "{")), *answer_openers(_ANSWER)),
    closers=(_CLOSE,),
    templates=(Template(("<tool_calls>", "<|extra_0|>")),),
    architectures=("hunyuan-moe",),
    models=r"hunyuan-?a13b",
    unpromptable="xml, which is asked for, has the same tag",
    sample='<tool_calls>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</tool_calls>',
)
