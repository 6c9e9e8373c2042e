"""Which of the listed tools a user's words ask for, and with what arguments.

A clause goes to the tool that shares most words with it: its name counts most, then what its description begins with.
Arguments are filled in by type: values of an enum that are named, numbers beside the word that they count, places where
the parameter takes one, a call for each place. A required value that is not to be found is asked for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolbridge.cli.scripted import words
from toolbridge.cli.scripted.notation import Call
from toolbridge.cli.scripted.tools import ListedTool, Parameter
from toolbridge.cli.scripted.types import Type, Types

_NAME, _FIRST, _REST, _ENUM = 3, 2, 1, 2
"""What a shared word is worth in a tool's name, in the first sentence about it, in all else, among its values."""
_ENOUGH = 2
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n")

_TAKES_NAMES = frozenset(
    "address airport area at capital city country destination district from language location municipality origin "
    "place port region state station target to town venue village where".split()
)
"""Words of a parameter that takes a place, or something else with a name of its own."""
_TAKES_TEXT = frozenset(
    "body comment content description expression formula keyword message note phrase prompt q query question search "
    "sentence sql subject summary text title topic".split()
)
"""Words of a parameter that takes what the sentence is about."""
_SUMS = frozenset({"arithmetic", "calculate", "calculation", "calculator", "compute", "evaluate", "expression", "math"})
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?\b|\b(?:today|tomorrow|yesterday)\b", re.IGNORECASE)
_SHAPED = (
    (frozenset({"url", "uri", "link", "website"}), re.compile(r"https?://[^\s\"'<>]+[^\s\"'<>.,;?!)]")),
    (frozenset({"email", "mail", "recipient"}), re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (frozenset({"date", "day", "start", "end"}), _DATE),
    (frozenset({"path", "file", "filename", "directory", "folder"}), re.compile(r"(?<!\w)[\w~.-]*[/.][\w/.-]*\w")),
)
"""Parameters whose values have a form of their own."""


class Missing(Exception):  # noqa: N818 - it says what is missing, nothing went wrong
    """A required value that the user's words do not hold."""

    def __init__(self, tool: ListedTool, parameter: Parameter) -> None:
        super().__init__(parameter.name)
        self.tool = tool
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Wish:
    """A tool, and the part of the user's text that asks for it."""

    tool: ListedTool
    text: str
    shared: frozenset[str] = field(default_factory=frozenset)
    """The stems by which the tool was chosen."""


def choose(tools: Sequence[ListedTool], text: str) -> list[Wish]:
    """The tools that a text asks for, in the order of its clauses; empty where none fits."""
    wishes: list[Wish] = []
    before = ""
    for clause in words.clauses(text):
        best = max((_score(tool, clause) for tool in tools), key=lambda one: one[0], default=(0, frozenset()))
        score, shared = best
        tool = next((tool for tool in tools if _score(tool, clause) == best), None)
        if tool is None or score < _ENOUGH:
            # Nothing by itself: a part of what was wished for before, or of what comes ("In Oslo, how warm is it?").
            if wishes:
                wishes[-1] = Wish(wishes[-1].tool, wishes[-1].text + clause, wishes[-1].shared)
            else:
                before += clause
        elif wishes and wishes[-1].tool is tool:
            wishes[-1] = Wish(tool, wishes[-1].text + clause, wishes[-1].shared | shared)
        else:
            wishes.append(Wish(tool, before + clause, shared))
            before = ""
    return wishes


def _score(tool: ListedTool, clause: str) -> tuple[int, frozenset[str]]:
    """How well a tool fits, and the words that say so."""
    said = set(words.content_words(clause))
    if words.arithmetic(clause):
        said |= _SUMS
    if tool.name in re.findall(r"[\w.-]+", clause):
        return 100, frozenset(words.content_words(tool.name))
    end = _SENTENCE_END.search(tool.about)
    first = set(words.content_words(tool.about[: end.start()] if end else tool.about))
    rest = set(words.content_words(tool.about[end.end() :] if end else ""))
    named = set(words.content_words(tool.name))
    values: set[str] = set()
    for parameter in tool.parameters:
        rest.update(words.content_words(f"{parameter.name} {parameter.about}"))
        values.update(words.stem(value) for value in _enum(parameter.types) if isinstance(value, str))
    worth = {word: _REST for word in said & rest}
    worth |= {word: _ENUM for word in said & values}
    worth |= {word: _FIRST for word in said & first}
    worth |= {word: _NAME for word in said & named}
    return sum(worth.values()), frozenset(word for word in worth if worth[word] >= _FIRST and word not in values)


def fill(wish: Wish, *, guess: bool) -> list[Call]:
    """The calls for a wish, several where it names several places. Raises `Missing`, unless values may be guessed."""
    return [(wish.tool.name, arguments) for arguments in _Filling(wish, guess=guess).calls()]


class _Filling:
    """What one text holds for one tool; each number and quotation is given away once."""

    def __init__(self, wish: Wish, *, guess: bool) -> None:
        self._tool = wish.tool
        self._text = wish.text
        self._shared = wish.shared
        self._guess = guess
        self._numbers = words.numbers(wish.text)
        self._quotations = words.quotations(wish.text)
        known = set(words.content_words(wish.tool.name)) | words.small_words(wish.tool.about)
        for parameter in wish.tool.parameters:
            known.update(words.content_words(parameter.name))
            known.update(words.stem(value) for value in _enum(parameter.types) if isinstance(value, str))
        self._places = words.places(wish.text, known)
        self._takes_names = self._name_parameters()

    def calls(self) -> Iterator[dict[str, Any]]:
        filled = {parameter.name: self._find(parameter) for parameter in self._tool.parameters}
        several = self._places if self._one_each() else self._places[:1]
        for place in several or [""]:
            arguments = {}
            for parameter in self._tool.parameters:
                value = filled[parameter.name]
                if value is None and parameter in self._takes_names and place:
                    value = self._named(parameter, place)
                if value is None and parameter.required:
                    value = self._otherwise(parameter)
                if value is not None or (parameter.required and _has(parameter.types, "null")):
                    arguments[parameter.name] = value
            yield arguments
