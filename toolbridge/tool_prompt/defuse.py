r"""Foreign text in a prompt: what looks like our own markup gets a backslash and is text again.

    </result >                <\/result >
    [get_weather(             [\get_weather(        where Python calls are asked for and there is such a tool
    Observation:              \Observation:         where that is what precedes a result
    <|im_end|>                <\|im_end|>           as engines take it for the token, wherever it stands

Results, users' and system texts and tools' descriptions may hold markup of the notation: files about tools do, and so
do attacks. A model that reads it as part of its instructions writes it itself, or takes it for another result. A model
that edits a file has to write its text exactly as it is, so that `Vec<result::Row>` and `<results>` stay.

Hidden are: the markers of the notation asked for, whatever stands behind them; what names an offered tool as that
notation does; control tokens; and in every other notation a call of an offered tool, as the reader takes those too.
Markup of other notations that is no such call stays. Whether it is one, `forged` asks the reader's own grammars. What
a name may look like is `names.plain`'s to say, and what a JSON string says `StringText`'s: both are the reader's.

Nothing is looked up in an expression that tools are part of: they are new with every client. All expressions look a
bounded way ahead, are tried on pieces of the text, and begin at a single character, so that none hides another.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from toolbridge.dialects import dialects
from toolbridge.json_text import StringText
from toolbridge.messages import Tool
from toolbridge.notation.dialect import PROMPTED, Form, Opener
from toolbridge.notation.literals import CONTROL, CONTROL_SHAPES
from toolbridge.notation.names import plain
from toolbridge.notation.shapes.json_call import ARGUMENT_KEYS, ENVELOPE_KEYS, NAME_KEYS, STRING_MOST
from toolbridge.scanner import BLANK
from toolbridge.tool_prompt.forged import Forgeries

_PIECE = 256 * 1024
"""Characters that one expression is tried on at a time: other threads wait for it."""
_AHEAD = 1024
"""Characters behind a place that an expression may look at."""
_BLANK = r"(?:[ \t\r\n]{{0,64}}{}|[ \t\r\n]{{65}})"
"""Blanks before something; more of them than anyone writes count as if it followed."""
_SOME = r"[ \t\r\n]{0,64}"
_BLANKS = re.compile(r"[ \t\r\n]*")
_QUOTES = "\"'"
_NAME = 128
"""Characters of a tool's name."""


def defused(text: str, form: Form, tools: Iterable[Tool | str] = ()) -> str:
    """The text with a backslash in all that could be read as markup or as a call, and nothing else touched.

    `tools` are those offered. Where only a name is known, calls in other notations are known less well.
    """
    if not text:
        return text
    offered = tuple(Tool(tool) if isinstance(tool, str) else tool for tool in tools)
    places = sorted(set(_Search(text, form, offered).places()))
    if not places:
        return text
    return "\\".join(text[start:end] for start, end in pairwise((0, *places, len(text))))


class _Search:
    """One text that is searched for places where a backslash belongs."""

    __slots__ = (
        "_arguments",
        "_ends",
        "_forgeries",
        "_form",
        "_left",
        "_longest_first",
        "_names",
        "_tools",
        "_wide",
        "text",
    )

    def __init__(self, text: str, form: Form, tools: Sequence[Tool]) -> None:
        self.text = text
        self._form = form
        self._tools = tools
        self._longest_first = _plain_names(tuple(tool.name for tool in tools))
        self._names = frozenset(self._longest_first)
        self._ends = frozenset(name[-1:] for name in self._longest_first) | {"-", " "}
        self._wide = _NAME + max(map(len, self._longest_first), default=0)
        self._forgeries: Forgeries | None = None
        self._left = 32 + len(text) // 1024
        """How often a grammar is still asked. Later an opener is taken for that of a call, a name for a tool's."""
        self._arguments: bool | None = None

    def places(self) -> Iterator[int]:
        """Where a backslash belongs, in no order."""
        yield from self._markup()
        if self._names:
            yield from self._elements()
            yield from self._objects()
            yield from self._first_texts()
            if "python" in self._form.calls:
                yield from filter(None, map(self._called, _each(_PARENTHESIS, self.text)))

    def _markup(self) -> Iterator[int]:
        """Markers, control tokens, and openers of other notations that begin a call."""
        text = self.text
        expressions = _expressions(self._form)
        for found in _each(expressions.markup, text):
            at, kind = found.start(), found.lastgroup
            if kind is None:
                yield at if text[at].isalnum() else at + 1
            elif self._names and any(self._is_forged(at, one) for one in expressions.openers[text[at] + found[kind]]):
                yield at + 1

    def _elements(self) -> Iterator[int]:
        """Elements named after a tool: all where such are asked for, elsewhere those that are calls."""
        own = "element" in self._form.calls
        names = {tool.name for tool in self._tools}
        for piece in _pieces(_TAG, self.text, lambda tag: plain(tag.removeprefix("/")) in self._names):
            for found in piece:
                at, tag = found.start(), found["said"]
                if own:
                    hidden = plain(tag.removeprefix("/")) in self._names
                else:
                    hidden = tag in names and self._is_forged(at, f"<{tag}")
                if hidden:
                    yield at + 1

    def _objects(self) -> Iterator[int]:
        """Keys that name an offered tool, in JSON that may be a call."""
        own = "json" in self._form.calls
        for piece in _pieces(_KEY, self.text, self._may_name):
            for found in piece:
                if (own or self._has_arguments()) and self._names_tool(found.end("said") + 1):
                    yield found.start() + 1

    def _may_name(self, said: tuple[str, ...]) -> bool:
        """Whether what stands behind a key may be an offered tool's name."""
        _, double, single, *far = said
        name = double or single
        return any(far) or "\\" in name or plain(name) in self._names

    def _is_forged(self, at: int, opener: str) -> bool:
        if self._left <= 0:
            return True
        self._left -= 1
        if self._forgeries is None:
            self._forgeries = Forgeries(_asked(self._form), self._tools)
        return self._forgeries.at(self.text, at, opener)

    def _names_tool(self, at: int) -> bool:
        """Whether an offered tool's name is the value behind a key."""
        text = self.text
        at = _past_blanks(text, at)
        if not text.startswith(":", at):
            return False
        at = _past_blanks(text, at + 1)
        quote = text[at : at + 1]
        if not quote or quote not in _QUOTES:
            return False
        start, stop = at + 1, at + 1 + STRING_MOST
        end = text.find(quote, start, stop)
        name = text[start:end] if end >= 0 else text[start:stop]
        if "\\" in name:
            if self._left <= 0:
                return True
            self._left -= 1
            string = StringText(quote)
            _, name = string.feed(text, start, min(stop, len(text)))
            return string.ended and plain(name) in self._names
        return end >= 0 and plain(name) in self._names

    def _has_arguments(self) -> bool:
        """Whether the text holds a key for arguments at all: JSON that nothing marks is no call without them."""
        if self._arguments is None:
            self._arguments = next(_each(_ARGUMENTS, self.text), None) is not None
        return self._arguments

    def _called(self, found: re.Match[str]) -> int | None:
        """Where a tool's name begins that stands before a parenthesis."""
        text, end = self.text, found.start()
        if end and text[end - 1].lower() not in self._ends and not text[end - 1].isspace():
            return None
        while end and text[end - 1].isspace() and text[end - 1] != "\n":
            start = max(0, end - self._wide, text.rfind("\n", 0, end) + 1)
            end = start + len(text[start:end].rstrip())
        before = text[max(0, end - self._wide) : end]
        folded = plain(before)
        if not folded.endswith(self._longest_first):
            return None
        for name in self._longest_first:
            if not folded.endswith(name):
                continue
            start = end - len(name)
            ahead = text[max(0, start - 3) : start]
            within = ahead[-1:].isalnum() or ahead[-1:] in ("_", "-")
            # Not the list's own lines, where a tool and a parameter have one name.
            if not within and ahead not in ("- ", "\n- "):
                return start if plain(text[start:end]) == name else found.start()
        return None

    def _first_texts(self) -> Iterator[int]:
        """What would be a call as the first text of a reply, its beginning left out: Functionary's and harmony's."""
        text = self.text
        names = tuple(sorted((tool.name for tool in self._tools), key=len, reverse=True))
        for found in _each(_RECIPIENT, text):
            at = found.start()
            if text[at] == "t":
                if self._is_forged(at, PROMPTED):
                    yield at
                continue
            end = at - text.startswith("\r", at - 1) if at else 0
            line = text[max(0, end - self._wide, text.rfind("\n", 0, end) + 1) : end]
            name = next(filter(line.endswith, names), "") if line.endswith(names) else ""
            start = end - len(name)
            before = line.removesuffix(name).rstrip(BLANK)
            if name and (not before or before[-1] in _CLOSERS) and self._is_forged(start, PROMPTED):
                yield start


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _each(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """All places of a text where an expression matches that is a single character and looks a bounded way ahead."""
    for start in range(0, len(text), _PIECE):
        stop = start + _PIECE
        for found in pattern.finditer(text, start, min(len(text), stop + _AHEAD)):
            if found.start() >= stop:
                break
            yield found


def _pieces(pattern: re.Pattern[str], text: str, may_be: Callable[[Any], bool]) -> Iterator[Iterator[re.Match[str]]]:
    """The same by pieces, without those in which nothing that the expression finds may be meant: most are such."""
    for start in range(0, len(text), _PIECE):
        stop = min(len(text), start + _PIECE + _AHEAD)
        if any(map(may_be, set(pattern.findall(text, start, stop)))):
            yield (found for found in pattern.finditer(text, start, stop) if found.start() < start + _PIECE)


@lru_cache(maxsize=64)
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """What these names are looked up by, the longer ones first."""
    return tuple(sorted(filter(None, set(map(plain, names))), key=lambda name: (-len(name), name)))


@lru_cache(maxsize=64)
def _asked(form: Form) -> str:
    """The notation of this form."""
    return next((name for name, one in dialects().items() if one.form == form), "")


Expression = tuple[str, str]
"""A character, and an expression for what stands behind it."""


class _Expressions:
    """What a text is searched for where this form is asked for."""

    __slots__ = ("markup", "openers")

    def __init__(self, form: Form) -> None:
        dialect = dialects().get(_asked(form))
        openers = (*dialect.openers, *dialect.asked_openers) if dialect else ()
        literals = sorted(_markers(form), key=len, reverse=True)
        own = [*map(_loose, literals), *filter(None, map(_opened, openers)), *map(_label, form.labels), *_controls()]
        hidden = re.compile("|".join(re.escape(first) + rest for first, rest in own))
        other = {opener.literal for one in dialects().values() for opener in one.openers}
        other = {literal for literal in other if literal and not hidden.match(literal)}
        self.openers = {one: [short for short in other if one.startswith(short)] for one in other}
        firsts = sorted({literal[0] for literal in other})
        judged = [(first, f"(?P<other_{at}>{_those(other, first)})") for at, first in enumerate(firsts)]
        self.markup = _compiled([*own, *judged])


_expressions = lru_cache(maxsize=64)(_Expressions)


def _compiled(expressions: Iterable[Expression]) -> re.Pattern[str]:
    """All of them as one, which matches their first characters and looks at what stands behind."""
    by_first: dict[str, list[str]] = {}
    for first, rest in expressions:
        by_first.setdefault(first, []).append(rest)
    parts = (f"(?<={re.escape(first)})(?={'|'.join(rests)})" for first, rests in by_first.items())
    return re.compile(f"[{re.escape(''.join(by_first))}](?:{'|'.join(parts)})")


def _markers(form: Form) -> set[str]:
    """The markers of calls, and those of results as far as they are markup."""
    around = (form.result_open.partition("{name}")[0].rstrip("\"'= "), form.result_close, *form.wrapper)
    return {*filter(None, form.markers), *(literal for literal in around if literal.startswith("<"))}


def _loose(literal: str) -> Expression:
    """The literal as a whole word, with the blanks that XML allows in a close tag."""
    first, rest = literal[0], literal[1:]
    if literal.startswith("</"):
        name = re.escape(rest[1:].removesuffix(">"))
        return first, rf"/[ \t]{{0,64}}{name}" + (r"(?:\s{0,64}>|\s{65})" if literal.endswith(">") else r"(?![\w:-])")
    return first, re.escape(rest) + (r"(?![\w:-])" if literal[-1].isalnum() else "")


def _opened(opener: Opener) -> Expression | None:
    """An opener of the notation asked for, with what follows it; None for what is no markup by itself."""
    literal = opener.literal
    if len(literal) < 2 or literal[0].isalnum() or literal[0] == "*":
        return None
    then = _BLANK.format("(?:" + "|".join(map(re.escape, opener.then)) + ")") if opener.then else ""
    return literal[0], re.escape(literal[1:]) + then


def _label(label: str) -> Expression:
    return label[0], rf"(?<!\w\w){label[1:]}"


def _controls() -> Iterator[Expression]:
    """Control tokens: a character, and what each of those that begin with it goes on with."""
    tokens = {token for family in CONTROL.values() for token in family}
    for first in sorted({token[0] for token in tokens}):
        yield first, _those(tokens, first)
    yield from CONTROL_SHAPES.values()


def _those(literals: Iterable[str], first: str) -> str:
    """What those of these literals that begin with this character go on with, as one expression."""
    return _either(literal[1:] for literal in literals if literal[0] == first)


def _either(words: Iterable[str]) -> str:
    """One expression for all these words, the longer ones first."""
    below: dict[str, list[str]] = {}
    for word in words:
        below.setdefault(word[:1], []).append(word[1:])
    branches = [re.escape(char) + _either(rests) for char, rests in sorted(below.items(), reverse=True) if char]
    if "" in below:
        branches.append("")
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _written(words: Iterable[str]) -> str:
    """An expression for words in a JSON string, in which any character may be an escape."""
    return "|".join("".join(map(_character, word)) for word in sorted(words))


def _character(char: str) -> str:
    digits = "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in f"{ord(char):02x}")
    return rf"(?:{re.escape(char)}|\\x{digits}|\\u00{digits})"


_TAG = re.compile(rf"<(?=(?P<said>/?[^\s<>/\"'`{{}}]{{1,{_NAME}}})[\s/>])")
_KEY = re.compile(
    rf"[\"'](?=[ntf\\])(?=(?P<said>{_written(NAME_KEYS | ENVELOPE_KEYS)})[\"']"
    rf"(?:{_SOME}:{_SOME}(?:\"(?P<double>[^\"]{{1,{STRING_MOST}}})|'(?P<single>[^']{{1,{STRING_MOST}}})"
    r"|(?P<far>[ \t\r\n]))|(?P<more>[ \t\r\n])))"
)
"""A key that may name a tool, and what it says where no more blanks stand between than anyone writes."""
_ARGUMENTS = re.compile(
    rf"[\"'](?=[apit\\])(?=(?:{_written(ARGUMENT_KEYS)})[\"']"
    rf"(?:{_SOME}:{_SOME}(?:[{{nN]|[\"'][\"'{{\\\s])|[ \t\r\n]{{65}}|{_SOME}:[ \t\r\n]{{65}}))"
)
"""A key for arguments, and what such a value begins with: an object, null, or a string of an object or of nothing."""
_PARENTHESIS = re.compile(r"\(")
_RECIPIENT = re.compile(r"\n(?=\{)|t(?=o=functions\.)")
_CLOSERS = ">]▷"
"""What the markers end with behind which a reply's first text stands: those of reasoning, and Functionary's `>>>`."""
