"""Which of the listed tools a user's words ask for.

A clause goes to the tool that shares most with it: words of its name count most, then those that its description begins
with. A clause that fits none belongs to the wish beside it ("in Oslo | and in Rome").
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from toolbridge.cli.scripted import words
from toolbridge.cli.scripted.tools import ListedTool, Parameter

_NAME, _FIRST, _VALUE, _REST = 3, 2, 2, 1
"""What a shared word is worth: in a tool's name, in the first sentence about it, among its values, in all else."""
_ENOUGH = 2
_CALLED_BY_NAME = 100
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n")
_NAMES = re.compile(r"[\w.-]*\w")

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
    wishes: list[Wish] = []
    before = ""
    for clause in words.clauses(text):
        wish = _best(tools, clause)
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
    return max(
        (Wish(tool, text, _because(_worth(tool, text))) for tool in tools),
        key=lambda wish: sum(_worth(wish.tool, text).values()),
    )


def enum_values(parameter: Parameter) -> Iterator[str]:
    """The texts that a parameter lists as its values."""
    for one in parameter.types:
        for inner in (one, *one.items):
            yield from (value for value in inner.values if isinstance(value, str))


def _best(tools: Sequence[ListedTool], clause: str) -> Wish | None:
    """The tool that fits a clause best; the first of several."""
    best, most = None, _ENOUGH - 1
    for tool in tools:
        worth = _worth(tool, clause)
        if (score := sum(worth.values())) > most:
            best, most = Wish(tool, clause, _because(worth)), score
    return best


def _because(worth: dict[str, int]) -> frozenset[str]:
    return frozenset(word for word, points in worth.items() if points >= _FIRST)


def _worth(tool: ListedTool, clause: str) -> dict[str, int]:
    """What a tool and a clause share."""
    said = set(words.content_words(clause))
    if words.arithmetic(clause):
        said |= SUMS
    named = set(words.content_words(tool.name))
    if tool.name in _NAMES.findall(clause):
        return dict.fromkeys(named or {tool.name}, _CALLED_BY_NAME)
    end = _SENTENCE_END.search(tool.about)
    rest = set(words.content_words(tool.about[end.end() :])) if end else set()
    values: set[str] = set()
    for parameter in tool.parameters:
        rest.update(words.content_words(f"{parameter.name} {parameter.about}"))
        values.update(words.stem(value) for value in enum_values(parameter))
    first = set(words.content_words(tool.about[: end.start()] if end else tool.about))
    worth: dict[str, int] = {}
    for shared, points in ((rest, _REST), (values, _VALUE), (first, _FIRST), (named, _NAME)):
        worth |= dict.fromkeys(said & shared, points)
    return worth
