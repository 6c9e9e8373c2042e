"""Content: text that goes on at once, up to a marker that leads into another state."""

import re
from collections.abc import Generator

from toolbridge.reply_parser.calls import read_bare, read_prompted
from toolbridge.reply_parser.markers import meaning
from toolbridge.reply_parser.state import State
from toolbridge.scanner import Grammar

_BLANKS = re.compile(r"[ \t\r\n]*")


def read_content(state: State) -> Grammar:
    """Read content up to the end of the reply."""
    reading, scanner = state.reading, state.scanner

    def passage(text: str) -> bool:
        markers = state.markers
        if markers.pattern.search(text) is not None and markers.search(text, 0, len(text)) is not None:
            return False
        reading.plain(text)
        return True

    while True:
        if scanner.pos >= scanner.stop:
            if scanner.ended:
                return
            yield from reading.wait(None if state.first else passage)
            continue
        if state.first and (yield from _first_text(state)):
            continue
        found = state.markers.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        start, literal = found or (scanner.stop, None)
        if start > scanner.pos:
            if found is None and _is_cut_closer(state):
                scanner.pos = start
                reading.mark("markup")
                return
            state.begin_text()
            reading.pass_to(start)
        if literal is not None:
            yield from meaning(state, literal)(state, literal)
        elif found:
            yield


def _first_text(state: State) -> Generator[None, None, bool]:
    """Read blanks before the first text, or JSON that may be a call. Returns whether anything was read."""
    scanner = state.scanner
    found = _BLANKS.match(scanner.text, scanner.pos, scanner.stop)
    if found and found.end() > scanner.pos:
        state.reading.pass_to(found.end())
        return True
    if not state.begun:
        yield from read_prompted(state)
        return True
    if scanner.text[scanner.pos] not in "{[" or not state.unmarked:
        return False
    if marker := state.markers.match(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended):
        # Mistral's `[THINK]` begins as a list does.
        if marker[1] is None:
            yield
        return marker[1] is None
    yield from read_bare(state)
    return True


def _is_cut_closer(state: State) -> bool:
    """Whether the reply ends, behind a call, within the marker that closes its block."""
    rest = state.scanner.text[state.scanner.pos : state.scanner.stop]
    return state.scanner.ended and state.reading.after_call and any(one.startswith(rest) for one in state.closers)
