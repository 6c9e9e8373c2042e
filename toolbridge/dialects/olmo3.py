r"""`olmo3`: Olmo 3.

    <function_calls>
    get_weather(city="Oslo")
    now()
    </function_calls>

Python calls on lines of their own, with no brackets. The tag is also a wrapper of `xml`, with elements in it.
"""

from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.python_calls import python_calls, written
from toolbridge.scanner import Grammar

_OPEN, _CLOSE = "<function_calls>", "</function_calls>"


def read(reading: Reading, _opener: str) -> Grammar:
    """Read one block."""
    yield from python_calls(reading, _CLOSE)


def write(calls: Sequence[ToolCall], _tools: Sequence[Tool]) -> str:
    """One block, a line per call."""
    lines = written(calls, "\n")
    return f"{_OPEN}\n{lines}\n{_CLOSE}"


DIALECT = Dialect(
    name="olmo3",
    read=read,
    openers=(Opener(_OPEN, NAME_BEGINS),),
    closers=(_CLOSE,),
    templates=(Template(("<function_calls>", "<functions>"), lacks=("<invoke",)),),
    models=r"olmo-?3",
    form=Form(
        write=write,
        skeleton="<function_calls>\nTOOL_NAME(PARAMETER_NAME=VALUE)\n</function_calls>",
        values=("Write text in double quotes on one line, with line breaks as \\n, and all other values as JSON.",),
        markers=(_OPEN, _CLOSE),
    ),
)
