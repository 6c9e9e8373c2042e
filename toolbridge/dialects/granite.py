r"""`granite`: Granite 3.0 to 3.3.

    <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]

Some of them write `<tool_call>` for the marker, which hermes wins in every other reply. The list ends the block.
"""

from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_block import json_block

DIALECT = Dialect(
    name="granite",
    read=json_block(),
    openers=(Opener("<|tool_call|>", ("[", "{")),),
    asked_openers=(Opener("<tool_call>", ("[", "{")),),
    closers=("</tool_call>", "<|/tool_call|>"),
    unpromptable="its marker is a special token",
)
