r"""`step3`: Step 3.

    <｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="get_weather">
    <steptml:parameter name="city">Oslo</steptml:parameter>
    </steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>

Markers like DeepSeek's stand around `invoke` elements with a prefix in their tags. The markers are missing where a
server hides special tokens. The bars are U+FF5C. The template could not be had; the shape is that of the engines'
parsers.
"""

import re

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import Tags, call
from toolbridge.scanner import Grammar, NotACall

_SECTION, _SECTION_END = "<｜tool_calls_begin｜>", "<｜tool_calls_end｜>"
_BEGIN, _SEPARATOR, _END = "<｜tool_call_begin｜>", "<｜tool_sep｜>", "<｜tool_call_end｜>"
_KIND = re.compile(r"[\w ]*")
_TAGS = Tags(
    call="<steptml:invoke",
    call_close="</steptml:invoke>",
    parameter="<steptml:parameter",
    parameter_close="</steptml:parameter>",
    block_close=(_END + _SECTION_END, f"{_END}\n{_SECTION_END}", _END, _SECTION_END),
    next_block=(_BEGIN, _SECTION),
)


def read(reading: Reading, opener: str) -> Grammar:
    """Read one block of calls, or one call that stands alone."""
    scanner = reading.scanner
    if opener == _SECTION:
        yield from scanner.blanks()
        opener = yield from scanner.literal(_BEGIN, _TAGS.call)
    yield from _call(reading, opener)
    while True:
        reading.open()
        yield from scanner.blanks()
        tag = yield from scanner.maybe(_BEGIN, _TAGS.call, _END, _SECTION_END)
        if not tag:
            raise NotACall
        reading.mark("markup")
        if tag in (_BEGIN, _TAGS.call):
            yield from _call(reading, tag)
            continue
        reading.commit()
        if tag == _SECTION_END:
            return


def _call(reading: Reading, opener: str) -> Grammar:
    """Read one call behind its own marker or its open tag."""
    scanner = reading.scanner
    if opener == _BEGIN:
        yield from scanner.blanks()
        yield from scanner.take(_KIND)
        yield from scanner.maybe(_SEPARATOR)
        yield from scanner.blanks()
        yield from scanner.literal(_TAGS.call)
    yield from call(reading, _TAGS)


DIALECT = Dialect(
    name="step3",
    read=read,
    openers=(Opener(_SECTION, (_BEGIN, _TAGS.call)), Opener(_BEGIN), Opener(_TAGS.call)),
    closers=(_TAGS.call_close, _END, _SECTION_END),
    templates=(Template(("<｜tool_call_begin｜>",)), Template(("steptml",))),
    models=r"step-?3(?![.\d])",
    unpromptable="its markers are special tokens",
    sample=(
        f'{_SECTION}{_BEGIN}function{_SEPARATOR}<steptml:invoke name="get_weather">'
        f'<steptml:parameter name="city">Oslo</steptml:parameter></steptml:invoke>{_END}{_SECTION_END}'
    ),
)
