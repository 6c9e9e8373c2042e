"""What one request may cost: the budget that every walk over foreign input draws from.

Schemas, conversations and tool lists come from clients. A short one can describe endless work: a schema that refers to
itself, a thousand results of one turn, a definition that every parameter repeats. So whoever walks over them draws from
the request's budget before each step. There are three ways to ask:

    budget.spend("turns")              the step is needed: raises `OverLimit`, a 400 that names `limits.turns`
    if budget.affords("visits", 3):    the step can be left out for a coarser answer: False once nothing is left
    budget.fits("prompt", len(text))   raises as `spend` does and draws nothing: before a long text is worked on

One `Budget` belongs to one request. It is shared by all that is done for that request, so that a hundred tools cannot
cost a hundred times the limit. Kinds measure work and not size: a visit is about a microsecond, so what passes over
many plain entries quickly, as a list of required names, draws a fraction of their number.
"""

from collections.abc import Mapping
from typing import Literal

from toolbridge.errors import OverLimit
from toolbridge.limits import Limits

Kind = Literal["values", "turns", "tools", "visits", "prompt", "text"]
"""What is counted. Each kind is the limit of the same name."""

_WORDS: Mapping[Kind, str] = {
    "values": "the body holds more than {limit} JSON values (limits.values); send less in one request",
    "turns": "the conversation has more than {limit} messages (limits.turns); send a shorter one",
    "tools": "the request has more than {limit} tools (limits.tools); offer fewer",
    "visits": "the tools' schemas take more than {limit} steps to read (limits.visits); send smaller ones",
    "prompt": "the tools take more than {limit} characters in a prompt (limits.prompt); offer fewer",
    "text": "the conversation has more than {limit} characters of text (limits.text); send a shorter one",
}


class Budget:
    """What is left of the limits for one request."""

    __slots__ = ("_left", "_limits")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._left: dict[Kind, int] = {kind: getattr(self._limits, kind) for kind in _WORDS}

    def left(self, kind: Kind) -> int:
        """How much of this kind may still be drawn."""
        return self._left[kind]

    def spend(self, kind: Kind, amount: int = 1) -> None:
        """Draw what is needed. Raises `OverLimit` where less is left; then nothing is."""
        self._left[kind] -= amount
        if self._left[kind] < 0:
            self._left[kind] = 0
            raise OverLimit(_WORDS[kind].format(limit=getattr(self._limits, kind)))

    def fits(self, kind: Kind, amount: int) -> None:
        """Raise `OverLimit` where less than this is left, and draw nothing: for what is drawn once it is written."""
        if self._left[kind] < amount:
            self.spend(kind, amount)

    def affords(self, kind: Kind, amount: int = 1) -> bool:
        """Draw what could be left out, if so much is left. False: nothing was drawn."""
        if self._left[kind] < amount:
            return False
        self._left[kind] -= amount
        return True
