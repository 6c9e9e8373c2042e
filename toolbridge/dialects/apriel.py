r"""`apriel`: Apriel 1.5 and 1.6.

    <tool_calls>[{"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "…"}]</tool_calls>

Jamba's notation; `jamba` wins the tag in every other reply. The answer follows `[BEGIN FINAL RESPONSE]`, which ends the
reasoning. 1.5 closes its answer with `[END FINAL RESPONSE]`. `Here are my reasoning steps:` opens the reasoning: the
prompt of 1.6 ends with it, and 1.5 writes it.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.envelopes import answer_openers, answer_tokens, thought_openers, thoughtful
from toolbridge.notation.shapes.json_block import json_block

_OPEN, _CLOSE = "<tool_calls>", "</tool_calls>"
_ANSWER = {"[BEGIN FINAL RESPONSE]": "[END FINAL RESPONSE]"}
_THOUGHTS = {"Here are my reasoning steps:": tuple(_ANSWER)}

DIALECT = Dialect(
    name="apriel",
    read=thoughtful(answer_tokens(json_block(_CLOSE), _ANSWER), _THOUGHTS, (_OPEN,)),
    asked_openers=(Opener(_OPEN, ("[", "{")), *answer_openers(_ANSWER), *thought_openers(_THOUGHTS)),
    closers=(_CLOSE,),
    ends_reasoning=True,
    templates=(Template(("[BEGIN FINAL RESPONSE]", "<tool_calls>")), Template(("<|begin_assistant|>", "<tool_calls>"))),
    models=r"apriel-?1\.[56]",
    unpromptable="xml, which is asked for, has the same tag",
    sample='<tool_calls>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</tool_calls>',
)
