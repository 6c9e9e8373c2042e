"""Which of the listed tools a user's words ask for.

A clause goes to the tool that shares most with it: words of its name count most, then those that its description begins
with. A clause that fits none belongs to the wish beside it ("in Oslo | and in Rome").
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from toolbridge.cli.scripted import words
from toolbridge.cli.scripted.tools import ListedTool, Parameter

_NAME, _FIRST, _VALUE, _REST = 3, 2, 2, 1
"""What a shared word is worth: in a tool's name, in the first sentence about it, among its values, in all else."""
_ENOUGH = 2
_CALLED_BY_NAME = 100
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n")
_NAMES = re.compile(r"(?<![\w.-])[\w.-]*\w")

SUMS = words.vocabulary("arithmetic calculate calculation calculator compute evaluate expression math")
"""Words of whoever takes a sum that is written with digits."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A tool, the part of the user's text that asks for it, and the stems of the words that say so."""

    tool: ListedTool
    text: str
    because: frozenset[str] = frozenset()


def choose(tools: Sequence[ListedTool], text: str) -> list[Wish]:
    """What a text asks for, in the order of its clauses; empty where no tool fits."""
    known = [_Known.of(tool) for tool in tools]
    wishes: list[Wish] = []
    before = ""
    for clause in words.clauses(text):
        wish = _best(known, clause)
        last = wishes[-1] if wishes else None
        if wish is None and last is None:
            before += clause
        elif last is not None and (wish is None or wish.tool is last.tool):
            because = last.because | (wish.because if wish else frozenset())
            wishes[-1] = replace(last, text=last.text + clause, because=because)
        elif wish is not None:
            wishes.append(replace(wish, text=before + clause))
            before = ""
    return wishes


def choose_one(tools: Sequence[ListedTool], text: str) -> Wish:
    """The tool that fits a text best, however badly; for a prompt that demands a call."""
    return _best([_Known.of(tool) for tool in tools], text, enough=0) or Wish(tools[0], text)


def enum_values(parameter: Parameter) -> Iterator[str]:
    """The texts that a parameter lists as its values."""
    for one in parameter.types:
        for inner in (one, *one.items):
            yield from (value for value in inner.values if isinstance(value, str))


@dataclass(frozen=True, slots=True)
class _Known:
    """A tool, and what its words are worth."""

    tool: ListedTool
    worth: Mapping[str, int]
    named: frozenset[str]

    @classmethod
    def of(cls, tool: ListedTool) -> "_Known":
        end = _SENTENCE_END.search(tool.about)
        first = words.content_words(tool.about[: end.start()] if end else tool.about)
        rest = words.content_words(tool.about[end.end() :]) if end else []
        values: list[str] = []
        for parameter in tool.parameters:
            rest += words.content_words(f"{parameter.name} {parameter.about}")
            values += map(words.stem, enum_values(parameter))
        named = words.content_words(tool.name)
        worth: dict[str, int] = {}
        for known, points in ((rest, _REST), (values, _VALUE), (first, _FIRST), (named, _NAME)):
            worth |= dict.fromkeys(known, points)
        return cls(tool, worth, frozenset(named or [tool.name]))

    def shared(self, said: AbstractSet[str], names: AbstractSet[str]) -> dict[str, int]:
        """The words that the tool and a clause share, by what they are worth; `names` are the clause's, as written."""
        if self.tool.name in names:
            return dict.fromkeys(self.named, _CALLED_BY_NAME)
        return {word: self.worth[word] for word in said & self.worth.keys()}


def _best(known: Iterable[_Known], clause: str, *, enough: int = _ENOUGH) -> Wish | None:
    """The tool that fits a clause best; the first of several."""
    said = set(words.content_words(clause))
    if words.arithmetic(clause):
        said |= SUMS
    names = set(_NAMES.findall(clause))
    best, most = None, enough - 1
    for one in known:
        shared = one.shared(said, names)
        if (score := sum(shared.values())) > most:
            because = frozenset(word for word, points in shared.items() if points >= _FIRST)
            best, most = Wish(one.tool, clause, because), score
    return best
