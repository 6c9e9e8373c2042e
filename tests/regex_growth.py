"""The worst input for an expression, grown from its own tree.

For every repeat: text that leads there, then characters over and over, then something that makes the whole fail. The
characters are one of each kind that the expression tells apart, two of them, and the shortest text of each part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.regex_steps import Steps, TooManySteps, accepts

_SPECIMENS = (
    "x0_ \n\t\r\"'-.,:;=<>{}[]()/\\`*#|+%$&@!?~^\x00\x7f\u00e9\u03bc\u2581\uff5c\ud800aAbBnNsStTzZ159\x0b\x85\u4e2d"
)
_ONES = frozenset({"LITERAL", "NOT_LITERAL", "IN", "ANY"})
_FEW, _MORE = 24, 96
"""Characters of an input that is tried first, and of the same grown by four."""
_SHORT, _LONG = 600, 2_400
"""Characters where it is decided. A repeat of up to 400 has reached its bound by then."""
_GROWTH = 7.0
"""Growth of the cost, for a text that grew by four, from which on it is not linear. Of a quadratic one it is 16."""
_SUSPECT = 4.6
_HEADS = 12
_TRIED = 2
"""Inputs that are grown to the end."""
_FIRST_MOST = 20_000
_MOST = 500_000


@dataclass(frozen=True, slots=True)
class Worst:
    """Text that costs more than its length."""

    head: str
    pump: str
    tail: str
    short: int
    long: int
    """Steps for it, and for four times as much of it."""

    def __str__(self) -> str:
        return f"{self.head!r} + {self.pump!r} * n + {self.tail!r}: {self.short} steps, four times as long {self.long}"


def most_at(pattern: str | bytes, flags: int, method: str, cap: int, tries: int) -> int:
    """The steps for the worst text of this length."""
    steps = Steps(pattern, flags)
    texts = list(inputs(steps))
    return max(
        steps.cost(method, (head + pump * (cap // len(pump)))[: cap - len(tail)] + tail, _MOST)
        for head, pump, tail in texts[:: 1 + len(texts) // tries]
    )


def worst(pattern: str | bytes, flags: int, method: str, *, tries: int = 1_500) -> Worst | None:
    """An input on which the cost grows faster than the text; None where no such input was found."""
    steps = Steps(pattern, flags)
    if not any(most > 1 for most in repeats(steps.tree)):
        return None  # as many steps at each character as it is long
    suspects: list[tuple[float, tuple[str, str, str]]] = []
    tried = 0
    texts = list(inputs(steps))
    for text in texts[:: 1 + len(texts) // tries]:
        growth = _growth(steps, method, text, (_FEW, _MORE), _FIRST_MOST)[0]
        if growth >= _GROWTH and tried < _TRIED:
            tried += 1
            if found := _decided(steps, method, text):
                return found
        elif growth >= _SUSPECT:
            suspects.append((growth, text))
    suspects.sort(key=lambda one: (-one[0], *map(len, one[1])))
    return next(filter(None, (_decided(steps, method, text) for _, text in suspects[:_TRIED])), None)


def _decided(steps: Steps, method: str, text: tuple[str, str, str]) -> Worst | None:
    growth, short, long = _growth(steps, method, text, (_SHORT, _LONG), _MOST)
    return Worst(*text, short, long) if growth >= _GROWTH else None


def _growth(
    steps: Steps, method: str, text: tuple[str, str, str], sizes: tuple[int, int], most: int
) -> tuple[float, int, int]:
    head, pump, tail = text
    costs = []
    for size in sizes:
        times = max(4, size // len(pump)) if size == sizes[0] else 4 * max(4, sizes[0] // len(pump))
        try:
            costs.append(steps.cost(method, head + pump * times + tail, most))
        except TooManySteps:
            return float("inf"), costs[0] if costs else most, most
    return costs[1] / max(costs[0], 1), costs[0], costs[1]


def inputs(steps: Steps) -> Iterator[tuple[str, str, str]]:
    """Heads, what is repeated behind them, and tails."""
    kinds = specimens(steps)
    heads = sorted({"", *leads(steps.tree, steps.flags)}, key=len)[:_HEADS]
    parts = {shortest(steps.tree, steps.flags), *bodies(steps.tree, steps.flags)}
    pumps = dict.fromkeys([*kinds, *sorted(filter(None, parts))])
    tails = dict.fromkeys(("", "\x01", "\n", *looked_at(steps.tree, steps.flags)))
    for head, pump in product(heads, pumps):
        for tail in tails:
            yield head, pump, tail
        if head:
            yield "", head + pump, "\x01"
    inner = [char for char in kinds if any(char in part for part in parts) or char in "\\\"' \n"][:12]
    for one, two in product(inner, repeat=2):
        if one != two:
            yield heads[0], one + two, "\x01"
            yield heads[-1], one + two, "\x01"


def specimens(steps: Steps) -> list[str]:
    """One character of each kind that the expression tells apart."""
    tests = [accepts(name, value, flags) for name, value, flags in ones(steps.tree, steps.flags)]
    literal = [chr(value) for name, value, _ in ones(steps.tree, steps.flags) if name == "LITERAL"]
    seen: dict[tuple[bool, ...], str] = {}
    for char in (*_SPECIMENS, *dict.fromkeys(literal)):
        seen.setdefault(tuple(test(char) for test in tests), char)
    return list(seen.values())[:24]


def ones(nodes: Any, flags: int) -> Iterator[tuple[str, Any, int]]:
    """The nodes that stand for one character each."""
    for name, value in nodes:
        if str(name) in _ONES:
            yield str(name), value, flags
        for inner, own in below(str(name), value, flags):
            yield from ones(inner, own)


def below(name: str, value: Any, flags: int) -> list[tuple[Any, int]]:
    """The trees inside a node."""
    match name:
        case "SUBPATTERN":
            return [(value[3], (flags | value[1]) & ~value[2])]
        case "BRANCH":
            return [(option, flags) for option in value[1]]
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [(value[2], flags)]
        case "ATOMIC_GROUP":
            return [(value, flags)]
        case "ASSERT" | "ASSERT_NOT":
            return [(value[1], flags)]
    return []


def names(nodes: Any) -> Iterator[str]:
    """What kinds of nodes there are."""
    for name, value in nodes:
        yield str(name)
        for inner, _ in below(str(name), value, 0):
            yield from names(inner)


def repeats(nodes: Any) -> Iterator[int]:
    """How often something may be repeated, for all that is."""
    for name, value in nodes:
        if "REPEAT" in str(name):
            yield int(value[1])
        for inner, _ in below(str(name), value, 0):
            yield from repeats(inner)


def leads(nodes: Any, flags: int, before: str = "") -> Iterator[str]:
    """What leads to each repeat, and what leads behind it."""
    for name, value in nodes:
        if "REPEAT" in str(name):
            yield before
        for inner, own in below(str(name), value, flags):
            yield from leads(inner, own, before)
        before += shortest([(name, value)], flags)
        if "REPEAT" in str(name) and value[0] == 0:
            yield before + shortest(value[2], flags)
    yield before[:-1]


def bodies(nodes: Any, flags: int) -> Iterator[str]:
    """The shortest text of every repeat's inside, and of every branch of it."""
    for name, value in nodes:
        for inner, own in below(str(name), value, flags):
            if str(name) not in ("ASSERT", "ASSERT_NOT"):
                yield shortest(inner, own)
            yield from bodies(inner, own)


def looked_at(nodes: Any, flags: int) -> Iterator[str]:
    """The shortest text of what is looked at and not matched: a search goes on where it must not follow."""
    for name, value in nodes:
        for inner, own in below(str(name), value, flags):
            if str(name) in ("ASSERT", "ASSERT_NOT"):
                yield shortest(inner, own)
            yield from looked_at(inner, own)


def shortest(nodes: Any, flags: int) -> str:
    """About the shortest text that these nodes match; what they look at around them is not minded."""
    out = ""
    for name, value in nodes:
        match str(name):
            case "LITERAL":
                out += chr(value)
            case "NOT_LITERAL" | "IN" | "ANY":
                fits = accepts(str(name), value, flags)
                out += next(filter(fits, _SPECIMENS), None) or _within(value)
            case "BRANCH":
                out += min((shortest(option, flags) for option in value[1]), key=len)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                out += shortest(value[2], flags) * min(value[0], 8)
            case "SUBPATTERN":
                out += shortest(value[3], (flags | value[1]) & ~value[2])
            case "ATOMIC_GROUP":
                out += shortest(value, flags)
    return out


def _within(value: Any) -> str:
    for part, held in value:
        if str(part) in ("LITERAL", "RANGE"):
            return chr(held if str(part) == "LITERAL" else held[0])
    return "x"


def holds_possessive(pattern: str | bytes, flags: int) -> bool:
    """Whether a possessive repeat or an atomic group stands anywhere in it."""
    return not {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}.isdisjoint(names(Steps(pattern, flags).tree))
