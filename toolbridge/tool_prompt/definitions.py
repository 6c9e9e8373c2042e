"""JSON schemas for the list of tools, together with the definitions they refer to: each definition once per tool."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from toolbridge import schema as schemas

_NOISE = ("title", "$schema", "$id", "$comment")
_HOLDERS = ("$defs", "definitions")
_DEEP = 100
"""Levels of a schema and its definitions that are written by recursion; deeper definitions wait in a list."""
_QUICK = 16
"""Plain values that are copied in the time of one visit."""


class Definitions:
    """The definitions of one tool.

    A definition is written with the first schema that refers to it. Later schemas refer to it by the same name and do
    not repeat it. Otherwise a hundred parameters of one large type would write this type a hundred times.
    """

    __slots__ = ("_document", "_names", "_new", "_taken", "_times", "_waiting")

    def __init__(self, document: schemas.Document) -> None:
        self._document = document
        self._names: dict[str, str] = {}
        """For each reference of the client's document, the name of its definition here."""
        self._taken: set[str] = set()
        self._times: Counter[str] = Counter()
        """How many further references ended in the same name."""
        self._new: dict[str, Any] = {}
        self._waiting: list[tuple[str, str]] = []

    def whole(self, schema: Any) -> Any:
        """The schema without titles, with all definitions that it leads to and that no earlier schema has shown."""
        self._new = {}
        written = self._referring(schema, 0)
        while self._waiting:
            self._define(*self._waiting.pop(), 0)
        if isinstance(written, dict):
            for words in _HOLDERS:
                written.pop(words, None)
            if self._new:
                written["$defs"] = self._new
        return written

    def _referring(self, schema: Any, depth: int) -> Any:
        """A copy of the schema whose references use the names given here."""
        if isinstance(schema, list):
            self._document.budget.spend("visits", 1 + len(schema) // _QUICK)
            return [self._referring(item, depth + 1) if isinstance(item, Mapping | list) else item for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        self._document.budget.spend("visits", 1 + len(schema) // _QUICK)
        written = {}
        for word, value in schema.items():
            if word in _NOISE and isinstance(value, str):
                continue
            if word == "$ref" and isinstance(value, str):
                written[word] = f"#/$defs/{self._named(value, depth + 1)}"
            else:
                written[word] = self._referring(value, depth + 1)
        return written

    def _named(self, pointer: str, depth: int) -> str:
        """The name of the definition that this reference leads to; the definition is added if it is new."""
        if pointer not in self._names:
            name = self._names[pointer] = self._free(pointer.rpartition("/")[2] or "root")
            self._taken.add(name)
            self._new[name] = {}
            if depth < _DEEP:
                self._define(pointer, name, depth)
            else:
                self._waiting.append((pointer, name))
        return self._names[pointer]

    def _free(self, last: str) -> str:
        """The last step of a reference; with a number behind it where another reference ends in the same step."""
        name = last
        while name in self._taken:
            self._times[last] += 1
            name = f"{last}_{self._times[last] + 1}"
        return name

    def _define(self, pointer: str, name: str, depth: int) -> None:
        led_to = self._document.resolve({"$ref": pointer})
        self._new[name] = self._referring({word: led_to[word] for word in led_to if word not in _HOLDERS}, depth)
