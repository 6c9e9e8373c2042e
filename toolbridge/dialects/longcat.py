r"""`longcat`: LongCat-Flash.

    <longcat_tool_call>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    </longcat_tool_call>

Hermes' notation in a tag of its own.
"""

from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_block import json_block

_CLOSE = "</longcat_tool_call>"

DIALECT = Dialect(
    name="longcat",
    read=json_block(_CLOSE),
    openers=(Opener("<longcat_tool_call>", ("{", "[")),),
    closers=(_CLOSE,),
    unpromptable="its tags are special tokens",
)
