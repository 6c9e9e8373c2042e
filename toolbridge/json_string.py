"""The characters inside a JSON string, piece by piece, with what `json_text` mends in a string of a model's."""

import json
import re

from toolbridge.json_text import JsonText

_HALF_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
_HALF_LENGTH = 6


class StringText:
    """The characters inside a JSON string whose opening quote was read. `ended` is set at the closing one."""

    __slots__ = ("_half", "_json", "ended")

    def __init__(self, quote: str = '"') -> None:
        self._json = JsonText()
        self._json.feed(quote, 0, 1)
        self._json.taken()
        self._half = ""
        self.ended = False

    def feed(self, text: str, pos: int, stop: int) -> tuple[int, str]:
        """Read `text[pos:stop]` up to the closing quote; returns the position behind it, and the characters."""
        pos = self._json.feed(text, pos, stop)
        piece = self._half + self._json.taken()
        self._half = ""
        self.ended = self._json.ended
        if self.ended:
            piece = piece[:-1]
        elif _ends_in_half(piece):
            self._half = piece[-_HALF_LENGTH:]  # the other half of the pair has not come yet
            piece = piece[:-_HALF_LENGTH]
        return pos, json.loads(f'"{piece}"') if "\\" in piece else piece


def _ends_in_half(piece: str) -> bool:
    """Whether JSON text ends in the escape of the first half of a surrogate pair, with no backslash before it."""
    if not _HALF_PAIR.fullmatch(piece, len(piece) - _HALF_LENGTH):
        return False
    before = piece[:-_HALF_LENGTH]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 0
