r"""The few expressions that response templates are written with, as a row of parts that a grammar can read.

    <tool_call>\s*<function=(?P<name>\w+)>     text, blanks, text, a group, text

A model's file is foreign text, and a foreign expression may take for ever. So no expression of a template is ever
matched: it is taken apart, and an expression with anything else in it is refused.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from toolbridge.errors import Misuse, shown
from toolbridge.notation.reading import Reading
from toolbridge.scanner import BLANK, Markers, NotACall

Kind = Literal["text", "maybe", "blanks", "group", "gap"]

_PART = re.compile(
    r"(?P<group>\(\?P<(?P<name>\w+)>(?:\\[wS]|\[[^\[\]]*\]|\.)[+*]\??\))"
    r"|(?P<blanks>\\[sn][*+?])"
    r"|(?P<gap>\.[*+]\?)"
    r"|\(\?:(?P<maybe>(?:\\[^\w]|[^\\()\[\]{}.*+?|^$])+)\)\?"
    r"|\\(?P<escaped>[^\w])"
    r"|(?P<break>\\n)"
    r"|(?P<plain>[^\\()\[\]{}.*+?|^$])"
)
_ESCAPE = re.compile(r"\\(.)")
_WORD = re.compile(r"[^\s<>{}\[\]()\"'`|]*")
"""What a group takes, whatever its own class of characters is: a name without markup in it."""
_LONGEST = 1024
"""Characters that an expression may have."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: a text, a text that may be missing, blanks, a named group, or any text up to the next part."""

    kind: Kind
    text: str = ""
    """The text, or the name of the group."""


def parts(pattern: str) -> tuple[Part, ...]:
    """The parts of an expression. Raises `Misuse` for an expression that is more than a row of such parts."""
    found: list[Part] = []
    at = 0
    while at < len(pattern):
        match = _PART.match(pattern, at) if len(pattern) <= _LONGEST else None
        if match is None:
            raise Misuse(f"the expression {shown(pattern)} has a part that is not read, at character {at}")
        at = match.end()
        text = match["plain"] or match["escaped"] or ("\n" if match["break"] else "")
        if match["name"]:
            found.append(Part("group", match["name"]))
        elif match["blanks"]:
            found.append(Part("blanks"))
        elif match["gap"]:
            found.append(Part("gap"))
        elif match["maybe"]:
            found.append(Part("maybe", _ESCAPE.sub(r"\1", match["maybe"])))
        elif found and found[-1].kind == "text":
            found[-1] = Part("text", found[-1].text + text)
        else:
            found.append(Part("text", text))
    return tuple(found)


def read_parts(reading: Reading, row: Sequence[Part]) -> Generator[None, None, Mapping[str, str]]:
    """Read these parts. Returns what the groups hold. Raises `NotACall` where other text stands there."""
    scanner = reading.scanner
    groups: dict[str, str] = {}
    for place, part in enumerate(row):
        if part.kind == "text":
            yield from scanner.literal(part.text)
        elif part.kind == "maybe":
            yield from scanner.maybe(part.text)
        elif part.kind == "blanks":
            yield from scanner.blanks()
        elif part.kind == "group":
            groups[part.text] = (yield from scanner.take(_WORD)).strip(BLANK)
        else:
            yield from _up_to(reading, row[place + 1 :])
    return groups


def _up_to(reading: Reading, row: Sequence[Part]) -> Generator[None, None, None]:
    """Skip text up to the next part, which must be a text."""
    scanner = reading.scanner
    if not row or row[0].kind != "text":
        raise NotACall
    ends = Markers((row[0].text,))
    while True:
        found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        scanner.pos = at
        if literal is not None:
            return
        if at >= scanner.stop:
            yield from scanner.more()
        else:
            yield from scanner.settle()
