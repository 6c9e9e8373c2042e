"""Work that is counted, for tests that something stays linear: calls, comparisons and characters, never seconds."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, Python's and C's."""
    count = 0

    def count_it(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(count_it)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def characters_of(work: Callable[[], object]) -> int:
    """How many characters go through messages that are made: text that is joined again and again counts each time."""
    count = 0

    def count_it(frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal count
        if event == "call" and frame.f_code.co_name == "__init__" and "content" in frame.f_code.co_varnames:
            count += len(frame.f_locals["content"])

    sys.setprofile(count_it)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


class Counted(str):
    """A string that counts how often any of its kind is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        """Compare, and count it."""
        Counted.compared += 1
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        """As of a string, or no dictionary would find it."""
        return str.__hash__(self)


def comparisons_of(work: Callable[[], object]) -> int:
    """How often strings of the kind `Counted` are compared."""
    before = Counted.compared
    work()
    return Counted.compared - before
