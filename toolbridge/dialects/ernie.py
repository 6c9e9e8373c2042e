r"""`ernie`: ERNIE 4.5 in its thinking variants.

    </think>

    <tool_call>
    {"name": "get_weather", "arguments": {"city": "Oslo"}}
    </tool_call>

Hermes' notation; `hermes` wins the tag in every other reply. An answer without a call stands between `<response>` and
`</response>`, on lines of their own. Line breaks may be spelled as the token `<0x0A>`, above all around markup.
"""

import contextlib

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.drafts import AROUND
from toolbridge.notation.envelopes import answer_openers, answer_words
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.scanner import Grammar, NotACall, OutOfText

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_ANSWER = {"<response>": "</response>"}
_BREAK = "<0x0A>"
_CALLS = answer_words(json_block(_CLOSE, _BREAK + _CLOSE), _ANSWER, (_OPEN, _BREAK))


def read(reading: Reading, opener: str) -> Grammar:
    """Read one block, a marker around the answer, or a spelled line break."""
    if opener == _BREAK:
        yield from _line_break(reading)
        return
    if opener == _OPEN + _BREAK:
        yield from _line_breaks(reading)
    yield from _CALLS(reading, opener)
    if opener in _ANSWER.values():
        with contextlib.suppress(OutOfText):
            yield from _line_breaks(reading)
        reading.mark(AROUND)


def _line_breaks(reading: Reading) -> Grammar:
    """Read blanks and spelled line breaks."""
    yield from reading.scanner.blanks()
    while (yield from reading.scanner.maybe(_BREAK)):
        yield from reading.scanner.blanks()


def _line_break(reading: Reading) -> Grammar:
    """Put a line break in place of its spelling. At the beginning of a reply it is dropped."""
    if reading.depth > 1:
        raise NotACall
    reading.commit()
    if reading.spoke or reading.after_call:
        reading.say("\n")
    else:
        reading.mark(AROUND)
    yield from ()


DIALECT = Dialect(
    name="ernie",
    read=read,
    asked_openers=(Opener(_OPEN, ("{", "[")), Opener(_OPEN + _BREAK), Opener(_BREAK), *answer_openers(_ANSWER)),
    closers=(_CLOSE,),
    templates=(Template(("<response>", "<tool_call>"), lacks=("<arg_key>", "<function=")),),
    models=r"ernie-?4\.5.*thinking",
    parsers=("ernie45",),
    unpromptable="it is hermes with another frame around answers: ask for that",
    sample='<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
)
