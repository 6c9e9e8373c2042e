"""The places of a tool's arguments: which values the schema takes at each, and which members and items lie below it.

A `Place` stands for a part of the arguments, such as the parameter `tags` or the second item in it. It knows only what
is necessary for a value to fit there, whatever the rest of the arguments is: where several branches of a schema are
possible, their sum. So a value that a place refuses makes the whole of the arguments invalid, and nothing that is valid
is ever taken for wrong.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from toolbridge.checks.validator import Validator, compiled, fault_of, takes
from toolbridge.schema import named_values
from toolbridge.schema.plain import Plain

_SEPARATORS = re.compile(r"[\s_-]+")
_EITHER = ("anyOf", "oneOf")
_AT_MOST = 256
"""Names and items below a place that are remembered; a name that no schema declares costs a look each time."""


class Place:
    """A part of a tool's arguments, described by a schema without references (`schema.plain`)."""

    def __init__(self, schema: Plain) -> None:
        self.schema = schema
        self._members: dict[str, Place] = {}
        self._items: list[Place] = []

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of value that may fit."""
        return self.schema.kinds

    @cached_property
    def texts(self) -> tuple[str, ...] | None:
        """The texts that may fit, if the schema lists them; None if any other text may fit, too."""
        found = _values(self.schema)
        return None if found is None else tuple(value for value in found if isinstance(value, str))

    @property
    def is_kind(self) -> bool:
        """Whether the schema says nothing of a value but its kind."""
        return self.schema.keys() <= {"type"}

    @cached_property
    def names(self) -> frozenset[str]:
        """The members that the schema declares anywhere."""
        return frozenset(name for part in _parts(self.schema) for name in part.get("properties", ()))

    @cached_property
    def optional(self) -> frozenset[str]:
        """The members that an object may go without, and that cannot be null."""
        needed = {name for part in _parts(self.schema) for name in part.get("required", ())}
        return frozenset(name for name in self.names - needed if "null" not in self.member(name).kinds)

    @cached_property
    def corrects(self) -> bool:
        """Whether a name that the schema does not declare can only be a mistake.

        A schema that says nothing of other names takes any, but no tool reads them. One that says so is believed.
        """
        return bool(self.names) and not any(
            "patternProperties" in part or part.get("additionalProperties") not in (None, False)
            for part in _parts(self.schema)
        )

    def meant(self, name: str) -> str | None:
        """The declared member of which this undeclared name is a spelling: another case, `-` for `_`, camel case."""
        return self._spelled.get(bare(name)) if self.corrects else None

    def may_leave(self, begun: str) -> bool:
        """Whether the beginning of a member's name may leave: it stays as it is, and its member cannot be dropped."""
        if any(name.startswith(begun) for name in self.optional):
            return False
        return not self.corrects or any(name.startswith(begun) for name in self.names)

    @cached_property
    def _spelled(self) -> Mapping[str, str | None]:
        found: dict[str, str | None] = {}
        for name in self.names:
            found[bare(name)] = None if bare(name) in found else name
        return found

    def member(self, name: str) -> "Place":
        """The place of a member."""
        found = self._members.get(name)
        if found is None:
            found = Place(_below(self.schema, partial(_member, name=name), "object"))
            if name in self.names and len(self._members) < _AT_MOST:
                self._members[name] = found
        return found

    def item(self, index: int) -> "Place":
        """The place of an item of an array."""
        # Behind the items with a place of their own, all items are alike.
        index = min(index, self._alike)
        while len(self._items) <= index:
            at = len(self._items)
            self._items.append(Place(_below(self.schema, partial(_item, index=at), "array")))
        return self._items[index]

    @cached_property
    def _alike(self) -> int:
        """The number of items from which on all have the same schema."""
        return min(_AT_MOST, max((len(part.get("prefixItems", ())) for part in _parts(self.schema)), default=0))

    def fault(self, value: object) -> tuple[str, str] | None:
        """Where a value does not fit, as a JSON pointer, and why, in words that quote the schema; None if it fits."""
        return fault_of(self._validator, value)

    @cached_property
    def fits(self) -> Callable[[object], bool]:
        """Whether a value fits. Of a place that the schema says nothing about, every value does."""
        return takes(self._validator)

    @property
    def compiles(self) -> bool:
        """Whether values can be held to the schema: a pattern with look-ahead, for one, cannot be compiled."""
        return self._validator is not None

    @cached_property
    def _validator(self) -> Validator | None:
        return compiled(self.schema) if self.schema else None


_NOTHING = Plain()
ANYTHING = Place(_NOTHING)
"""A place of which nothing is known."""


def bare(name: str) -> str:
    """A name without case and without separators: `filePath`, `file_path` and `File-Path` have the same."""
    return _SEPARATORS.sub("", name).casefold()


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema, and the branches that it combines."""
    yield schema
    for word in ("allOf", *_EITHER):
        for branch in schema.get(word, ()):
            yield from _parts(branch)


def _below(schema: Plain, of: Callable[[Plain], Plain], kind: str) -> Plain:
    """What is necessary for a value below this place: `of` gives what one part of the schema itself says of it.

    `kind` is the kind of the value around it: branches that do not take such a value do not matter.
    """
    every = [of(schema)]
    every += [_below(branch, of, kind) for branch in schema.get("allOf", ())]
    for word in _EITHER:
        branches = [_below(branch, of, kind) for branch in schema.get(word, ()) if kind in branch.kinds]
        if branches and all(branches):
            every.append(branches[0] if len(branches) == 1 else Plain({"anyOf": branches}))
    every = [each for each in every if each]
    return every[0] if len(every) == 1 else Plain({"allOf": every} if every else {})


def _member(part: Plain, name: str) -> Plain:
    declared: Mapping[str, Plain] = part.get("properties", {})
    if name in declared:
        return declared[name]
    others = part.get("additionalProperties")
    return others if isinstance(others, Plain) and "patternProperties" not in part else _NOTHING


def _item(part: Plain, index: int) -> Plain:
    places = part.get("prefixItems", ())
    if index < len(places):
        return Plain(places[index])
    rest = part.get("items")
    return rest if isinstance(rest, Plain) else _NOTHING


def _values(schema: Mapping[str, Any]) -> list[Any] | None:
    """All values that may fit where the schema lists them, else None."""
    own = named_values(schema)
    if own:
        return own
    for branch in schema.get("allOf", ()):
        found = _values(branch)
        if found is not None:
            return found
    for word in _EITHER:
        branches = [_values(branch) for branch in schema.get(word, ()) if "string" in branch.kinds]
        if branches and all(found is not None for found in branches):
            return [value for found in branches for value in found or ()]
    return None
