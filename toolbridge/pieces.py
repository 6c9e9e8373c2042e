"""Text that grows token by token and may be needed whole at the end."""

_FEW = 512


class Pieces:
    """Pieces of text that take about as much memory as their characters.

    A million small strings in a list take forty times the memory of their text, and `io.StringIO` takes four bytes for
    each character. So small pieces are joined from time to time.
    """

    __slots__ = ("_few", "_joined", "length")

    def __init__(self, text: str = "") -> None:
        self._joined = [text] if text else []
        self._few: list[str] = []
        self.length = len(text)
        """Characters so far."""

    def write(self, piece: str) -> None:
        """Add a piece."""
        few = self._few
        few.append(piece)
        self.length += len(piece)
        if len(few) >= _FEW:
            self._joined.append("".join(few))
            few.clear()

    def text(self) -> str:
        """The whole text."""
        return "".join([*self._joined, *self._few])
