"""Where the next backtick stands on the line at hand: a call between two of them is only spoken of."""

import re
from collections.abc import Generator

from toolbridge.scanner import Scanner

TICK = "`"
_TICK_OR_LINE_END = re.compile(r"[`\n]")


class NextTick:
    """What is known of the line behind the scanner's position. Nothing is looked at twice.

    `most` is how many characters ahead a backtick is looked for.
    """

    __slots__ = ("_at", "_most", "_none_before", "_scanner")

    def __init__(self, scanner: Scanner, most: int) -> None:
        self._scanner = scanner
        self._most = most
        self._at = -1
        """Where in the reply the last backtick stands that was found."""
        self._none_before = -1
        """Up to where in the reply no backtick stands."""

    def is_behind(self, length: int) -> Generator[None, None, bool]:
        """Whether a backtick stands behind the next `length` characters, on the same line. Nothing is read."""
        scanner, most = self._scanner, self._most
        looked = length
        if scanner.here + length <= self._at < scanner.here + most:
            return True
        while scanner.here >= self._none_before:
            start = scanner.pos
            found = _TICK_OR_LINE_END.search(scanner.text, start + looked, min(scanner.stop, start + most))
            if found and found.group() == TICK:
                self._at = scanner.here + found.start() - start
                return True
            if found or scanner.stop - start >= most or scanner.ended:
                self._none_before = scanner.here + (found.start() - start if found else most)
                return False
            looked = max(looked, scanner.stop - start)
            yield
        return False
