r"""`mistral-array`: Mistral up to tokenizer version 7 (7B v0.3, Nemo, Large 2407, Small 2409), and sometimes xLAM.

    [TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "a1B2c3D4e"}]

The list ends the block. Its entries have ids of nine letters and digits. An id is kept where calls are released whole,
or where it stands before the arguments. Where it stands behind them, a call that is released early has left already.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block

DIALECT = Dialect(
    name="mistral-array",
    read=json_block(),
    openers=(Opener("[TOOL_CALLS]", ("[", "{")),),
    templates=(Template(("[TOOL_CALLS]",)),),
    models=r"mistral-?nemo|mistral-small-?(?:2409|3\.1)|mistral-large-?24|mistral[-:]7b(?:-instruct)?-v0\.3",
    unpromptable="its marker is a special token",
    sample='[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Oslo"}, "id": "a1B2c3D4e"}]',
)
