r"""`hermes`: Hermes 2 to 4, Qwen 2.5 and 3, QwQ, SmolLM3, Granite 4, Trinity, Bielik, Reka Edge, MiMo-VL, EXAONE 4.

    <tool_call>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    </tool_call>

Each call has its own tag pair with one object. A list or several objects in one pair are read too.
"""

from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.json_call import call_object

_CLOSE = "</tool_call>"


def write(calls: Sequence[ToolCall], _tools: Sequence[Tool]) -> str:
    """A tag pair per call."""
    return "\n".join(f"<tool_call>\n{call_object(call)}\n</tool_call>" for call in calls)


DIALECT = Dialect(
    name="hermes",
    read=json_block(_CLOSE),
    openers=(Opener("<tool_call>", ("{", "[")),),
    closers=(_CLOSE,),
    templates=(Template(("<tool_call>",), lacks=("<function=", "<arg_key>")),),
    architectures=("smollm3",),
    models=r"hermes-?2-?pro|hermes-?[34]|qwen-?2\.?5(?!\d)|qwen-?3(?![.\d])|(?<![a-z])qwq|smollm-?3|granite-?4(?!\.2)"
    r"|(?<![^/])trinity(?!-?\d)|bielik|reka-?edge|mimo-?vl|exaone-?4|k-exaone(?!-?2(?!\d))",
    parsers=("qwen", "qwen25"),
    form=Form(
        write=write,
        skeleton='<tool_call>\n{"name": "TOOL_NAME", "arguments": {"PARAMETER_NAME": VALUE}}\n</tool_call>',
        values=("The arguments are one JSON object: text in double quotes, with line breaks written as \\n.",),
        result_open='<tool_response name="{name}">',
        result_close="</tool_response>",
        wrapper=("", ""),
        markers=("<tool_call>", "</tool_call>", "<tool_response", "</tool_response"),
    ),
)
