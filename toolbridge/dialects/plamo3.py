r"""`plamo3`: PLaMo 3.

    <|plamo:begin_tool_requests:plamo|><|plamo:begin_tool_request:plamo|>
    <|plamo:begin_tool_name:plamo|>get_weather<|plamo:end_tool_name:plamo|>
    <|plamo:begin_tool_arguments:plamo|><|plamo:constrain|>json<|plamo:msg|>{"city": "Oslo"}
    <|plamo:end_tool_arguments:plamo|><|plamo:end_tool_request:plamo|><|plamo:end_tool_requests:plamo|>

(in one line). The marker of the format and the marker before the arguments may be missing. Calls end the reasoning.
Each marker is several tokens, so servers show it. The template could not be had; the shape is that of the engines'
parsers.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.named_call import Header, Named

_SECTION, _SECTION_END = "<|plamo:begin_tool_requests:plamo|>", "<|plamo:end_tool_requests:plamo|>"
_BEGIN, _END = "<|plamo:begin_tool_request:plamo|>", "<|plamo:end_tool_request:plamo|>"
_NAME, _NAME_END = "<|plamo:begin_tool_name:plamo|>", "<|plamo:end_tool_name:plamo|>"
_ARGUMENTS, _ARGUMENTS_END = "<|plamo:begin_tool_arguments:plamo|>", "<|plamo:end_tool_arguments:plamo|>"
_FORMAT, _MESSAGE = "<|plamo:constrain|>json", "<|plamo:msg|>"
_TEXT = re.compile(r"[^<\n]*")


def header(reading: Reading) -> Generator[None, None, Header]:
    """Read the name, and the markers up to the arguments."""
    scanner = reading.scanner
    yield from scanner.blanks()
    yield from scanner.literal(_NAME)
    name = yield from scanner.take(_TEXT)
    yield from scanner.literal(_NAME_END)
    yield from scanner.blanks()
    if (yield from scanner.maybe(_ARGUMENTS)):
        yield from scanner.maybe(_FORMAT)
        yield from scanner.maybe(_MESSAGE)
    return Header(name.strip())


DIALECT = Dialect(
    name="plamo3",
    read=Named(header, (_BEGIN,), (_ARGUMENTS_END + _END, _ARGUMENTS_END, _END), (_SECTION,), (_SECTION_END,)).read,
    openers=(Opener(_SECTION, (_BEGIN,)), Opener(_BEGIN)),
    closers=(_ARGUMENTS_END, _END, _SECTION_END),
    ends_reasoning=True,
    thinks_again=("<|plamo:begin_think:plamo|>",),
    templates=(Template((_BEGIN,)),),
    architectures=("plamo3",),
    models=r"plamo-?3",
    unpromptable="it is the notation of one family only: json is asked for where models write objects",
    sample=(
        f"{_SECTION}{_BEGIN}{_NAME}get_weather{_NAME_END}{_ARGUMENTS}{_FORMAT}{_MESSAGE}"
        f'{{"city": "Oslo"}}{_ARGUMENTS_END}{_END}{_SECTION_END}'
    ),
)
