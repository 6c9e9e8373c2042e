"""What a dialect is: the markers that may begin a call, the grammar behind them, and how it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.reading import Reading
from toolbridge.scanner import Grammar
from toolbridge.words import Phrase, Words

Read = Callable[[Reading, str], Grammar]
"""A grammar. It is told its opener, and begins right behind it, with a draft open that began at the opener.

It reads one block: calls until the block is over. `Reading.abandon` deals with what it leaves open or raises.
"""


@dataclass(frozen=True, slots=True)
class Opener:
    """A marker that may begin a call of this notation.

    One of the tokens in `then` must follow it, after any blanks; if `then` is empty, nothing need follow. Two dialects
    may share a marker, as Hermes, GLM and Qwen3-Coder share `<tool_call>`, but no pair of marker and token.
    """

    literal: str
    then: tuple[str, ...] = ()
    line_start: bool = False
    """Whether the marker counts only as the first thing on a line."""
    first: bool = False
    """Whether the marker counts only as the first text of a reply. Reasoning is no such text."""
    named: tuple["NameToken", ...] = ()
    """Tokens that may follow, as those in `then` may, and that hold the name of an offered tool."""

    @property
    def needs(self) -> bool:
        """Whether a token must follow."""
        return bool(self.then or self.named)


@dataclass(frozen=True, slots=True)
class NameToken:
    """A token that holds the name of an offered tool. The names are looked up; no expression is compiled of them."""

    parts: tuple[str, ...] = ("", "")
    """The text around the name. The same name stands between each two parts."""
    unlike: tuple[str, ...] = ()
    """Beginnings of names for which this is no token."""
    initial: bool = False
    """Whether the token is only the first character of the name."""

    def among(self, names: Words) -> Phrase:
        """The token as a frame around these names."""
        return Phrase(self.parts, names.without(self.unlike, initials=self.initial) if self.unlike else names)

    def is_said(self, token: str, names: Words) -> bool:
        """Whether this text is such a token."""
        return bool(token) and self.among(names).at(token, 0, len(token))[0] == token


PROMPTED = ""
"""The literal of an opener that the prompt has written: the beginning of the reply stands behind it."""


@dataclass(frozen=True, slots=True)
class Template:
    """Literals that the chat template of a family holds, every one of them, and literals that it lacks.

    They tell the family from others. The most telling literal comes first. Where templates of two dialects fit, the
    template with more text in `holds` decides, so a family that shares a marker with others names that marker and its
    own markers.
    """

    holds: tuple[str, ...]
    lacks: tuple[str, ...] = ()


Named = Literal["element", "json", "python"]
"""Where a call without a marker names its tool: in an element, in JSON, or before a `(`."""


@dataclass(frozen=True, slots=True)
class Form:
    """The prompt's half of a dialect.

    `write` turns calls into exactly the text that the model should write: one block for all the calls, with no blank
    line around it. It is told the offered tools, as a notation with raw values needs their schemas.
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
    """The lines around all the results of one turn; empty strings for no such lines."""
    markers: tuple[str, ...] = ()
    """Literals with a meaning in this notation. They are defused where they stand in results and other foreign text."""
    calls: tuple[Named, ...] = ()
    """Where calls of this notation name their tool, if no literal of `markers` begins the calls."""
    labels: tuple[str, ...] = ()
    """Expressions for words that begin a call or a result. The first character stands for itself."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One notation for calls in text, both directions of it."""

    name: str
    read: Read
    openers: tuple[Opener, ...] = ()
    tool_openers: tuple[Opener, ...] = ()
    """Openers that end with the name of an offered tool, as elements named after tools do: the part before the name."""
    asked_openers: tuple[Opener, ...] = ()
    """Openers that count only where this dialect was asked for.

    There are three kinds: openers that another dialect has as well and wins in every other reply; openers that are too
    common in prose to be looked for everywhere; and markers around the family's plain answers, behind which no call
    stands.
    """
    asked_tool_openers: tuple[Opener, ...] = ()
    """Openers of `tool_openers` that count only where this dialect was asked for."""
    closers: tuple[str, ...] = ()
    """Markers that end a block. A further closer directly behind a call is dropped."""
    ends_reasoning: bool = False
    """Whether models of the family begin a call without closing their reasoning first."""
    thinks_again: tuple[str, ...] = ()
    """Openers of reasoning that are tokens of the family's own, which text cannot hold: they count behind content, too.

    They do so where this dialect was asked for. Elsewhere an opener counts only as the first text of a reply.
    """
    unmarked: bool = False
    """Whether calls may stand as bare or fenced JSON, with no marker. Then only offered names are read."""
    fenced: bool = False
    """Whether models write its calls in fences, so that text may stand behind such a fence."""
    templates: tuple[Template, ...] = ()
    """The chat templates of models that were trained on this notation."""
    architectures: tuple[str, ...] = ()
    """Backends' names, in lower case, for architectures or families whose models were all trained on this notation."""
    models: str = ""
    """An expression for names of models that were trained on it, for where neither template nor architecture tells.

    The name is searched in lower case, with `-` for every other separator. The longest match of all dialects wins.
    """
    parsers: tuple[str, ...] = ()
    """Names of engines' parsers for this notation that neither `name` nor `models` fits, in lower case and with `-`."""
    form: Form | None = None
    """How a prompt asks for the notation; None for a notation that can only be read."""
    unpromptable: str = ""
    """Why no prompt asks for it, where `form` is None."""
    sample: str = ""
    """A call of `get_weather` with Oslo for its `city`, as models write it, where no `form` can write the sample."""
