"""The ids of a reply's calls: the model's own ids where every client takes them, else new ids."""

import re
from collections.abc import Callable

_ID = re.compile(r"(?![0-9]{1,4}\Z)[A-Za-z0-9_.:-]{1,64}")
"""Ids that models write and that every client takes. Bare counters are not among them: Cohere's models count from zero
in every turn."""


class CallIds:
    """The ids that were given so far: models repeat ids, and clients match results by id. `new` makes another id."""

    __slots__ = ("_given", "new")

    def __init__(self, new: Callable[[], str]) -> None:
        self.new = new
        self._given: set[str] = set()

    def take(self, written: str) -> str:
        """The id that the model wrote, which no other call may have from now on. Empty if clients cannot take it."""
        if not _ID.fullmatch(written) or written in self._given:
            return ""
        self._given.add(written)
        return written
