r"""`granite-function`: Granite 20B function calling.

    <function_call> {"name": "get_weather", "arguments": {"city": "Oslo"}}

Each call has its own marker, and none that ends it: its JSON does.
"""

from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_block import json_block

DIALECT = Dialect(
    name="granite-function",
    read=json_block(),
    openers=(Opener("<function_call>", ("{", "[")),),
    closers=("</function_call>",),
    unpromptable="its marker is a special token",
)
