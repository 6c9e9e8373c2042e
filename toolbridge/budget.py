"""The budget: how much work one request may cause. Every walk over foreign input draws from it.

Schemas, conversations and lists of tools come from clients. A short schema can describe endless work: it may refer to
itself, and every parameter may repeat a large definition. So code that walks over foreign input draws from the
request's budget before each step. There are three ways to ask:

    budget.spend("turns")              the step is necessary: raises `OverLimit`, a 400 that names `limits.turns`
    if budget.affords("visits", 3):    the step can be left out for a coarser answer: False once nothing is left
    budget.fits("prompt", len(text))   raises as `spend` does but draws nothing: to ask before working on a long text

A `Budget` belongs to one request, and all work for this request shares it, so that a hundred tools cannot cost a
hundred times the limit. The kinds measure work, not size. A visit is about a microsecond, so a quick pass over many
plain entries, such as a list of required names, draws only a fraction of their number.
"""

from collections.abc import Mapping
from typing import Literal

from toolbridge.errors import OverLimit
from toolbridge.limits import Limits

Kind = Literal["values", "turns", "tools", "visits", "prompt", "text"]
"""The kinds of work that are counted. Each is bounded by the limit of the same name."""

_WORDS: Mapping[Kind, str] = {
    "values": "the body holds more than {limit} JSON values (limits.values); send less in one request",
    "turns": "the conversation has more than {limit} messages (limits.turns); send a shorter one",
    "tools": "the request has more than {limit} tools (limits.tools); offer fewer",
    "visits": "the tools' schemas take more than {limit} steps to read (limits.visits); send smaller ones",
    "prompt": "the tools take more than {limit} characters in a prompt (limits.prompt); offer fewer",
    "text": "the conversation has more than {limit} characters of text (limits.text); send a shorter one",
}


class Budget:
    """The part of the limits that one request has not used yet."""

    __slots__ = ("_left", "_limits")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._left: dict[Kind, int] = {kind: getattr(self._limits, kind) for kind in _WORDS}

    def left(self, kind: Kind) -> int:
        """How much of this kind may still be drawn."""
        return self._left[kind]

    def spend(self, kind: Kind, amount: int = 1) -> None:
        """Draw for a necessary step. If less than this is left, nothing remains and `OverLimit` is raised."""
        self._left[kind] -= amount
        if self._left[kind] < 0:
            self._left[kind] = 0
            raise OverLimit(_WORDS[kind].format(limit=getattr(self._limits, kind)))

    def fits(self, kind: Kind, amount: int) -> None:
        """Raise `OverLimit` if less than this is left, but draw nothing: text is drawn later, when it is written."""
        if self._left[kind] < amount:
            self.spend(kind, amount)

    def affords(self, kind: Kind, amount: int = 1) -> bool:
        """Draw for a step that could be left out, if so much is left. False means that nothing was drawn."""
        if self._left[kind] < amount:
            return False
        self._left[kind] -= amount
        return True
