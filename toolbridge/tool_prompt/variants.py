"""The variants of the prompt, and which model gets which.

A model of some size follows rules: it gets the complete text, in which one example stands. A very small model continues
what it has seen, and takes an example in a text for words to repeat. So it gets a short text, and the examples are real
turns in front of the conversation. The figures are of `benchmarks/prompts`; docs/prompting.md has them all.
"""

import re
from dataclasses import dataclass

from toolbridge.models import Model


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of asking for calls."""

    name: str
    brief: bool = False
    """Whether the text is short: the list of the tools and a sentence, instead of seven rules and an example."""
    examples: int = 0
    """The calls that stand as turns in front of the conversation, if the tools allow so many."""
    plain: int = 0
    """The turns among them that are answered without a tool."""
    shows: bool = True
    """Whether the complete text shows an example."""


FULL = Variant("full")
ZERO_SHOT = Variant("zero-shot", shows=False)
"""The complete text without an example. Examples make DeepSeek's R1 and its distills worse, as its makers say."""
BRIEF = Variant("brief", brief=True)
"""The short text without examples."""


@dataclass(frozen=True, slots=True)
class Row:
    """A variant, and the models that get it."""

    variant: Variant
    why: str
    most: float | None = None
    """Billions of parameters up to which the row holds. None: it holds for all sizes, and for an unknown size."""
    window: int = 0
    """Tokens that the model's window has at least, if it is known."""

    def fits(self, parameters: float | None, window: int | None) -> bool:
        """Whether the row holds for a model of this size with this window."""
        small = self.most is None or (parameters is not None and 0 < parameters <= self.most)
        return small and (window is None or window >= self.window)


_SMALL = 0.8
"""Billions of parameters up to which a model is very small. SmolLM2-135M was measured, and no model of 1B and more."""

ROWS: tuple[Row, ...] = (
    Row(Variant("brief-8", brief=True, examples=8, plain=1), "a very small model", _SMALL, 2048),
    Row(Variant("brief-4", brief=True, examples=4, plain=1), "a very small model in a small window", _SMALL, 1024),
    Row(Variant("brief-2", brief=True, examples=2, plain=1), "as above, in a tiny window", _SMALL, 640),
    Row(BRIEF, "no window for examples", _SMALL),
    Row(FULL, "models of a larger or of an unknown size follow rules"),
)
"""The first row that fits decides."""

_SIZE = re.compile(r"(?<![a-z0-9.])(\d{1,4}(?:\.\d{1,3})?)([bm])(?![a-z0-9])", re.IGNORECASE)
_NAME_LENGTH = 256
"""Characters of a name that are looked at, as a client chooses the name."""


def choose_variant(model: Model) -> Variant:
    """The variant of the prompt for this model."""
    return next(row.variant for row in ROWS if row.fits(size_of(model), model.window or model.context_length))


def size_of(model: Model) -> float | None:
    """Billions of parameters, as the backend tells them or the name; None if neither does."""
    if model.parameters:
        return model.parameters
    found = _SIZE.search(model.name[:_NAME_LENGTH])
    return float(found[1]) / (1 if found[2] in "bB" else 1000) if found else None
