"""What a dialect is: the markers that may begin a call, the grammar behind them, and how it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.reading import Reading
from toolbridge.scanner import Grammar
from toolbridge.words import Frame, Words

Read = Callable[[Reading, str], Grammar]
"""A grammar, entered right behind its opener, which it is told, with a draft open that began at the opener.

It reads one block: calls until the block is over. What it leaves open or raises is dealt with by `Reading.abandon`.
"""


@dataclass(frozen=True, slots=True)
class Opener:
    """A marker that may begin a call of this notation.

    `then` are the first tokens of which one follows, blanks aside; empty for a marker that needs none. Two dialects may
    share a marker, as Hermes, GLM and Qwen3-Coder share `<tool_call>`, but no pair of marker and token.
    """

    literal: str
    then: tuple[str, ...] = ()
    line_start: bool = False
    """Whether it counts only as the first thing on a line."""
    first: bool = False
    """Whether it counts only as the first text of a reply, reasoning aside."""
    named: tuple["NameToken", ...] = ()
    """First tokens, as in `then`, that hold the name of an offered tool."""

    @property
    def needs(self) -> bool:
        """Whether a token must follow."""
        return bool(self.then or self.named)


@dataclass(frozen=True, slots=True)
class NameToken:
    """A token that holds the name of an offered tool: nothing is made of the names, they are looked up."""

    parts: tuple[str, ...] = ("", "")
    """What stands around the name: between each two of them the same one."""
    unlike: tuple[str, ...] = ()
    """How the names begin of which this is not said."""
    initial: bool = False
    """Whether the name's first character is all."""

    def among(self, names: Words) -> Frame:
        """This token for these names."""
        return Frame(self.parts, names.without(self.unlike, initials=self.initial) if self.unlike else names)

    def is_said(self, token: str, names: Words) -> bool:
        """Whether this is such a token."""
        return bool(token) and self.among(names).at(token, 0, len(token))[0] == token


PROMPTED = ""
"""The literal of an opener that the prompt has written: what the reply begins with stands behind it."""


@dataclass(frozen=True, slots=True)
class Template:
    """What the chat template of a family holds, all of it, and what it lacks: how the family is told from others.

    The most telling literal comes first. Where the templates of two dialects both fit, the one that holds more text is
    the model's own: a family that shares a marker with others names it beside its own ones.
    """

    holds: tuple[str, ...]
    lacks: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Dialect:
    """One notation for calls in text, both directions of it."""

    name: str
    read: Read
    openers: tuple[Opener, ...] = ()
    tool_openers: tuple[Opener, ...] = ()
    """Openers that end with the name of an offered tool, such as elements named after them: literals up to the name."""
    asked_openers: tuple[Opener, ...] = ()
    """Openers that count only where this dialect was asked for.

    They are those that another dialect has by itself, which wins them in every other reply; those too common in prose
    to be looked for everywhere; and the markers around the family's plain answers, behind which no call stands.
    """
    asked_tool_openers: tuple[Opener, ...] = ()
    """The same of those that end with the name of an offered tool."""
    closers: tuple[str, ...] = ()
    """Markers that end a block; one more of them directly behind a call is dropped."""
    ends_reasoning: bool = False
    """Whether models of the family begin a call without closing their reasoning first."""
    unmarked: bool = False
    """Whether calls may stand as bare or fenced JSON, with nothing to mark them: only offered names are read then."""
    templates: tuple[Template, ...] = ()
    """The chat templates of models that were trained on it."""
    architectures: tuple[str, ...] = ()
    """What backends call the architecture or family of models that were all trained on it, in lower case."""
    models: str = ""
    """An expression for the names of such models, for where neither template nor architecture tells.

    It is searched in the name in lower case with `-` for every other separator. The longest match of all dialects wins.
    """
    form: Form | None = None
    """How it is asked for; None where it can only be read."""
    unpromptable: str = ""
    """Why it cannot be asked for."""
    sample: str = ""
    """A call as models write it, where there is no `form` to write one: of `get_weather`, with Oslo for its `city`."""
