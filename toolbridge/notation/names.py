"""Which tool a model meant: a written name is compared with the names of the offered tools."""

import re
import string
from collections.abc import Collection

from toolbridge.words import Words

_LEGAL = re.compile(r"[^\x00-\x20<>{}\"`](?:[^\x00-\x1f<>{}\"`]{0,126}[^\x00-\x20<>{}\"`])?")
_PREFIXES = ("functions.", "function.", "tools.", "default_api.")

NAME_BEGINS: tuple[str, ...] = tuple(string.ascii_letters + string.digits + "_")
"""What most names begin with: the token behind an opener that is followed by a name."""


def is_legal(name: str) -> bool:
    """Whether this could be a tool's name at all: one line, no markup, at most 128 characters."""
    return _LEGAL.fullmatch(name) is not None


class Offered(Words):
    """The names of the offered tools, and the spellings in which models write them."""

    __slots__ = ("_by_plain",)

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(names)
        self._by_plain: dict[str, str | None] | None = None

    def declared(self, name: str) -> str | None:
        """The offered name that was written, or the only offered name that it harmlessly misspells, or None.

        These are harmless: another case, `-` for `_`, and a namespace that the model was trained to put in front
        (gpt-oss and Kimi write `functions.get_weather`).
        """
        if name in self.source:
            return name
        if self._by_plain is None:
            self._by_plain = {}
            for one in self.source:
                meant = plain(one)
                self._by_plain[meant] = None if meant in self._by_plain else one
        return self._by_plain.get(plain(name))


def plain(name: str) -> str:
    """The name without the differences that `declared` forgives: misspellings of a name are equal in this form."""
    name = name.strip().lower()
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.replace("-", "_").replace(" ", "_")
