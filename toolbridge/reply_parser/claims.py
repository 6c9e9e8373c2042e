"""Which dialects a marker in a reply may belong to."""

from collections.abc import Callable, Container, Sequence
from copy import copy
from dataclasses import dataclass
from operator import itemgetter

from toolbridge.dialects import dialects
from toolbridge.notation.dialect import Dialect, Opener
from toolbridge.words import Frame, Words


@dataclass(frozen=True, slots=True)
class Claim:
    """A marker's claim to begin a call: whose it is, whether it was asked for, whether only offered names count."""

    dialect: Dialect
    opener: Opener
    asked: bool
    declared_only: bool


class Claims:
    """The claims on every opener, those of the asked dialects first; `offered` says whether there are tools.

    The notation that was asked for may name any tool, as agents handle an unknown one better than silence. Beside it
    every marked notation is read for offered names: models fall back to the one of their training.

    They are the same whatever the tools are called: an opener that ends with the name of one is known by what stands
    before that.
    """

    def __init__(self, asked: Sequence[str], *, offered: bool) -> None:
        self.literals: dict[str, list[tuple[int, Claim]]] = {}
        """The claims on each literal, with their places in the order of all."""
        self.befores: dict[str, list[tuple[int, Claim]]] = {}
        """The same on what stands before the name of an offered tool."""
        place = 0
        for dialect in sorted(dialects().values(), key=lambda dialect: (dialect.name not in asked, dialect.name)):
            asked_for = dialect.name in asked
            for found, openers in (
                (self.literals, dialect.openers),
                (self.befores, dialect.tool_openers if offered else ()),
                (self.befores, dialect.asked_tool_openers if offered and asked_for else ()),
                (self.literals, dialect.asked_openers if asked_for else ()),
            ):
                for opener in openers:
                    if opener.named and not opener.then and not offered:
                        continue
                    claim = Claim(dialect, opener, asked=asked_for, declared_only=not asked_for and offered)
                    found.setdefault(opener.literal, []).append((place, claim))
                    place += 1
        self._parts = tuple((before, "") for before in self.befores)

    def of(self, literal: str, names: Container[str]) -> list[Claim]:
        """The claims on this literal where tools of these names are offered; none where it is no opener."""
        found = self.literals.get(literal, [])
        for before, owners in self.befores.items():
            if literal.startswith(before) and literal[len(before) :] in names:
                found = found + owners
        return [claim for _, claim in sorted(found, key=_PLACE)]

    def only(self, test: Callable[[Claim], bool]) -> "Claims":
        """The openers on which at least one claim is such."""
        found = copy(self)
        for kind in ("literals", "befores"):
            owned = getattr(self, kind)
            setattr(found, kind, {one: owners for one, owners in owned.items() if any(test(it) for _, it in owners)})
        found._parts = tuple((before, "") for before in found.befores)  # noqa: SLF001 - a copy of its own class
        return found

    def frames(self, names: Words) -> tuple[Frame, ...]:
        """The openers that end with a name."""
        return tuple(Frame(parts, names) for parts in self._parts)


_PLACE = itemgetter(0)
