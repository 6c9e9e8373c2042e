"""Code: spans and fences. They only speak of calls, except a fence around calls and nothing else.

Where the notation that was asked for has no fences, such a fence counts only at the end of the reply: "It looks like
this:", a fence and "That is all." show a call, and make none. Blanks, more such fences and what ends a turn may follow.
"""

import re
from collections.abc import Generator

from toolbridge.notation.literals import ENDS_OF_TURN, OBSERVATIONS, RESULTS, TURNS
from toolbridge.reply_parser.calls import claimed, read_unmarked
from toolbridge.reply_parser.state import FENCE, State
from toolbridge.scanner import BLANK, Grammar, NotACall, OutOfText

_TICKS = re.compile(r"`*")
_TICKS_AND_BLANKS = re.compile(r"[` \t\r]*")
_INFO = re.compile(r"[\w+.-]*")
_FENCE = 3
_BETWEEN = BLANK + ";,"
"""Characters that may stand between calls in a fence."""


def read_ticks(state: State, _tick: str) -> Grammar:
    """Read a run of backticks: a fence at the start of a line, else one end of a code span."""
    reading, scanner = state.reading, state.scanner
    blank = reading.line_blank and not reading.code_span
    stop = min(scanner.stop, scanner.pos + reading.limits.lookahead)
    found = _TICKS.match(scanner.text, scanner.pos, stop)
    run = found.group() if found else ""
    if not blank and scanner.pos + len(run) < stop:
        # Most prose: the run is complete, so no draft is needed.
        reading.pass_to(scanner.pos + len(run))
    else:
        reading.open()
        try:
            run = yield from scanner.take(_TICKS)
        except (NotACall, OutOfText) as stop:
            reading.abandon(stop)
            return
        if blank and len(run) >= _FENCE and not state.unclosed_fence:
            yield from _fence(state, run)
            return
        reading.give_back()
    state.begin_text()
    if blank and len(run) >= _FENCE:
        state.close_fence()
        return
    reading.turn_span(len(run))


def _fence(state: State, run: str) -> Grammar:
    """Read on behind the backticks that open a fence, in a draft that began at them."""
    reading, scanner = state.reading, state.scanner
    body = start = scanner.here
    depth = reading.depth
    before = reading.calls
    try:
        yield from scanner.take(_INFO)
        body = scanner.here
        yield from scanner.blanks()
        if start > state.failed_fence and (yield from _opens(state)):
            reading.widen(reading.limits.fence)
            yield from _fenced(state, run)
            if not state.fenced:
                yield from _end_of_reply(state)
            _close_fence(state)
            return
    except OutOfText:
        if reading.calls > before and not reading.in_call and not reading.drafted(depth).strip(_BETWEEN):
            # The reply ended before the fence was closed.
            while reading.depth > depth:
                reading.commit()
            scanner.pos = scanner.stop
            _close_fence(state)
            return
        state.fail_fence()
    except NotACall:
        # A fence that held other text is not tried again: fences within it are part of its text.
        state.fail_fence()
    reading.give_back(depth=depth, to=body)
    state.begin_text()
    yield from _fence_text(state, len(run))


def _opens(state: State) -> Generator[None, None, bool]:
    """Whether a call may begin here: an opener, or, where no opener stands, JSON without a marker."""
    scanner = state.scanner
    while found := state.openers.match(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended):
        if found[1] is not None:
            return True
        yield from scanner.more()
    return bool(state.unmarked) and (yield from scanner.peek()) in "{["


def _fenced(state: State, run: str) -> Grammar:
    """Read calls and nothing else, up to the end of the fence."""
    scanner = state.scanner
    while not (yield from scanner.option(run)):
        if not (yield from _opens(state)):
            raise NotACall
        yield from _block(state)
        yield from scanner.blanks()
    yield from scanner.take(_TICKS_AND_BLANKS)
    if (yield from scanner.peek()) != "\n" and not (yield from scanner.sees(*ENDS_OF_TURN)):
        raise NotACall
    state.reading.mark("markup")


def _end_of_reply(state: State) -> Grammar:
    """Look behind a fence of calls: only fences of calls follow, or what a model makes up behind its calls."""
    scanner = state.scanner
    while True:
        behind = scanner.here
        yield from scanner.blanks()
        if not (yield from scanner.sees(FENCE)):
            break
        run = yield from scanner.take(_TICKS)
        yield from scanner.take(_INFO)
        yield from scanner.blanks()
        if not (yield from _opens(state)):
            raise NotACall
        yield from _fenced(state, run)
    if not (yield from scanner.sees(*ENDS_OF_TURN, *RESULTS, *TURNS, *OBSERVATIONS)):
        raise NotACall
    scanner.back(behind)


def _block(state: State) -> Grammar:
    """Read one block of calls in a fence. Its close marker may be missing if only a call was read."""
    reading, scanner = state.reading, state.scanner
    before = reading.calls
    reading.open()
    found = state.openers.match(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
    try:
        if found and found[1]:
            owner = yield from claimed(state, found[1], state.claims(found[1]))
            yield from owner.dialect.read(reading, found[1])
        else:
            yield from read_unmarked(state)
    except NotACall:
        if reading.calls == before or reading.in_call or reading.drafted(reading.depth - 1).strip():
            raise
        reading.give_back()


def _close_fence(state: State) -> None:
    state.reading.mark("markup")
    state.reading.drop_blanks()
    state.reading.commit()
    state.begin_text()
    state.look_for_results()


def _fence_text(state: State, ticks: int) -> Grammar:
    """Read code: text up to a line of at least as many backticks, whatever the text holds."""
    reading, scanner = state.reading, state.scanner
    while True:
        at = scanner.text.find("`", scanner.pos, scanner.stop)
        reading.pass_to(at if at >= 0 else scanner.stop)
        if at < 0:
            if scanner.ended:
                return
            yield
            continue
        blank = reading.line_blank
        reading.open()
        try:
            run = yield from scanner.take(_TICKS)
        except (NotACall, OutOfText) as stop:
            reading.abandon(stop)
            continue
        reading.give_back()
        if not blank or len(run) < ticks:
            continue
        if scanner.text[scanner.pos] in BLANK or (yield from scanner.sees(*ENDS_OF_TURN)):
            return
