r"""`gemma4`: Gemma 4.

    <|channel>thought
    I will look.<channel|><|tool_call>call:get_weather{city:<|"|>Oslo<|"|>,days:2}<tool_call|>

Calls follow each other without a blank. Reasoning may come again, may be empty, and may be ended by a call. Behind its
calls the model begins a result with `<|tool_response>`, which only the server should write.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.delimited import delimited
from toolbridge.notation.shapes.delimited_values import Notation

_NOTATION = Notation("<|tool_call>", "<tool_call|>", '<|"|>', "<|tool_response>")

DIALECT = Dialect(
    name="gemma4",
    read=delimited(_NOTATION),
    openers=(Opener(_NOTATION.open, ("call", ":")),),
    asked_openers=(Opener(_NOTATION.open),),
    closers=(_NOTATION.close,),
    ends_reasoning=True,
    templates=(Template((_NOTATION.open,)),),
    architectures=("gemma4",),
    models=r"gemma-?4",
    unpromptable="its markers are special tokens",
    sample='<|tool_call>call:get_weather{city:<|"|>Oslo<|"|>}<tool_call|>',
)
