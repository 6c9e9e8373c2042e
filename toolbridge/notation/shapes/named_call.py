r"""Calls as a name, a separator and an object of arguments: shape C.

    [TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}
    <｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Oslo"}<｜tool▁call▁end｜>

The text between a call's own marker and its arguments is the header, which each family writes differently. The
arguments may be a JSON string that holds the object. The commit point is the object's brace.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import arguments_through
from toolbridge.scanner import Grammar, NotACall

_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Header:
    """Which tool is called, and with which id. The name is empty where only the arguments tell the tool."""

    name: str
    call_id: str = ""
    fenced: bool = False
    """Whether the header has opened a code fence around the arguments."""


@dataclass(frozen=True, slots=True)
class Named:
    """The markers of one notation, and what reads its header up to the arguments."""

    header: Callable[[Reading], Generator[None, None, Header]]
    begins: tuple[str, ...]
    """Markers that begin a call."""
    ends: tuple[str, ...] = ()
    """Markers that end a call. A missing marker is forgiven."""
    sections: tuple[str, ...] = ()
    """Markers that begin a block of calls. A missing marker is forgiven."""
    section_ends: tuple[str, ...] = ()
    nameless: Callable[[Reading, Header], Grammar] | None = None
    """Reads the call behind a header without a name."""

    def read(self, reading: Reading, opener: str) -> Grammar:
        """One block of calls, or one call that stands alone."""
        scanner = reading.scanner
        if opener in self.sections:
            yield from scanner.blanks()
            yield from scanner.literal(*self.begins)
        ends = yield from self._call(reading)
        alone = False
        while self.ends:
            reading.open()
            yield from scanner.blanks()
            tag = yield from scanner.maybe(*ends, *self.section_ends, *self.begins)
            if not tag and alone:
                reading.give_back()
                return
            if not tag:
                raise NotACall
            reading.mark("markup")
            if tag in self.begins:
                ends = yield from self._call(reading)
                alone = False
                continue
            reading.commit()
            if tag in self.section_ends:
                return
            ends = self.ends if tag == _FENCE else ()
            alone = not ends and opener not in self.sections

    def _call(self, reading: Reading) -> Generator[None, None, tuple[str, ...]]:
        """Read one call behind its marker, with a draft open. Returns the markers that may close it."""
        scanner = reading.scanner
        header = yield from self.header(reading)
        if not header.name and self.nameless is not None:
            yield from self.nameless(reading, header)
            return self.ends
        reading.resolve(header.name)
        yield from scanner.blanks()
        ends = (_FENCE, *self.ends) if header.fenced else self.ends
        close = (*ends, *self.section_ends)
        if (yield from scanner.sees(*close)):
            # A tool without parameters: models leave the arguments out.
            reading.empty_call(header.name, header.call_id)
        else:
            yield from arguments_through(reading, header.name, close, header.call_id)
            reading.end()
        return ends
