r"""Freeform tools, which OpenAI calls `custom`: the call of such a tool is one text, and no JSON.

    offered    {"type": "custom", "name": "apply_patch", "format": {"type": "grammar", "syntax": "lark", …}}
    to models  a tool with one string parameter, `input`; its description holds the grammar
    called     {"input": "*** Begin Patch\n…"} by the model, `*** Begin Patch⏎…` for the client

Codex and Copilot offer `apply_patch` so, in place of tools that edit files. The text must reach them character by
character as the model meant it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from toolbridge.budget import Budget
from toolbridge.json_string import StringText
from toolbridge.messages import ChatRequest, Freeform, Tool
from toolbridge.tools import read_tool_at
from toolbridge.wire.codec import encoded, json_text
from toolbridge.wire.fields import Fields

INPUT = "input"
"""The only parameter of a freeform tool, as models see it."""
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The whole text of the call."}},
    "required": [INPUT],
}
_HOW = f"Give the text as the argument `{INPUT}`."
_BEGINNING = re.compile(r'\s{0,64}\{\s{0,64}"input"\s{0,64}:\s{0,64}"')
_LONGEST_BEGINNING = 300


def read_freeform(entry: Mapping[str, Any], place: str, budget: Budget) -> Iterator[Tool]:
    """A tool of type `custom`, in the shape of either of OpenAI's wires. Raises `RequestError`."""
    tool = Fields.of(entry, place, ())
    own = tool.child("custom") or tool
    wanted = own.child("format")
    grammar = (wanted.child("grammar") or wanted) if wanted and wanted.text("type") == "grammar" else None
    freeform = Freeform(
        own.text("description") or "",
        (grammar.text("syntax") or "") if grammar else "",
        (grammar.text("definition") or "") if grammar else "",
    )
    read = {"name": own.values.get("name"), "description": _description(freeform), "parameters": _SCHEMA}
    yield replace(read_tool_at(place, read, budget), freeform=freeform)


def _description(freeform: Freeform) -> str:
    text = f"{freeform.description}\n\n{_HOW}" if freeform.description else _HOW
    if not freeform.grammar:
        return text
    return f"{text} It must match this grammar ({freeform.syntax or 'lark'}):\n{freeform.grammar}"


def freeform_names(request: ChatRequest) -> frozenset[str]:
    """The names of the request's freeform tools."""
    return frozenset(tool.name for tool in request.tools if tool.freeform is not None)


class InputText:
    """Takes the arguments of a call in pieces, and gives the text of its `input` as it grows.

    Models of other servers see a schema and no freeform tool, so their arguments may have another form: those that do
    not begin with the text of `input` are read at their end (`text_of_arguments`).
    """

    def __init__(self) -> None:
        self._text: StringText | None = None
        """Reads the text; None until it begins."""
        self._pieces: list[str] = []
        self._size = 0

    def feed(self, piece: str) -> str:
        """The text that this piece of the arguments adds."""
        start = 0
        if self._text is None:
            self._pieces.append(piece)
            self._size += len(piece)
            if self._size - len(piece) > _LONGEST_BEGINNING:
                return ""
            piece = "".join(self._pieces)
            found = _BEGINNING.match(piece)
            if found is None:
                return ""
            self._text = StringText()
            self._pieces.clear()
            start = found.end()
        if self._text.ended:
            return ""
        return self._text.feed(piece, start, len(piece))[1]

    def finish(self) -> str:
        """The rest of the text, once the arguments are whole."""
        if self._text is not None:
            return ""
        return text_of_arguments("".join(self._pieces))


def text_of_arguments(arguments: str) -> str:
    """The text of a whole call: its `input`, or else the only text among its arguments, or else the arguments."""
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(value, dict):
        return arguments
    if not value:
        return ""
    found = value.get(INPUT, next(iter(value.values())) if len(value) == 1 else None)
    return found if isinstance(found, str) else arguments


def arguments_of_text(text: str) -> str:
    """The arguments of a past call whose text this was."""
    return json_text({INPUT: text})


class InputArguments:
    """Takes the text of a call in pieces, and gives the call's arguments as JSON: the inverse of `InputText`."""

    def __init__(self) -> None:
        self.begun = False
        """Whether a piece of the text has come."""

    def feed(self, piece: str) -> str:
        """The JSON that this piece of the text adds."""
        escaped = encoded(piece)[1:-1].decode()
        if self.begun:
            return escaped
        self.begun = True
        return f'{{"{INPUT}":"{escaped}'

    def finish(self) -> str:
        """The end of the arguments, once the text is whole."""
        return '"}' if self.begun else f'{{"{INPUT}":""}}'
