r"""`apriel`: Apriel 1.5 and 1.6.

    <tool_calls>[{"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "…"}]</tool_calls>

Jamba's notation, which wins the tag in every other reply. The answer follows `[BEGIN FINAL RESPONSE]`, which ends the
reasoning where the prompt opened that, and 1.5 closes it with `[END FINAL RESPONSE]`.
"""

from toolbridge.dialects import answers
from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_block import json_block

_OPEN, _CLOSE = "<tool_calls>", "</tool_calls>"
_ANSWER = {"[BEGIN FINAL RESPONSE]": "[END FINAL RESPONSE]"}

DIALECT = Dialect(
    name="apriel",
    read=answers.answer_tokens(json_block(_CLOSE), _ANSWER),
    asked_openers=(Opener(_OPEN, ("[", "{")), *answers.openers(_ANSWER)),
    closers=(_CLOSE,),
    ends_reasoning=True,
    unpromptable="xml, which is asked for, has the same tag",
)
