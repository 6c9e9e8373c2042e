"""The ids of a reply's calls: the model's own where every client takes them, else new ones."""

import re
from collections.abc import Callable

_ID = re.compile(r"(?![0-9]{1,4}\Z)[A-Za-z0-9_.:-]{1,64}")
"""Ids of a model's own that every client takes: no bare counters, which Cohere's models begin anew in every turn."""


class CallIds:
    """What ids were given so far: models repeat them, and clients match results by id. `new` makes others."""

    __slots__ = ("_given", "new")

    def __init__(self, new: Callable[[], str]) -> None:
        self.new = new
        self._given: set[str] = set()

    def take(self, written: str) -> str:
        """The id that the model wrote, given from now on; the empty string where it cannot be."""
        if not _ID.fullmatch(written) or written in self._given:
            return ""
        self._given.add(written)
        return written
