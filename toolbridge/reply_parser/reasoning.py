"""Reasoning: text up to a closer, or up to the opener of a call or of an answer."""

from collections.abc import Generator

from toolbridge.notation.drafts import AROUND
from toolbridge.notation.envelopes import close_thought
from toolbridge.notation.literals import REASONING
from toolbridge.notation.reading import Reading
from toolbridge.reply_parser.calls import read_block, read_prompted
from toolbridge.reply_parser.state import State
from toolbridge.scanner import Grammar, OutOfText


def read_reasoning(state: State, opener: str) -> Grammar:
    """Read reasoning behind its opener. An empty opener: the prompt opened it."""
    reading, scanner = state.reading, state.scanner
    reading.begin_thought()
    try:
        yield from scanner.blanks()
        if not opener:
            reading.mark(AROUND)
            yield from read_prompted(state)
            if not reading.in_reasoning:
                return
            opener = yield from scanner.maybe(*REASONING)
            reading.mark("markup")
            yield from scanner.blanks()
        # Small models, and models whose prompt has opened the reasoning, write an opener twice.
        while opener and (yield from _is_doubled(reading, opener)):
            yield from scanner.blanks()
    except OutOfText:
        reading.mark(AROUND)
        return
    reading.mark(AROUND)
    closers = (REASONING[opener],) if opener else tuple(REASONING.values())
    ends = state.ends_of_reasoning(closers)
    while True:
        found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        start, literal = found or (scanner.stop, None)
        reading.pass_to(start)
        if literal is not None and literal in closers:
            break
        if literal is not None:
            # The opener of a call or of an answer ends reasoning. Otherwise the opener is a thought, too.
            yield from read_block(state, literal)
            if not reading.in_reasoning:
                return
            continue
        if scanner.ended:
            return
        yield
    yield from close_thought(reading, literal)


def _is_doubled(reading: Reading, opener: str) -> Generator[None, None, bool]:
    """Whether the same opener stands there again. It is markup, as the blanks before it are."""
    reading.mark(AROUND)
    again = yield from reading.scanner.maybe(opener)
    reading.mark("markup")
    return bool(again)
