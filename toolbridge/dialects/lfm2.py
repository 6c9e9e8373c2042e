r"""`lfm2`: LFM 2 and 2.5.

    <|tool_call_start|>[get_weather(city="Oslo"), now()]<|tool_call_end|>

Python calls between two markers. A list of JSON objects may stand there as well. Models leave out the first marker. So
a list of offered names at the start of a line is read without it, where this notation was asked for.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.python_calls import python_calls
from toolbridge.scanner import Grammar

_BARE, _CLOSE = "[", "<|tool_call_end|>"
_OBJECTS = json_block(_CLOSE)


def read(reading: Reading, opener: str) -> Grammar:
    """Read one block."""
    scanner = reading.scanner
    bracket = opener
    if opener == _BARE:
        reading.require_offered()
    else:
        yield from scanner.blanks()
        bracket = yield from scanner.maybe(_BARE)
    start = scanner.here - len(bracket)
    yield from scanner.blanks()
    is_json = yield from scanner.sees("{")
    if bracket:
        scanner.back(start)
    if is_json:
        yield from _OBJECTS(reading, opener)
    else:
        yield from python_calls(reading, _CLOSE)


DIALECT = Dialect(
    name="lfm2",
    read=read,
    openers=(Opener("<|tool_call_start|>"),),
    asked_openers=(Opener(_BARE, line_start=True),),
    closers=(_CLOSE,),
    templates=(
        Template(("<|tool_call_start|>",)),
        Template(("<|tool_list_start|>",)),
    ),
    architectures=("lfm2", "lfm2moe"),
    models=r"(?<![a-z])lfm-?2",
    unpromptable="its markers are special tokens",
    sample='<|tool_call_start|>[get_weather(city="Oslo")]<|tool_call_end|>',
)
