"""How a notation is asked for: what a prompt shows, and how a call and its result are written in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from toolbridge.events import ToolCall
from toolbridge.messages import Tool

Named = Literal["element", "json", "python"]
"""Where a call that no marker begins names its tool: in an element, in JSON, or before a `(`."""


@dataclass(frozen=True, slots=True)
class Form:
    """The prompt's half of a dialect.

    `write` turns calls into exactly the text that the model should write for them: one block for all of them, no blank
    line around it. The tools are those offered (a notation with raw values needs their schemas).
    """

    write: Callable[[Sequence[ToolCall], Sequence[Tool]], str]
    skeleton: str
    """The block once, with upper-case placeholders in place of names and values."""
    values: tuple[str, ...]
    """How values are written: one or two sentences for the prompt."""
    result_open: str = '<result name="{name}">'
    """The line before a result's text in the user turn; `{name}` is the tool's name."""
    result_close: str = "</result>"
    wrapper: tuple[str, str] = ("<tool_results>", "</tool_results>")
    """The lines around all the results of one turn; empty strings for none."""
    markers: tuple[str, ...] = ()
    """Literals with a meaning in this notation, to be defused where they stand in results and other foreign text."""
    calls: tuple[Named, ...] = ()
    """Where calls of this notation name their tool, if no such literal begins them."""
    labels: tuple[str, ...] = ()
    """Expressions for words that begin a call or a result. The first character stands for itself."""
