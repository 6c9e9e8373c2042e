"""How the prompt wants calls written: the block it shows, to be filled in.

The block holds the words TOOL_NAME, PARAMETER_NAME and VALUE, or those of a brief prompt in their places
(`name_of_the_tool`), and nothing else about it is known here. Either a line of
it is a JSON object with all three, alone or as a list; or each parameter has a line of its own, between one that names
the tool and one that ends the call.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Call = tuple[str, Mapping[str, Any]]
"""A tool's name and its arguments."""

_NAME = "TOOL_NAME"
_PARAMETER = "PARAMETER_NAME"
_VALUE = "VALUE"
_BRIEF = {"name_of_the_tool": _NAME, "name_of_the_parameter": _PARAMETER, '"its value"': _VALUE, "its value": _VALUE}
_ARGUMENTS = f'{{"{_PARAMETER}": {_VALUE}}}'


@dataclass(frozen=True, slots=True)
class Notation:
    """The lines of the block by what they are for: around all calls, to open one, for a parameter, to close it."""

    before: Sequence[str]
    opening: Sequence[str]
    parameter: str
    closing: Sequence[str]
    after: Sequence[str]

    def write(self, calls: Iterable[Call]) -> str:
        """The text for these calls."""
        if _ARGUMENTS in self.parameter:
            return "\n".join(self._objects(calls))
        lines = [*self.before]
        for name, arguments in calls:
            lines += (line.replace(_NAME, name) for line in self.opening)
            lines += (self._parameter(key, value) for key, value in arguments.items())
            lines += self.closing
        return "\n".join([*lines, *self.after])

    def _parameter(self, name: str, value: Any) -> str:
        """A line with the value, text as it is and everything else as JSON."""
        before, _, after = self.parameter.partition(_VALUE)
        return before.replace(_PARAMETER, name) + (value if isinstance(value, str) else _json(value)) + after

    def _objects(self, calls: Iterable[Call]) -> Iterator[str]:
        """One block with a list of objects, or a block for each object."""
        listed = self.parameter.startswith("[") and self.parameter.endswith("]")
        before, _, after = (self.parameter[1:-1] if listed else self.parameter).partition(_ARGUMENTS)
        objects = [before.replace(f'"{_NAME}"', _json(name)) + _json(values) + after for name, values in calls]
        bodies = ["[" + ",\n".join(objects) + "]"] if listed else objects
        for body in bodies:
            yield "\n".join([*self.before, body, *self.after])


def read_notation(usage: str) -> Notation | None:
    """The notation in the text on how to use tools; None where no block of such a form is shown."""
    for word, meant in _BRIEF.items():
        usage = usage.replace(word, meant)
    shown = next((part for part in usage.split("\n\n") if _NAME in part and _PARAMETER in part), "")
    lines = shown.split("\n")
    at = next((number for number, line in enumerate(lines) if _PARAMETER in line and _VALUE in line), -1)
    if at >= 0 and _ARGUMENTS in lines[at] and _NAME in lines[at]:
        return Notation(lines[:at], (), lines[at], (), lines[at + 1 :])
    start = next((number for number, line in enumerate(lines[: max(at, 0)]) if _NAME in line), -1)
    if start < 0 or at + 1 >= len(lines):
        return None
    return Notation(lines[:start], lines[start:at], lines[at], lines[at + 1 : at + 2], lines[at + 2 :])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
