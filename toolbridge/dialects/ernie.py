r"""`ernie`: ERNIE 4.5 in its thinking variants.

    </think>

    <tool_call>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    </tool_call>

Hermes' notation, which wins the tag in every other reply; an answer without a call stands between `<response>` and
`</response>`, on lines of their own.
"""

from toolbridge.dialects import answers
from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_block import json_block

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_ANSWER = {"<response>": "</response>"}

DIALECT = Dialect(
    name="ernie",
    read=answers.answer_words(json_block(_CLOSE), _ANSWER, (_OPEN,)),
    asked_openers=(Opener(_OPEN, ("{", "[")), *answers.openers(_ANSWER)),
    closers=(_CLOSE,),
    unpromptable="it is hermes with another frame around answers: ask for that",
)
