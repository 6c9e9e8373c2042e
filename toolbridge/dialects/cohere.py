r"""`cohere`: Command R7B and A, Command 4, North.

    <|START_THINKING|>I will look.<|END_THINKING|><|START_ACTION|>[
        {"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Oslo"}}
    ]<|END_ACTION|>

An answer stands between `<|START_RESPONSE|>` and `<|END_RESPONSE|>`, since Command 4 between `<|START_TEXT|>` and
`<|END_TEXT|>`; the marks of its citations stay.
"""

from toolbridge.dialects import answers
from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_block import json_block

_CLOSE = "<|END_ACTION|>"
_ANSWER = {"<|START_RESPONSE|>": "<|END_RESPONSE|>", "<|START_TEXT|>": "<|END_TEXT|>"}

DIALECT = Dialect(
    name="cohere",
    read=answers.answer_tokens(json_block(_CLOSE), _ANSWER),
    openers=(Opener("<|START_ACTION|>", ("[", "{")), *answers.openers(_ANSWER)),
    closers=(_CLOSE,),
    unpromptable="its markers are special tokens",
)
