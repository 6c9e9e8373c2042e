r"""`lfm2`: LFM 2 and 2.5.

    <|tool_call_start|>[get_weather(city="Oslo"), now()]<|tool_call_end|>

Python calls between two markers; a list of JSON objects may stand there as well.
"""

from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.json_block import json_block
from toolbridge.dialects.python_calls import python_calls
from toolbridge.dialects.reading import Reading
from toolbridge.scanner import Grammar

_CLOSE = "<|tool_call_end|>"
_OBJECTS = json_block(_CLOSE)


def read(reading: Reading, opener: str) -> Grammar:
    """One block."""
    scanner = reading.scanner
    yield from scanner.blanks()
    start = scanner.here
    bracket = yield from scanner.maybe("[")
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
    closers=(_CLOSE,),
    unpromptable="its markers are special tokens",
)
