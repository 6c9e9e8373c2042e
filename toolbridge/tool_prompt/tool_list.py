r"""The tools as a typed list: the content of their schemas in fewer characters than the schemas themselves.

    ## get_weather
    Report the weather of a city.
    - city (string, required): The city's name
    - days (integer, optional, default 1, 1 to 14): How many days ahead
    - units ("metric" | "imperial", optional)
    - filter ({ field: string, values?: string[] }[], optional): What to leave out
      - field: at most 40 characters; The column's name

    ## now
    Tell the time.
    No parameters.

The grammar of the lines, for a program that reads them back (each begins at the start of its line):

    "# Tools" … "# "                    the list begins with this heading and ends before the next "# "
    "## " NAME                          a tool begins; a name with control characters is a JSON string
    anything else                       a line of its description
    "No parameters."                    the description ends, and the tool takes no parameters
    "- " NAME " (" TYPE ", " ("required" | "optional") (", " REMARK)* ")" (": " DESCRIPTION)?
    "- * (" …                           a parameter of any other name
    "  - " PATH ": " NOTE               a note on a member of the type above, or on `each` item or value
    "  schema: " JSON                   the JSON schema of the parameter above, where a type cannot express it
    "schema: " JSON                     the same for all the parameters of the tool

A schema refers to a definition by "#/$defs/NAME". The definition stands in the schema's own "$defs" or in those of a
schema above it in the same tool: a tool writes each definition once.

A TYPE is TypeScript's (`types`), so an enum is its values as JSON, divided by " | ". A REMARK is "default " JSON, a
range such as "1 to 14", ">= 1" or "< 5", "multiple of 5", "2 to 40 characters", "1 to 3 items", "no duplicates",
"format " WORD, "matches /" REGEX "/", "e.g. " JSON, "deprecated". Required parameters come first; otherwise the
client's order holds. Lines end with "\n" only. If a line of a description looks like a line of this grammar, it is
indented by two blanks.

The work is drawn from the request's budget: the places looked at as "visits", the lines as "prompt". If a line and its
notes cannot say all of a parameter, as with a schema that refers to itself, its JSON schema is shown.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolbridge import schema as schemas
from toolbridge.budget import Budget
from toolbridge.messages import Tool
from toolbridge.tool_prompt.compact_json import compact_json
from toolbridge.tool_prompt.definitions import Definitions
from toolbridge.tool_prompt.remarks import description, remarks
from toolbridge.tool_prompt.types import Types

_OURS = re.compile(r"(?m)^(?=#{1,2} |- |schema: |No parameters\.)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_AT_ROOT = {
    *("type", "properties", "required", "additionalProperties", "nullable", "allOf", "$ref", "$defs", "definitions"),
    *("description", "title", "default", "examples", "strict", "$schema", "$id", "$comment"),
}
"""Words of a tool's schema that the list expresses in full, or that mean nothing to a model."""
_NOTES = 1000
"""Notes for one parameter; a parameter with more members is shown by its JSON schema."""
_LEVELS = 4
"""Levels of members that get notes, and levels of `allOf` that are searched for words about all parameters."""

_BRANCHES = 256
"""Schemas that are looked at on one level of `allOf`."""


def tool_list(tools: Sequence[Tool], budget: Budget | None = None) -> str:
    """The whole list, with a blank line between tools. Raises `OverLimit`."""
    budget = budget or Budget()
    return "\n\n".join([entry(tool, budget) for tool in tools])


def entry(tool: Tool, budget: Budget | None = None) -> str:
    """The lines of one tool. Raises `OverLimit`."""
    budget = budget or Budget()
    name = compact_json(tool.name) if _CONTROL.search(tool.name) else tool.name
    lines = [f"## {name}"]
    budget.fits("prompt", len(tool.description))
    if about := _tidy(re.sub(r"\r\n?", "\n", tool.description)):
        lines.append(_OURS.sub("  ", about))
    budget.spend("prompt", 1 + sum(len(line) + 1 for line in lines))
    return "\n".join([*lines, *(list(_Parameters(tool, budget).lines()) or ["No parameters."])])


def _tidy(text: str) -> str:
    """A description without indentation, without blanks at the ends of lines, and with single blank lines only.

    `inspect.cleandoc` gives the same indentation, but it removes blank lines at the front in quadratic time.
    """
    lines = text.expandtabs().split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.lstrip()), default=0)
    lines = [lines[0].lstrip(), *(line[margin:] for line in lines[1:])]
    tidied = "\n".join(lines).strip("\n")
    tidied = re.sub(r"\n(?=\n\n)", "", tidied)
    *above, last = tidied.split("\n")
    return "\n".join([*(line.rstrip(" \t") for line in above), last])


class _Parameters:
    """The parameters of one tool, line by line."""

    __slots__ = ("_budget", "_definitions", "_document", "_room", "_root")

    def __init__(self, tool: Tool, budget: Budget) -> None:
        self._root = tool.parameters
        self._budget = budget
        self._document = schemas.Document(tool.parameters, budget)
        self._definitions = Definitions(self._document)
        self._room = _NOTES

    def lines(self) -> Iterator[str]:
        """The lines in their order, none for a tool that takes nothing."""
        must = frozenset(self._document.required(self._root))
        declared = self._document.properties(self._root)
        as_written = self._root.get("properties")
        raw = as_written if isinstance(as_written, Mapping) else {}
        for name in sorted(declared, key=lambda name: name not in must):
            yield from self._parameter(name, raw.get(name, declared[name]), needed=name in must)
        others = self._root.get("additionalProperties")
        if isinstance(others, Mapping):
            yield from self._parameter("*", others, needed=False)
        if self._says_more():
            yield self._drawn(f"schema: {compact_json(self._definitions.whole(self._root), self._budget)}")

    def _says_more(self) -> bool:
        """Whether the schema holds a word about all parameters together, which no line of a parameter can say."""
        level: list[Any] = [self._root]
        seen: dict[int, Mapping[str, Any]] = {}
        for _ in range(_LEVELS + 1):
            below: list[Any] = []
            for part in map(self._document.resolve, level):
                if id(part) in seen:
                    continue
                seen[id(part)] = part
                if any(word not in _AT_ROOT and not str(word).startswith("x-") for word in part):
                    return True
                every = part.get("allOf")
                below += every if isinstance(every, list) else []
            level = below[:_BRANCHES]
        return False

    def _parameter(self, name: str, schema: Any, *, needed: bool) -> Iterator[str]:
        types = Types(self._document)
        written = types.write(schema)
        resolved = self._document.inlined(schema)
        self._room = _NOTES
        notes = list(self._notes(resolved, "", (_pointer(schema),))) if types.exact else []
        exact = types.exact and self._room >= 0
        if not exact:
            kinds = self._document.kinds(schema)
            written = "any" if kinds == schemas.KINDS else _coarse(kinds)
        words = [written, "required" if needed else "optional", *remarks(resolved, self._budget)]
        about = description(name, resolved, self._budget)
        shown = compact_json(name) if _CONTROL.search(name) else name
        yield self._drawn(_one_line(f"- {shown} ({', '.join(words)})" + (f": {about}" if about else "")))
        if exact:
            yield from notes
            return
        raw = schema if isinstance(schema, Mapping) else resolved
        shape = {word: value for word, value in raw.items() if word not in ("description", "default")}
        yield self._drawn(f"  schema: {compact_json(self._definitions.whole(shape), self._budget)}")

    def _notes(self, schema: Mapping[str, Any], path: str, pointers: tuple[Any, ...]) -> Iterator[str]:
        """A line for each member of an object and for the items of an array that has remarks or a description.

        `pointers` are the references on the way down. A schema that holds itself ends at its own reference.
        """
        if len(pointers) > _LEVELS + 1:
            return
        for branch in _branches(schema):
            as_written = branch.get("properties")
            raw = as_written if isinstance(as_written, Mapping) else {}
            for name, member in self._document.properties(branch).items():
                here = f"{path}.{name}" if path else name
                yield from self._note(here, name, member)
                yield from self._below(member, here, _pointer(raw.get(name)), pointers)
            for item in (branch.get("items"), branch.get("additionalProperties")):
                if isinstance(item, Mapping):
                    inner = self._document.inlined(item)
                    yield from self._note(f"{path}.each" if path else "each", "", inner)
                    yield from self._below(inner, path, _pointer(item), pointers)

    def _below(
        self, schema: Mapping[str, Any], path: str, pointer: str | None, pointers: tuple[Any, ...]
    ) -> Iterator[str]:
        if self._room >= 0 and (pointer is None or pointer not in pointers):
            yield from self._notes(schema, path, (*pointers, pointer))

    def _note(self, path: str, name: str, schema: Mapping[str, Any]) -> Iterator[str]:
        self._room -= 1
        if self._room < 0:
            return
        note = [*remarks(schema, self._budget), *filter(None, [description(name, schema, self._budget)])]
        if note:
            yield self._drawn(_one_line(f"  - {path}: {'; '.join(note)}"))

    def _drawn(self, line: str) -> str:
        self._budget.spend("prompt", len(line) + 1)
        return line


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: compact_json(found[0])[1:-1], text)


def _coarse(kinds: frozenset[str]) -> str:
    return " | ".join(sorted(kinds - ({"integer"} if "number" in kinds else set())))


def _pointer(schema: Any) -> str | None:
    """The target of a schema's `$ref`; None if it has none."""
    pointer = schema.get("$ref") if isinstance(schema, Mapping) else None
    return pointer if isinstance(pointer, str) else None


def _branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The branches of an `anyOf` or a `oneOf`; the schema itself if it has no branches."""
    either = schema.get("anyOf") or schema.get("oneOf")
    if not isinstance(either, list) or "properties" in schema or "items" in schema:
        return [schema]
    return [branch for branch in either if isinstance(branch, Mapping)]
