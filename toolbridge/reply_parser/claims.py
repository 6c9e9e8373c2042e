"""The dialects to which a marker in a reply may belong."""

from collections.abc import Callable, Container, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from operator import itemgetter

from toolbridge.dialects import dialects
from toolbridge.notation.dialect import Dialect, Opener
from toolbridge.words import Phrase, Words


@dataclass(frozen=True, slots=True)
class Claim:
    """One dialect's claim on a marker as the opener of its calls."""

    dialect: Dialect
    opener: Opener
    asked: bool
    """Whether this dialect was asked for."""
    declared_only: bool
    """Whether its calls must name offered tools."""


class Claims:
    """The claims on every opener, first those of the asked dialects. `offered` says whether there are tools.

    `beside` are dialects that no family has, such as that of a response template.

    Calls in the notation that was asked for may name any tool, as agents handle an unknown tool better than silence.
    Beside it every marked notation is read for offered names: models fall back to the notation of their training.

    The claims are the same whatever the tools are called: an opener that ends with the name of a tool is known by the
    text before the name.
    """

    def __init__(self, asked: Sequence[str], *, offered: bool, beside: Iterable[Dialect] = ()) -> None:
        self.literals: dict[str, list[tuple[int, Claim]]] = {}
        """The claims on each literal, with their places in the order of all claims."""
        self.befores: dict[str, list[tuple[int, Claim]]] = {}
        """The claims on the text before the name of an offered tool, with their places."""
        place = 0
        known = [*dialects().values(), *beside]
        for dialect in sorted(known, key=lambda dialect: (dialect.name not in asked, dialect.name)):
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
        """The claims on this literal, where tools of these names are offered. Empty if the literal is no opener."""
        found = self.literals.get(literal, [])
        for before, owners in self.befores.items():
            if literal.startswith(before) and literal[len(before) :] in names:
                found = found + owners
        return [claim for _, claim in sorted(found, key=_PLACE)]

    def only(self, test: Callable[[Claim], bool]) -> "Claims":
        """The openers of which at least one claim passes the test, with all their claims."""
        found = copy(self)
        for kind in ("literals", "befores"):
            owned = getattr(self, kind)
            setattr(found, kind, {one: owners for one, owners in owned.items() if any(test(it) for _, it in owners)})
        found._parts = tuple((before, "") for before in found.befores)  # noqa: SLF001 - a copy of its own class
        return found

    def frames(self, names: Words) -> tuple[Phrase, ...]:
        """The openers that end with one of these names."""
        return tuple(Phrase(parts, names) for parts in self._parts)


_PLACE = itemgetter(0)
