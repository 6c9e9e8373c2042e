"""The tail of a reply: end-of-turn tokens, results that the model makes up, another speaker's turn."""

from toolbridge.notation.drafts import END_OF_TURN, INVENTED
from toolbridge.notation.literals import ENDS_OF_TURN, TURNS
from toolbridge.reply_parser.state import State
from toolbridge.scanner import Grammar, NotACall, OutOfText


def read_end_of_turn(state: State, literal: str) -> Grammar:
    """Read end-of-turn tokens that the server let through.

    They are dropped at the end of the reply and directly behind a call. Elsewhere they are text.
    """
    reading, scanner = state.reading, state.scanner
    behind_call = reading.after_call
    reading.open()
    scanner.pos += len(literal)
    try:
        found = literal
        while found:
            behind = scanner.here
            yield from scanner.blanks()
            found = yield from scanner.maybe(*ENDS_OF_TURN)
        runs_on = bool(reading.calls and (yield from scanner.sees(*TURNS)))
    except OutOfText:
        reading.mark(END_OF_TURN)
        reading.commit()
        return
    except NotACall:
        runs_on = False
    if runs_on:
        reading.mark(END_OF_TURN)
        reading.commit()
        yield from read_invented(state, literal)
    elif behind_call:
        scanner.back(behind)
        reading.mark(END_OF_TURN)
        reading.commit()
    else:
        state.begin_text()
        reading.give_back()


def read_invented(state: State, _literal: str) -> Grammar:
    """Drop a result that the model makes up, or another speaker's turn, and everything behind it."""
    reading, scanner = state.reading, state.scanner
    reading.drop_blanks()
    state.end()
    while True:
        scanner.pos = scanner.stop
        reading.mark(INVENTED)
        if scanner.ended:
            return
        yield
