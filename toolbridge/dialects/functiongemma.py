r"""`functiongemma`: FunctionGemma.

    <start_function_call>call:get_weather{city:<escape>Oslo<escape>,days:2}<end_function_call>

Behind its calls the model begins a result with `<start_function_response>`, which only the server should write.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.delimited import delimited
from toolbridge.notation.shapes.delimited_values import Notation

_NOTATION = Notation("<start_function_call>", "<end_function_call>", "<escape>", "<start_function_response>")

DIALECT = Dialect(
    name="functiongemma",
    read=delimited(_NOTATION),
    openers=(Opener(_NOTATION.open, ("call",)),),
    asked_openers=(Opener(_NOTATION.open),),
    closers=(_NOTATION.close,),
    templates=(Template((_NOTATION.open,)),),
    models=r"function-?gemma",
    unpromptable="its markers are special tokens",
    sample="<start_function_call>call:get_weather{city:<escape>Oslo<escape>}<end_function_call>",
)
