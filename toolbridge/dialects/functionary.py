r"""`functionary`: Functionary 3.2; 3.1 writes Llama's notation.

    all
    I look.>>>get_weather
    {"city": "Oslo"}>>>now
    {}

Each message begins with its recipient behind `>>>`, `all` for content. The prompt has written the first `>>>`. What
goes to `python` may be raw code. `>>>` is Python's prompt too: in replies to prompts for other notations only calls of
offered tools count, and only as the first text.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import PROMPTED, Dialect, NameToken, Opener, Template
from toolbridge.notation.envelopes import begin_content
from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.notation.raw_argument import only_text, raw_argument
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import arguments_through
from toolbridge.scanner import Grammar, Markers
from toolbridge.words import Phrase, Words

_BEGIN = ">>>"
_ALL = "all"
_NAME = re.compile(r"[\w.:/-]*")
_BREAKS = ("\r\n", "\n")
_FIRST = tuple(NameToken((begin, f"{line_break}{{")) for begin in ("", _BEGIN) for line_break in _BREAKS)
"""Read a message to an offered tool, as the first text of a reply."""


def read(reading: Reading, _opener: str) -> Grammar:
    """Read one message, and the calls directly behind a call."""
    scanner = reading.scanner
    yield from scanner.maybe(_BEGIN)
    name = yield from _recipient(reading)
    if name == _ALL:
        begin_content(reading)
        return
    while True:
        yield from _call(reading, name)
        reading.open()
        yield from scanner.blanks()
        yield from scanner.literal(_BEGIN)
        name = yield from _recipient(reading)
        reading.mark("markup")
        if name == _ALL:
            begin_content(reading)
            return


def _recipient(reading: Reading) -> Generator[None, None, str]:
    name = yield from reading.scanner.take(_NAME)
    yield from reading.scanner.literal(*_BREAKS)
    return name


def _call(reading: Reading, name: str) -> Grammar:
    """Read one call behind its first line, with a draft open."""
    reading.resolve(name)
    yield from reading.scanner.blanks()
    if (yield from reading.scanner.sees("{")):
        yield from arguments_through(reading, name, (_BEGIN, *ENDS_OF_TURN))
    else:
        parameter = only_text(reading, name) or ("code" if name == "python" else "")
        next_ones = tuple(Phrase((_BEGIN, "\n"), words) for words in (reading.names, Words((_ALL, name))))
        yield from raw_argument(reading, name, parameter, Markers(ENDS_OF_TURN, next_ones))
    reading.end()


DIALECT = Dialect(
    name="functionary",
    read=read,
    openers=(Opener(PROMPTED, first=True, named=_FIRST),),
    asked_openers=(Opener(PROMPTED, first=True), Opener(_BEGIN)),
    templates=(Template((">>>all", ">>>${recipient}")),),
    models=r"functionary.*v3\.2",
    unpromptable="its prompt ends in the middle of a message",
    sample='get_weather\n{"city": "Oslo"}',
)
