"""What an expression costs, counted: a backtracking matcher in a hundred lines that counts its own steps.

It takes the tree that CPython's own parser makes of a pattern and tries what CPython's engine tries, in the same order:
greedy repeats give back one by one, a search begins anew at each character. The number of steps is the same on every
machine, so that linear and quadratic are told apart without a clock. What CPython does faster (it looks for a literal
before it begins) changes the factor and not the growth.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

parser: Any = re._parser  # type: ignore[attr-defined] # the tree of a pattern is nowhere else
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
}
_ASCII_CATEGORIES: dict[str, Callable[[str], bool]] = {
    name: lambda char, test=test: char.isascii() and test(char)  # type: ignore[misc] # a default binds the loop's value
    for name, test in _CATEGORIES.items()
}

Go = Callable[[int], bool]
"""What is to be matched behind a position."""
Step = Callable[[int, Go], bool]
"""A part of an expression: whether it matches from a position on, and all behind it, too."""


class TooManySteps(Exception):
    """More than were allowed."""


class Steps:
    """One expression, ready to be counted."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        tree = parser.parse(pattern, flags)
        self.flags = tree.state.flags
        self.tree: list[Any] = list(tree)
        self.count = 0
        self._most = 0
        self._text = ""
        self._whole = self._sequence(self.tree, self.flags)

    def match(self, text: str, pos: int = 0) -> int | None:
        """The end of a match from `pos` on."""
        return self._at(text, pos, full=False)

    def fullmatch(self, text: str) -> int | None:
        """The end of the text, if all of it matches."""
        return self._at(text, 0, full=True)

    def search(self, text: str, pos: int = 0) -> tuple[int, int] | None:
        """Where the first match from `pos` on stands."""
        for start in range(pos, len(text) + 1):
            if (end := self._at(text, start, full=False)) is not None:
                return start, end
        return None

    def every(self, text: str) -> int:
        """How many matches there are, one behind the other, as `sub` and `finditer` go over them."""
        pos = found = 0
        while pos <= len(text) and (span := self.search(text, pos)):
            found += 1
            pos = max(span[1], span[0] + (span[0] == span[1]))
        return found

    def cost(self, method: str, text: str, most: int) -> int:
        """The steps that a method takes over a text. Raises `TooManySteps`."""
        self.count, self._most = 0, most
        getattr(self, method)(text)
        return self.count

    def _at(self, text: str, pos: int, *, full: bool) -> int | None:
        self._text = text
        ends: list[int] = []

        def done(end: int) -> bool:
            if full and end != len(text):
                return False
            ends.append(end)
            return True

        return ends[0] if self._whole(pos, done) else None

    def _tick(self) -> None:
        self.count += 1
        if self._most and self.count > self._most:
            raise TooManySteps

    def _sequence(self, nodes: Iterable[Any], flags: int) -> Step:
        steps = [self._node(name, value, flags) for name, value in nodes]
        if len(steps) == 1:
            return steps[0]

        def run(pos: int, go: Go, index: int = 0) -> bool:
            if index == len(steps):
                return go(pos)
            return steps[index](pos, lambda end: run(end, go, index + 1))

        return run

    def _node(self, name: Any, value: Any, flags: int) -> Step:
        match str(name):
            case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
                return self._one(accepts(str(name), value, flags))
            case "SUBPATTERN":
                _, added, removed, inner = value
                return self._sequence(inner, (flags | added) & ~removed)
            case "BRANCH":
                options = [self._sequence(option, flags) for option in value[1]]

                def branch(pos: int, go: Go) -> bool:
                    for option in options:  # noqa: SIM110 - `any` would use the interpreter's own stack
                        if option(pos, go):
                            return True
                    return False

                return branch
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(value, flags, greedy=str(name) == "MAX_REPEAT")
            case "ATOMIC_GROUP":
                return self._atomic(self._sequence(value, flags))
            case "POSSESSIVE_REPEAT":
                return self._atomic(self._repeat(value, flags, greedy=True))
            case "ASSERT" | "ASSERT_NOT":
                return self._look(value, flags, wanted=str(name) == "ASSERT")
            case "AT":
                return self._place(str(value), flags)
            case "FAILURE":
                return lambda _pos, _go: False
        raise NotImplementedError(f"{name} is not counted: teach tests/regex_steps.py")

    def _one(self, fits: Callable[[str], bool]) -> Step:
        def run(pos: int, go: Go) -> bool:
            self._tick()
            return pos < len(self._text) and fits(self._text[pos]) and go(pos + 1)

        return run

    def _repeat(self, value: Any, flags: int, *, greedy: bool) -> Step:
        least, most, body = value
        if len(body) == 1 and str(body[0][0]) in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            return self._characters(least, most, accepts(str(body[0][0]), body[0][1], flags), greedy=greedy)
        inner = self._sequence(body, flags)

        def again(pos: int, go: Go, times: int = 0) -> bool:
            self._tick()

            def once_more() -> bool:
                return times < most and inner(
                    pos, lambda end: (end > pos or times < least) and again(end, go, times + 1)
                )

            enough = times >= least
            if greedy:
                return once_more() or (enough and go(pos))
            return (enough and go(pos)) or once_more()

        return again

    def _characters(self, least: int, most: int, fits: Callable[[str], bool], *, greedy: bool) -> Step:
        def run(pos: int, go: Go) -> bool:
            text, furthest = self._text, min(len(self._text), pos + most)
            end = pos
            goal = furthest if greedy else min(pos + least, furthest)
            while end < goal and fits(text[end]):
                self._tick()
                end += 1
            if end < pos + least:
                return False
            while True:
                self._tick()
                if go(end):
                    return True
                if greedy:
                    if end == pos + least:
                        return False
                    end -= 1
                elif end < furthest and fits(text[end]):
                    end += 1
                else:
                    return False

        return run

    def _atomic(self, inner: Step) -> Step:
        def run(pos: int, go: Go) -> bool:
            ends: list[int] = []
            return inner(pos, lambda end: ends.append(end) or True) and go(ends[0])  # type: ignore[func-returns-value] # it returns None

        return run

    def _look(self, value: Any, flags: int, *, wanted: bool) -> Step:
        direction, body = value
        inner = self._sequence(body, flags)
        back = body.getwidth()[0] if direction < 0 else 0

        def run(pos: int, go: Go) -> bool:
            self._tick()
            start = pos - back
            seen = start >= 0 and inner(start, (lambda end: end == pos) if direction < 0 else (lambda _end: True))
            return seen is wanted and go(pos)

        return run

    def _place(self, where: str, flags: int) -> Step:
        lines = bool(flags & re.MULTILINE)
        word = (_ASCII_CATEGORIES if not flags & re.UNICODE else _CATEGORIES)["CATEGORY_WORD"]

        def here(pos: int) -> bool:
            text = self._text
            if where == "AT_BEGINNING_STRING" or (where == "AT_BEGINNING" and not lines):
                return pos == 0
            if where == "AT_BEGINNING":
                return pos == 0 or text[pos - 1] == "\n"
            if where == "AT_END_STRING":
                return pos == len(text)
            if where == "AT_END":
                return pos == len(text) or (text[pos] == "\n" and (lines or pos == len(text) - 1))
            edge = (pos > 0 and word(text[pos - 1])) != (pos < len(text) and word(text[pos]))
            return edge == (where == "AT_BOUNDARY")

        def run(pos: int, go: Go) -> bool:
            self._tick()
            return here(pos) and go(pos)

        return run


def accepts(name: str, value: Any, flags: int) -> Callable[[str], bool]:
    """Whether a character fits a node that stands for one."""
    return _accepts(name, tuple(value) if isinstance(value, list) else value, flags)


@cache
def _accepts(name: str, value: Any, flags: int) -> Callable[[str], bool]:
    if name == "ANY":
        return (lambda _char: True) if flags & re.DOTALL else (lambda char: char != "\n")
    parts = value if name == "IN" else ((name, value),)
    categories = _CATEGORIES if flags & re.UNICODE else _ASCII_CATEGORIES
    negated = bool(parts) and str(parts[0][0]) == "NEGATE"

    def within(char: str) -> bool:
        code = ord(char)
        for part, held in parts:
            match str(part):
                case "LITERAL" if code == held:
                    return True
                case "NOT_LITERAL" if code != held:
                    return True
                case "RANGE" if held[0] <= code <= held[1]:
                    return True
                case "CATEGORY":
                    test = categories[str(held).replace("_NOT_", "_")]
                    if test(char) != ("_NOT_" in str(held)):
                        return True
        return False

    def fits(char: str) -> bool:
        if flags & re.IGNORECASE:
            return any(within(each) for each in {char, *char.lower(), *char.upper()}) is not negated
        return within(char) is not negated

    return cache(fits)
