r"""`functools`: Phi-4-mini and Firefunction v2.

    functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]

The word is plain text, and a Python module has the same name. So it is looked for only where this notation was asked
for.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block

DIALECT = Dialect(
    name="functools",
    read=json_block(),
    asked_openers=(Opener("functools", ("[",)),),
    templates=(
        Template(("functools[",)),
        Template(("<|tool|>", "<|/tool|>"), lacks=("<|tool_call|>",)),
    ),
    models=r"phi-?4-?mini|firefunction",
    unpromptable="json is asked for where models write lists, with no word before them",
    sample='functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
)
