"""Content: text that goes on at once, and the markers in it that lead into the other states."""

import re
from collections.abc import Generator

from toolbridge.notation.drafts import ORPHAN
from toolbridge.notation.envelopes import skip_blanks
from toolbridge.notation.literals import ENDS_OF_TURN, OBSERVATIONS, REASONING, REASONING_ANYWHERE, RESULTS, TURNS
from toolbridge.reply_parser.calls import read_bare, read_block, read_prompted
from toolbridge.reply_parser.code import in_code_span, read_ticks
from toolbridge.reply_parser.reasoning import read_reasoning
from toolbridge.reply_parser.state import TICK, State
from toolbridge.reply_parser.tail import read_end_of_turn, read_invented
from toolbridge.scanner import Grammar

_BLANKS = re.compile(r"[ \t\r\n]*")
_REASONING_CLOSERS = frozenset(REASONING.values())


def read_content(state: State) -> Grammar:
    """Content, up to the end of the reply."""
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
            reading.passage = None if state.first else passage
            yield
            reading.passage = None
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
            state.first = False
            reading.pass_to(start)
        if literal is not None:
            yield from _marker(state, literal)
        elif found:
            yield


def _first_text(state: State) -> Generator[None, None, bool]:
    """Before any text: blanks, and JSON that may be a call. Whether anything was read."""
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


def _marker(state: State, literal: str) -> Grammar:
    """What a marker at the scanner's position stands for, here."""
    reading, scanner = state.reading, state.scanner
    if literal == TICK:
        yield from read_ticks(state)
    elif literal in state.unclosed:
        state.unclosed = ()
        state.pass_literal(literal)
    elif reading.code_span and (not state.claims(literal) or (yield from in_code_span(state, len(literal)))):
        state.pass_literal(literal)
    elif state.claims(literal):
        yield from read_block(state, literal)
    elif literal in REASONING and (state.first or literal in REASONING_ANYWHERE):
        scanner.pos += len(literal)
        reading.drop_blanks()
        reading.mark("markup")
        yield from read_reasoning(state, literal)
    elif literal in REASONING:
        state.literal_reasoning += 1
        state.pass_literal(literal)
    elif literal in _REASONING_CLOSERS and state.literal_reasoning:
        state.literal_reasoning -= 1
        state.pass_literal(literal)
    elif literal in _REASONING_CLOSERS:
        yield from _lone_closer(state, literal)
    elif literal in ENDS_OF_TURN:
        yield from read_end_of_turn(state, literal)
    elif _is_invented(state, literal):
        yield from read_invented(state)
    elif literal in state.closers and reading.after_call:
        scanner.pos += len(literal)
        reading.drop_blanks()
        reading.mark(ORPHAN)
    elif literal in state.unclosed_block:
        state.unclosed_block = ()
        scanner.pos += len(literal)
        reading.mark("markup")
    else:
        state.pass_literal(literal)


def _lone_closer(state: State, literal: str) -> Grammar:
    """The end of reasoning that never began: it goes, as do the blanks around it where nothing was said before."""
    reading, scanner = state.reading, state.scanner
    first = not (reading.spoke or reading.called)
    if first:
        reading.drop_blanks()
    scanner.pos += len(literal)
    reading.mark("markup")
    if first:
        yield from skip_blanks(reading)


def _is_invented(state: State, literal: str) -> bool:
    """Whether a result or a turn begins that is not the model's to write."""
    if literal in OBSERVATIONS:
        return state.reading.after_call
    return (literal in RESULTS or literal in TURNS) and state.reading.calls > 0 and state.reading.line_blank
