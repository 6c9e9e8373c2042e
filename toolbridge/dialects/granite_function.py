r"""`granite-function`: Granite 20B function calling.

    <function_call> {"name": "get_weather", "arguments": {"city": "Oslo"}}

Each call has its own opener. No marker ends a call: its JSON does.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.json_block import json_block

DIALECT = Dialect(
    name="granite-function",
    read=json_block(),
    openers=(Opener("<function_call>", ("{", "[")),),
    closers=("</function_call>",),
    templates=(Template(("<function_call>",), lacks=("<function_calls>",)),),
    models=r"granite-20b-functioncalling",
    parsers=("granite-20b-fc",),
    unpromptable="its marker is a special token",
    sample='<function_call> {"name": "get_weather", "arguments": {"city": "Oslo"}}',
)
