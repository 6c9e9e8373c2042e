"""Where a JSON value ends, found while its text comes."""

import re

_INSIDE = re.compile(r'[^"\\]*(?:\\.[^"\\]*){0,256}', re.DOTALL)
"""Text inside a string. A match takes at most 256 escapes, as the engine remembers a way back for each."""
_BARE = re.compile(r"[^ \t\r\n,\]}]*")
_BETWEEN = re.compile(r'[^"\[\]{}]*')


def inside(text: str, pos: int) -> int:
    """The position of the quote or of the cut escape that ends what stands in a string from `pos` on, or the end."""
    while True:
        found = _INSIDE.match(text, pos)
        end = found.end() if found else pos
        if end == pos or end >= len(text) or text[end] == '"':
            return end
        pos = end


class Span:
    """Reads over one JSON value, with the blanks in front of it. `ended` is set behind its last character.

    The beginning of an escape at the end of a text is left unread.
    """

    __slots__ = ("_depth", "_in_text", "_is_bare", "ended")

    def __init__(self) -> None:
        self.ended = False
        self._depth = 0
        self._in_text = False
        self._is_bare = False

    def feed(self, text: str, pos: int) -> int:
        """The position behind the part of the value that stands in the text from `pos` on."""
        while pos < len(text) and not self.ended:
            if self._in_text:
                end = inside(text, pos)
                if end < len(text) and text[end] == '"':
                    self._in_text, self.ended, end = False, self._depth == 0, end + 1
                if end == pos:
                    return pos
                pos = end
            elif self._is_bare:
                found = _BARE.match(text, pos)
                pos = found.end() if found else pos
                self.ended = pos < len(text)
            else:
                pos = self._outside(text, pos)
        return pos

    def _outside(self, text: str, pos: int) -> int:
        if self._depth:
            found = _BETWEEN.match(text, pos)
            pos = found.end() if found else pos
            if pos == len(text):
                return pos
        match text[pos]:
            case '"':
                self._in_text = True
            case "{" | "[":
                self._depth += 1
            case "}" | "]":
                self._depth -= 1
                self.ended = self._depth <= 0
            case " " | "\t" | "\r" | "\n":
                pass  # blanks in front of the value
            case _:
                self._is_bare = True
                return pos
        return pos + 1
