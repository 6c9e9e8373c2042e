r"""`deepseek-v3.1`: DeepSeek V3.1 and its Terminus; `deepseek-v3`: DeepSeek V3, R1 and its distills, Cogito v2.

    <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Oslo"}<｜tool▁call▁end｜>
    <｜tool▁calls▁end｜>

    <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather
    ```json
    {"city": "Oslo"}
    ```<｜tool▁call▁end｜><｜tool▁calls▁end｜>

(the first in one line). The two dialects differ behind the separator, so one grammar reads both. In replies to prompts
for other notations the newer dialect owns the markers. Bars and gaps are U+FF5C and U+2581. Distilled models spell them
in ASCII: a plain bar, and a blank or a `_` for the gap. The outer pair may be missing.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.named_call import Header, Named


def _spelled(marker: str) -> tuple[str, ...]:
    """The marker, and its other spellings."""
    return tuple(marker.replace("｜", bar).replace("▁", gap) for bar in "｜|" for gap in "▁ _")


_SECTION, _SECTION_END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
_BEGIN, _SEPARATOR, _END = "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"
_SECTIONS, _SECTION_ENDS = _spelled(_SECTION), _spelled(_SECTION_END)
_BEGINS, _SEPARATORS, _ENDS = _spelled(_BEGIN), _spelled(_SEPARATOR), _spelled(_END)
_NAME = re.compile(r"[^<>{}`\n]*")


def header(reading: Reading) -> Generator[None, None, Header]:
    """`get_weather<｜tool▁sep｜>`, or `function<｜tool▁sep｜>get_weather` and the fence that it opens."""
    scanner = reading.scanner
    name = yield from scanner.take(_NAME)
    yield from scanner.literal(*_SEPARATORS)
    yield from scanner.blanks()
    if (yield from scanner.sees("{", '"', "null", *_ENDS)):
        return Header(name.strip())
    name = yield from scanner.take(_NAME)
    yield from scanner.blanks()
    fenced = yield from scanner.maybe("```json", "```")
    return Header(name.strip(), fenced=bool(fenced))


_OPENERS = (*(Opener(section, _BEGINS) for section in _SECTIONS), *map(Opener, _BEGINS))
_OTHERS = ("<｜tool_calls_begin｜>", "<｜tool_call_begin｜>", "<|tool_call_begin|>")
"""Spellings that are markers of Step 3 and of Kimi K2 in every other reply."""
_FOREIGN = tuple(opener for opener in _OPENERS if opener.literal in _OTHERS)
_OWN = tuple(opener for opener in _OPENERS if opener.literal not in _OTHERS)
_READ = Named(header, _BEGINS, _ENDS, _SECTIONS, _SECTION_ENDS).read
_CLOSERS = (*_ENDS, *_SECTION_ENDS)
_WHY_NOT = "its markers are special tokens"

DIALECTS = (
    Dialect(
        "deepseek-v3.1",
        _READ,
        _OWN,
        asked_openers=_FOREIGN,
        closers=_CLOSERS,
        templates=(Template((_SECTION,), lacks=("```json",)),),
        models=r"deepseek-?v3\.?1(?!\d)",
        parsers=("deepseek3",),
        unpromptable=_WHY_NOT,
        sample=f'{_SECTION}{_BEGIN}get_weather{_SEPARATOR}{{"city": "Oslo"}}{_END}{_SECTION_END}',
    ),
    Dialect(
        "deepseek-v3",
        _READ,
        asked_openers=_OPENERS,
        closers=_CLOSERS,
        templates=(Template((_SECTION, "```json")),),
        models=r"deepseek-?(?:v3(?![.\d])|r1)|cogito-?v?2(?!\d)",
        parsers=("cogito",),
        unpromptable=_WHY_NOT,
        sample=(
            f'{_SECTION}{_BEGIN}function{_SEPARATOR}get_weather\n```json\n{{"city": "Oslo"}}\n```{_END}{_SECTION_END}'
        ),
    ),
)
