r"""Foreign text in a prompt: text that looks like markup or like a call gets a backslash and so is plain text.

    </result >                <\/result >
    [get_weather(             [\get_weather(        if the prompt asks for Python calls and offers this tool
    Observation:              \Observation:         if the notation writes this line before a result
    <|im_end|>                <\|im_end|>           always: engines take these characters for the token

Results, the texts of users and systems, and the descriptions of tools may hold markup of the notation: files about
tools do, and so do attacks. A model may take such markup for a result, or may copy it and so make a call. All other
text must stay exactly as it is, as a model that edits a file has to write the same text again: `Vec<result::Row>` and
`<results>` get no backslash.

These get a backslash: the markers of the notation asked for, whatever follows them; the name of an offered tool where
that notation would take it for a call; control tokens; and in every other notation a call of an offered tool, as the
reader accepts such calls too. `forgeries` decides by the reader's own grammars whether text is such a call. Names are
compared as the reader compares them (`names.plain`), and JSON strings are read as the reader reads them (`StringText`).

No expression is built from the names of tools, because every client brings other names. Every expression matches a
single character and looks ahead a bounded way, so that no match hides another. It is tried on one piece of the text at
a time.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from toolbridge.dialects import dialects
from toolbridge.json_string import StringText
from toolbridge.messages import Tool
from toolbridge.notation.dialect import PROMPTED, Form, Opener
from toolbridge.notation.literals import CONTROL, CONTROL_SHAPES
from toolbridge.notation.names import Offered, plain
from toolbridge.notation.shapes.json_arguments import STRING_MOST
from toolbridge.notation.shapes.json_call import ARGUMENT_KEYS, ENVELOPE_KEYS, FLAT_KEYS, NAME_KEYS
from toolbridge.scanner import BLANK
from toolbridge.tool_prompt.forgeries import Forgeries

_PIECE = 256 * 1024
"""Characters that an expression is tried on at a time: other threads wait meanwhile."""
_AHEAD = 1024
"""Characters that an expression may look ahead."""
_BLANK = r"(?:[ \t\r\n]{{0,64}}{}|[ \t\r\n]{{65}})"
"""Blanks and then an expression. More blanks than anyone writes count as if the expression followed."""
_SOME = r"[ \t\r\n]{0,64}"
_BLANKS = re.compile(r"[ \t\r\n]*")
_QUOTES = "\"'"
_NAME = 128
"""Characters that a tool's name may have."""


def defused(text: str, form: Form, tools: Iterable[Tool | str] = ()) -> str:
    """The text with a backslash in every place that could be read as markup or as a call, and otherwise unchanged.

    `tools` are the offered tools. A name instead of a tool is enough for the notation asked for; calls in other
    notations are then recognised less well, as the parameters are not known.
    """
    if not text:
        return text
    offered = tuple(Tool(tool) if isinstance(tool, str) else tool for tool in tools)
    # A place with a backslash gets no second one; text that passes through several prompts would collect them.
    places = sorted({at for at in _Search(text, form, offered).places() if text[at - 1 : at] != "\\"})
    if not places:
        return text
    return "\\".join(text[start:end] for start, end in pairwise((0, *places, len(text))))


class _Search:
    """The search of one text for the places where a backslash belongs."""

    __slots__ = (
        "_arguments",
        "_ends",
        "_forgeries",
        "_form",
        "_left",
        "_longest_first",
        "_names",
        "_offered",
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
        self._offered = Offered(tuple(tool.name for tool in tools))
        self._ends = frozenset(name[-1:] for name in self._longest_first) | {"-", " "}
        self._wide = _NAME + max(map(len, self._longest_first), default=0)
        self._forgeries: Forgeries | None = None
        self._left = 32 + len(text) // 1024
        """How often a grammar may still be asked. After that every opener counts as a call, every name as a tool's."""
        self._arguments: bool | None = None

    def places(self) -> Iterator[int]:
        """The places where a backslash belongs, in no order."""
        yield from self._markup()
        if self._names:
            yield from self._elements()
            yield from self._objects()
            yield from self._first_texts()
            if "python" in self._form.calls:
                called = map(self._called, _each(_PARENTHESIS, self.text))
                yield from (at for at in called if at is not None)

    def _markup(self) -> Iterator[int]:
        """Markers, control tokens, and openers of other notations if a call follows them."""
        text = self.text
        expressions = _expressions(self._form)
        for found in _each(expressions.markup, text):
            at, kind = found.start(), found.lastgroup
            if kind is None:
                yield at if text[at].isalnum() else at + 1
            elif self._names:
                openers = expressions.openers[text[at] + found[kind]]
                if any(self._is_forged(at, opener) for opener in openers):
                    yield at + 1

    def _elements(self) -> Iterator[int]:
        """Elements named after a tool: all of them if the notation writes such calls, else those that are calls."""
        own = "element" in self._form.calls
        names = {tool.name for tool in self._tools}
        for piece in _pieces(_TAG, self.text, lambda tag: plain(tag.removeprefix("/")) in self._names):
            for found in piece:
                at, tag = found.start(), found["name"]
                if own:
                    hidden = plain(tag.removeprefix("/")) in self._names
                else:
                    hidden = tag in names and self._is_forged(at, f"<{tag}")
                if hidden:
                    yield at + 1

    def _objects(self) -> Iterator[int]:
        """Keys whose value is the name of an offered tool, in JSON that may be a call."""
        own = "json" in self._form.calls
        for piece in _pieces(_KEY, self.text, self._may_name):
            for found in piece:
                may_call = own or _is_flat(found["word"]) or self._has_arguments()
                if may_call and self._names_tool(found.end("word") + 1):
                    yield found.start() + 1
        for piece in _pieces(_BARE_KEY, self.text, self._may_name):
            for found in piece:
                if self._is_member(found.start()) and self._names_tool(found.end("word")):
                    yield found.start() + 1

    def _is_member(self, at: int) -> bool:
        """Whether a key without quotes stands where a member of an object begins."""
        before = self.text[max(0, at - 65) : at]
        return bool(before) and before.rstrip(BLANK)[-1:] in ("", "{", ",")

    def _may_name(self, groups: tuple[str, ...]) -> bool:
        """Whether the value behind a key may be the name of an offered tool."""
        _, double, single, *far = groups
        name = double or single
        return any(far) or "\\" in name or self._offered.meant(name) is not None

    def _is_forged(self, at: int, opener: str) -> bool:
        if self._left <= 0:
            return True
        self._left -= 1
        if self._forgeries is None:
            self._forgeries = Forgeries(_asked(self._form), self._tools)
        return self._forgeries.at(self.text, at, opener)

    def _names_tool(self, at: int) -> bool:
        """Whether the value behind a key is the name of an offered tool."""
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
            return string.ended and self._offered.meant(name) is not None
        return end >= 0 and self._offered.meant(name) is not None

    def _has_arguments(self) -> bool:
        """Whether the text holds a key for arguments at all.

        Without this key, JSON without markers is a call only if a key of `FLAT_KEYS` names the tool.
        """
        if self._arguments is None:
            found = (next(_each(keys, self.text), None) for keys in (_ARGUMENTS, _BARE_ARGUMENTS))
            self._arguments = any(one is not None for one in found)
        return self._arguments

    def _called(self, found: re.Match[str]) -> int | None:
        """The place where a tool's name begins directly before a parenthesis; None if there is no such name."""
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
            # `- ` begins a line of our own list, where a parameter may have the name of a tool.
            if not within and ahead not in ("- ", "\n- "):
                return start if plain(text[start:end]) == name else found.start()
        return None

    def _first_texts(self) -> Iterator[int]:
        """Calls of Functionary and harmony: they begin a reply, as the prompt holds their opener."""
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


def _is_flat(word: str) -> bool:
    """Whether arguments may stand beside this key, as it is written."""
    return word in FLAT_KEYS or "\\" in word


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _each(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """All matches in a text of an expression that matches a single character and looks ahead a bounded way."""
    for start in range(0, len(text), _PIECE):
        stop = start + _PIECE
        for found in pattern.finditer(text, start, min(len(text), stop + _AHEAD)):
            if found.start() >= stop:
                break
            yield found


def _pieces(pattern: re.Pattern[str], text: str, may_be: Callable[[Any], bool]) -> Iterator[Iterator[re.Match[str]]]:
    """The matches in each piece of a text, without the pieces in which no match can count; most pieces have none."""
    for start in range(0, len(text), _PIECE):
        stop = min(len(text), start + _PIECE + _AHEAD)
        if any(map(may_be, set(pattern.findall(text, start, stop)))):
            yield (found for found in pattern.finditer(text, start, stop) if found.start() < start + _PIECE)


@lru_cache(maxsize=64)
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """These names as the reader compares names, the longest first."""
    return tuple(sorted(filter(None, set(map(plain, names))), key=lambda name: (-len(name), name)))


@lru_cache(maxsize=64)
def _asked(form: Form) -> str:
    """The name of the dialect that has this form; empty if there is none."""
    return next((name for name, dialect in dialects().items() if dialect.form == form), "")


Expression = tuple[str, str]
"""A character, and an expression for the text behind it."""


class _Expressions:
    """The expressions that a text is searched with if the prompt asks for this form."""

    __slots__ = ("markup", "openers")

    def __init__(self, form: Form) -> None:
        dialect = dialects().get(_asked(form))
        openers = (*dialect.openers, *dialect.asked_openers) if dialect else ()
        literals = sorted(_markers(form), key=len, reverse=True)
        own = [*map(_loose, literals), *filter(None, map(_opened, openers)), *map(_label, form.labels), *_controls()]
        hidden = re.compile("|".join(re.escape(first) + rest for first, rest in own))
        other = {opener.literal for known in dialects().values() for opener in known.openers}
        other = {literal for literal in other if literal and not hidden.match(literal)}
        self.openers = {literal: [short for short in other if literal.startswith(short)] for literal in other}
        firsts = sorted({literal[0] for literal in other})
        judged = [(first, f"(?P<other_{at}>{_those(other, first)})") for at, first in enumerate(firsts)]
        self.markup = _compiled([*own, *judged])


_expressions = lru_cache(maxsize=64)(_Expressions)


def _compiled(expressions: Iterable[Expression]) -> re.Pattern[str]:
    """All these expressions as one: it matches their first characters and looks ahead for the rest."""
    by_first: dict[str, list[str]] = {}
    for first, rest in expressions:
        by_first.setdefault(first, []).append(rest)
    parts = (f"(?<={re.escape(first)})(?={'|'.join(rests)})" for first, rests in by_first.items())
    return re.compile(f"[{re.escape(''.join(by_first))}](?:{'|'.join(parts)})")


def _markers(form: Form) -> set[str]:
    """The markers of calls, and the markers of results that are tags."""
    around = (form.result_open.partition("{name}")[0].rstrip("\"'= "), form.result_close, *form.wrapper)
    return {*filter(None, form.markers), *(literal for literal in around if literal.startswith("<"))}


def _loose(literal: str) -> Expression:
    """An expression for the literal as a whole word; a close tag may hold blanks, as XML allows."""
    first, rest = literal[0], literal[1:]
    if literal.startswith("</"):
        name = re.escape(rest[1:].removesuffix(">"))
        return first, rf"/[ \t]{{0,64}}{name}" + (r"(?:\s{0,64}>|\s{65})" if literal.endswith(">") else r"(?![\w:-])")
    return first, re.escape(rest) + (r"(?![\w:-])" if literal[-1].isalnum() else "")


def _opened(opener: Opener) -> Expression | None:
    """An expression for an opener with its first tokens; None for an opener that is not markup by itself."""
    literal = opener.literal
    if len(literal) < 2 or literal[0].isalnum() or literal[0] == "*":
        return None
    then = _BLANK.format("(?:" + "|".join(map(re.escape, opener.then)) + ")") if opener.then else ""
    return literal[0], re.escape(literal[1:]) + then


def _label(label: str) -> Expression:
    return label[0], rf"(?<!\w\w){label[1:]}"


def _controls() -> Iterator[Expression]:
    """Expressions for control tokens, one for each character that tokens begin with."""
    tokens = {token for family in CONTROL.values() for token in family}
    for first in sorted({token[0] for token in tokens}):
        yield first, _those(tokens, first)
    yield from CONTROL_SHAPES.values()


def _those(literals: Iterable[str], first: str) -> str:
    """One expression for the rest of all literals that begin with this character."""
    return _either(literal[1:] for literal in literals if literal[0] == first)


def _either(words: Iterable[str]) -> str:
    """One expression for all these words; it prefers longer words."""
    below: dict[str, list[str]] = {}
    for word in words:
        below.setdefault(word[:1], []).append(word[1:])
    branches = [re.escape(char) + _either(rests) for char, rests in sorted(below.items(), reverse=True) if char]
    if "" in below:
        branches.append("")
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _written(words: Iterable[str]) -> str:
    """An expression for these words in a JSON string, where every character may be written as an escape."""
    return "|".join("".join(map(_character, word)) for word in sorted(words))


def _character(char: str) -> str:
    digits = "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in f"{ord(char):02x}")
    return rf"(?:{re.escape(char)}|\\x{digits}|\\u00{digits})"


_TAG = re.compile(rf"<(?=(?P<name>/?[^\s<>/\"'`{{}}]{{1,{_NAME}}})[\s/>])")
_KEY = re.compile(
    rf"[\"'](?=[ntf\\])(?=(?P<word>{_written(NAME_KEYS | ENVELOPE_KEYS)})[\"']"
    rf"(?:{_SOME}:{_SOME}(?:\"(?P<double>[^\"]{{1,{STRING_MOST}}})|'(?P<single>[^']{{1,{STRING_MOST}}})"
    r"|(?P<far>[ \t\r\n]))|(?P<more>[ \t\r\n])))"
)
"""A key that may hold a tool's name, with its value, if no more blanks stand between than anyone writes."""
_BARE_KEY = re.compile(
    rf"(?<![\w$])(?=(?P<word>{'|'.join(sorted(NAME_KEYS | ENVELOPE_KEYS))})(?![\w$])"
    rf"(?:{_SOME}:{_SOME}(?:\"(?P<double>[^\"]{{1,{STRING_MOST}}})|'(?P<single>[^']{{1,{STRING_MOST}}})"
    r"|(?P<far>[ \t\r\n]))|(?P<more>[ \t\r\n])))[ntf]"
)
"""The same without quotes around the key."""
_ARGUMENTS = re.compile(
    rf"[\"'](?=[apit\\])(?=(?:{_written(ARGUMENT_KEYS)})[\"']"
    rf"(?:{_SOME}:{_SOME}(?:[{{nN]|[\"'][\"'{{\\\s])|[ \t\r\n]{{65}}|{_SOME}:[ \t\r\n]{{65}}))"
)
"""A key for arguments, and how its value begins: an object, null, or a string that is empty or holds an object."""
_BARE_ARGUMENTS = re.compile(
    rf"(?<![\w$])(?=(?:{'|'.join(sorted(ARGUMENT_KEYS))})(?:{_SOME}:{_SOME}[{{nN\"'\s]|[ \t\r\n]{{65}}))[apit]"
)
"""The same without quotes around the key."""
_PARENTHESIS = re.compile(r"\(")
_RECIPIENT = re.compile(r"\n(?=\{)|t(?=o=functions\.)")
_CLOSERS = ">]▷"
"""Last characters of the markers that may stand before the first text of a reply: those of reasoning, and
Functionary's `>>>`."""
