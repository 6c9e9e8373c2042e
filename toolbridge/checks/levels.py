"""The objects and arrays around the value that comes next, and which names their members have and are meant to have."""

import json
from dataclasses import dataclass, field

from toolbridge.checks.places import Place

_WRAPPERS = ("arguments", "args", "parameters", "params", "input", "kwargs")
"""Names under which models put all arguments once more."""


@dataclass(frozen=True, slots=True)
class Rename:
    """A declared name for a member.

    `written` is the part of its JSON that has not left, `at` where the name that came stands in the text of the member.
    """

    name: str
    written: str
    at: int


@dataclass(slots=True)
class Effort:
    """How much work one call may still cause: all of it may come in one piece, and be done in one step."""

    values: int = 2_000
    """Values that are looked at; behind them the arguments leave as they come."""
    meanings: int = 200
    """Values that do not fit and whose meaning is looked for; the others that do not fit leave as they are."""
    nested: int = 3
    """How often a text may stand for JSON in which texts stand for JSON."""


@dataclass(slots=True)
class Level:
    """An object or an array that has not ended."""

    place: Place
    is_object: bool
    is_outermost: bool
    index: int = 0
    """The number of items before the one that comes next."""
    wrote: bool = False
    """Whether a member of the object has left."""
    names: set[str] = field(default_factory=set)
    """The declared members that have come."""
    renamed: set[str] = field(default_factory=set)
    """The members of `names` that came under another name."""

    def wraps(self, name: str) -> bool:
        """Whether a first member of this name may hold all arguments."""
        return self._may_wrap and name in _WRAPPERS and name not in self.place.names

    def may_leave(self, begun: str) -> bool:
        """Whether the beginning of a member's name may leave: whatever follows, the member stays and keeps its name."""
        # The quote alone may leave, as the name of another member can follow it.
        return not (
            (self._may_wrap and begun and any(name.startswith(begun) for name in _WRAPPERS))
            or any(name.startswith(begun) for name in self.renamed)
        ) and self.place.may_leave(begun)

    def meant(self, name: str, raw: str, left: int, at: int) -> Rename | None:
        """The declared name that an undeclared one stands for, if `left` characters of it that have left allow it."""
        meant = self.place.meant(name)
        if meant is None or meant in self.names:
            return None
        written = json.dumps(meant, ensure_ascii=False)
        return Rename(meant, written[left:], at) if written.startswith(raw[:left]) else None

    @property
    def _may_wrap(self) -> bool:
        return self.is_outermost and not self.wrote and self.place.corrects
