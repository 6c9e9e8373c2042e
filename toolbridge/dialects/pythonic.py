r"""`pythonic`: Llama 3.2 and 4, ToolACE.

    [get_weather(city="Oslo"), now()]

Such a list may just as well be code or the text of a link. So it is looked for only where this notation was asked for
and at the start of a line, and its names must be offered. Llama 4 may put `<|python_start|>` and `<|python_end|>`
around it.
"""

from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import Around
from toolbridge.notation.shapes.json_block import rewind
from toolbridge.notation.shapes.json_call import calls
from toolbridge.notation.shapes.python_calls import python_calls, written
from toolbridge.scanner import Grammar

_OPEN, _CLOSE = "<|python_start|>", "<|python_end|>"
_JSON = Around(needs_arguments=True)


def read(reading: Reading, opener: str) -> Grammar:
    """One list."""
    scanner = reading.scanner
    reading.require_offered()
    if opener == _OPEN:
        yield from python_calls(reading, _CLOSE)
        return
    yield from scanner.blanks()
    is_json = yield from scanner.sees("{")
    rewind(reading)
    yield from calls(reading, _JSON) if is_json else python_calls(reading)


def write(calls_: Sequence[ToolCall], _tools: Sequence[Tool]) -> str:
    """One list."""
    return f"[{written(calls_, ', ')}]"


DIALECT = Dialect(
    name="pythonic",
    read=read,
    openers=(Opener(_OPEN),),
    asked_openers=(Opener("[", line_start=True),),
    closers=(_CLOSE,),
    templates=(Template(("[func_name1(params_name1=params_value1",)),),
    architectures=("llama4",),
    models=r"toolace|watt-tool|bitagent|llama-?4(?![\d])",
    form=Form(
        write=write,
        skeleton="[TOOL_NAME(PARAMETER_NAME=VALUE)]",
        values=("Write text in double quotes on one line, with line breaks as \\n, and all other values as JSON.",),
        markers=("<tool_results>", "</tool_results>", "<result", "</result>", _OPEN, _CLOSE),
        calls=("python", "json"),
    ),
)
