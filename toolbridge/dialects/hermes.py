r"""`hermes`: Hermes 2 to 4, Qwen 2.5 and 3, QwQ, SmolLM3, Granite 4.

    <tool_call>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    </tool_call>

One object per tag pair; several pairs for several calls. A list in one pair, or several objects, are read too.
"""

from collections.abc import Sequence

from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.form import Form
from toolbridge.dialects.json_call import Around, call_object, calls
from toolbridge.dialects.reading import Reading
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.scanner import Grammar

_CLOSE = "</tool_call>"
_AROUND = Around((_CLOSE,))


def read(reading: Reading, _opener: str) -> Grammar:
    """What one tag pair holds."""
    scanner = reading.scanner
    yield from calls(reading, _AROUND)
    while True:
        reading.open()
        yield from scanner.blanks()
        yield from scanner.maybe(",", ";")
        yield from scanner.blanks()
        reading.mark("markup")
        if (yield from scanner.maybe(_CLOSE)):
            reading.mark("markup")
            reading.commit()
            return
        yield from calls(reading, _AROUND)


def write(calls_: Sequence[ToolCall], _tools: Sequence[Tool]) -> str:
    """A tag pair per call."""
    return "\n".join(f"<tool_call>\n{call_object(call)}\n</tool_call>" for call in calls_)


DIALECT = Dialect(
    name="hermes",
    read=read,
    openers=(Opener("<tool_call>", ("{", "[")),),
    closers=(_CLOSE,),
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
