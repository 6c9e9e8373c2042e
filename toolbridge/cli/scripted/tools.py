"""The tools that a prompt lists: names, descriptions, parameters with their types, marks and limits."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolbridge.cli.scripted.types import ANY, Types, Unreadable, read_types

_LIST = re.compile(r"(?m)^# Tools$")
_USAGE = re.compile(r"(?m)^# Using tools$")
_MARK = re.compile(r", (required|optional)(?=[,)])")
_DEFAULT = ", default "
_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)"
_RANGE = re.compile(rf"(?:^|, ){_NUMBER} to {_NUMBER}(?=[,)])")
_LEAST = re.compile(rf", >= {_NUMBER}")
_MOST = re.compile(rf", <= {_NUMBER}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JSON = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as it was listed. `default` is None where none was."""

    name: str
    types: Types = ANY
    required: bool = True
    about: str = ""
    default: Any = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as it was listed."""

    name: str
    about: str = ""
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a prompt says of tools: the list, and the text on how to use them."""

    tools: tuple[ListedTool, ...]
    usage: str


def read_prompt(text: str) -> Prompt | None:
    """The part of a prompt that is about tools; None for a prompt that has none."""
    usage = _last(_USAGE, text)
    heading = _last(_LIST, text[: usage.start()]) if usage else None
    if usage is None or heading is None:
        return None
    listed = text[heading.end() : usage.start()]
    return Prompt(tuple(_tools(listed)), text[usage.end() :])


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last of them is what is asked for
        pass
    return found


def _tools(listed: str) -> Iterator[ListedTool]:
    _, *entries = re.split(r"(?m)^## ", listed)
    for entry in entries:
        name, *lines = entry.rstrip("\n").split("\n")
        described = [line for line in lines if not _is_ours(line)]
        parameters = (_parameter(line) for line in lines if line.startswith("- "))
        yield ListedTool(_name(name), "\n".join(described).strip(), tuple(filter(None, parameters)))


def _is_ours(line: str) -> bool:
    """Whether the line is no part of the tool's description."""
    return line.startswith(("- ", "schema: ", "  schema: ")) or line == "No parameters."


def _parameter(line: str) -> Parameter | None:
    """`- NAME (TYPE, required|optional, LIMITS): DESCRIPTION`.

    A name may hold ` (` itself, so the first one with a type behind it counts; with none, any type will do.
    """
    opened = [found.start() for found in re.finditer(r" \(", line)]
    for at in opened:
        try:
            types, end = read_types(line, at + 2)
        except Unreadable:
            continue
        if mark := _MARK.match(line, end):
            return _limited(line[2:at], types, mark[1] == "required", line[mark.end() :])
    for at in opened[:1]:
        if mark := _MARK.search(line, at):
            return _limited(line[2:at], ANY, mark[1] == "required", line[mark.end() :])
    return None


def _limited(name: str, types: Types, required: bool, rest: str) -> Parameter | None:
    if name == "*":
        return None
    default = None
    if rest.startswith(_DEFAULT):
        try:
            default, end = _JSON.raw_decode(rest, len(_DEFAULT))
            rest = rest[end:]
        except (ValueError, RecursionError):
            default = None
    limits, _, about = rest.partition("): ")
    limits += ")"
    both = _RANGE.search(limits)
    least, most = both or _LEAST.search(limits), both or _MOST.search(limits)
    return Parameter(
        _name(name),
        types,
        required=required,
        about=about,
        default=default,
        least=_number(least[1]) if least else None,
        most=_number(most[2 if both else 1]) if most else None,
    )


def _number(text: str) -> float | None:
    return number if math.isfinite(number := float(text)) else None


def _name(shown: str) -> str:
    """A name as it is; one with control characters is listed as a JSON string."""
    if shown.startswith('"'):
        try:
            name = json.loads(shown)
        except (ValueError, RecursionError):
            return shown
        if isinstance(name, str) and _CONTROL.search(name):
            return name
    return shown
