"""A turn that ended in the middle of a call: end-of-turn tokens stand there as text, with nothing behind them.

Servers let such tokens through. No close tag comes behind them, so a call ends there as it does at the end of the text.
"""

import re
from collections.abc import Generator

from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.scanner import Markers, Scanner

_TOKENS = Markers(ENDS_OF_TURN)
_BLANKS = re.compile(r"[ \t\r\n]*")
_LED = re.compile(rf"(?:(?:{'|'.join(map(re.escape, ENDS_OF_TURN))})[ \t\r\n]*)*")


def behind_tokens(text: str) -> str:
    """The text behind the end-of-turn tokens at its beginning."""
    found = _LED.match(text)
    return text[found.end() :] if found else text


def ends_turn(scanner: Scanner, most: int, *, ahead: int = 0) -> Generator[None, None, bool]:
    """Whether only end-of-turn tokens and blanks come, from `ahead` characters behind the position to the end.

    Nothing is read, and no more than `most` characters are looked at.
    """
    looked = ahead
    seen = False
    while looked - ahead < most:
        text, stop = scanner.text, scanner.stop
        blanks = _BLANKS.match(text, scanner.pos + looked, stop)
        at = blanks.end() if blanks else scanner.pos + looked
        found = _TOKENS.match(text, at, stop, ended=scanner.ended) if at < stop else None
        looked = at - scanner.pos
        if found and found[1]:
            looked += len(found[1])
            seen = True
        elif at < stop and found is None:
            return False
        elif scanner.ended:
            return seen
        else:
            yield from scanner.settle()
    return False
