"""Bodies by chance: recorded ones with something changed, and schemas, histories and arguments that nobody recorded.

Everything comes from one `random.Random`, so that a seed gives the same bodies again. It is made for speed: a body
takes a few tenths of a millisecond.
"""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bombs.bomb import ANTHROPIC, CHATS, COUNT, GENERATE, Call, Chat, Result, Turn
from tests.hostile import BODIES, TOKENS

_GOLDEN = Path(__file__).resolve().parent.parent / "golden"
ROUTES = (*CHATS, GENERATE, COUNT)
_WORDS = (
    *(
        "get_weather",
        "Oslo",
        "",
        " ",
        "\n",
        "<tool_call>",
        "</tool_call>",
        "[TOOL_CALLS]",
        "<think>",
        "</think>",
        "```json",
    ),
    *('{"name":', '{"name": "get_weather", "arguments": {}}', "<invoke name=", "Action:", "Observation:", "<|im_end|>"),
    *("\ud800", "\udc00", "\U0001f600", "\x00", "\x7f", "\u2028", "\ufeff", "'", '"', "\\", "%25", "~0~1", "#/$defs/a"),
    *("data:image/png;base64,iVBORw0KGgo=", "data:;,", "http://x/y.png", "5m", "0s", "-1", "1e999", "00000x", "auto"),
    *(
        "none",
        "required",
        "any",
        "function",
        "tool",
        "user",
        "assistant",
        "system",
        "developer",
        "json",
        "high",
        "a" * 3000,
    ),
    *("{" * 300, "[" * 300, '"' * 300, "\\" * 300, "<" * 300, " " * 300, "é" * 300, "9" * 5000),
)
_NUMBERS = (0, 1, -1, 2, 5, 1.5, -0.0, 1e308, 2**31, 2**53 + 1, 2**64, -(2**70), 10**400, True, False, None)
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null", "any", "", 5)
_REFS = (
    "#",
    "#/$defs/a",
    "#/$defs/b",
    "#/properties/x",
    "#/definitions/a",
    "#/$defs/~0~1",
    "#/%24defs/a",
    "x.json",
    "#a",
)
_FANS = ("anyOf", "oneOf", "allOf", "prefixItems")
_INNER = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
_TABLES = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_DEEP = 4
"""Levels of what is made up."""
_LARGE = 3000
"""Characters above which a value is rarely chosen: most bodies are to be small, as there are many of them."""


def recorded() -> dict[str, list[Any]]:
    """Bodies that clients sent, by route."""
    found: dict[str, list[Any]] = {route: list(BODIES.get(route, ())) for route in ROUTES}
    for path in sorted(_GOLDEN.glob("*/*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        asked = record.get("request") if isinstance(record, dict) else None
        if isinstance(asked, dict) and asked.get("path") in found and isinstance(asked.get("body"), dict):
            found[asked["path"]].append(asked["body"])
    found[COUNT] += found[ANTHROPIC]
    return found


class Bodies:
    """Bodies without end, each with its route and its headers."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 # the same bodies for the same seed
        self._seeds = recorded()
        self._names = sorted({name for bodies in self._seeds.values() for body in bodies for name in _names(body)})
        self._values = [value for bodies in self._seeds.values() for body in bodies for value in _inner(body)]
        self._short = [token for token in TOKENS if len(token) < _LARGE]
        self._long = [token for token in TOKENS if len(token) >= _LARGE]

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        while True:
            yield self.body()

    def body(self) -> tuple[str, bytes]:
        """A route and a body."""
        chance = self.chance
        route = chance.choice(ROUTES)
        made = self._chat(route) if chance.random() < 0.4 else chance.choice(self._seeds[route])
        value = json.loads(made) if isinstance(made, bytes) else made
        marks: list[str] = []
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 5))):
            value = self._changed(value, marks)
        try:
            text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
        except (RecursionError, ValueError):
            text = "{}"
        for number, mark in enumerate(marks):
            text = text.replace(f'"\ue000{number}\ue001"', mark).replace(f'"\\ue000{number}\\ue001"', mark)
        data = text.encode("utf-8", "surrogatepass")
        return route, self._cut(data) if chance.random() < 0.15 else data

    def _changed(self, value: Any, marks: list[str]) -> Any:
        """The value with one place in it changed."""
        chance = self.chance
        path: list[Any] = []
        here = value
        while isinstance(here, dict | list) and here and (not path or chance.random() < 0.75):
            path.append(chance.choice(list(here)) if isinstance(here, dict) else chance.randrange(len(here)))
            here = here[path[-1]]
        if not path:
            return self._other(here, marks)
        return self._at(value, path, marks)

    def _at(self, value: Any, path: list[Any], marks: list[str]) -> Any:
        copy: Any = dict(value) if isinstance(value, dict) else list(value)
        step, *rest = path
        if rest:
            copy[step] = self._at(value[step], rest, marks)
            return copy
        match self.chance.randrange(8):
            case 0:
                del copy[step]
            case 1 if isinstance(copy, dict):
                copy[self.chance.choice(self._names)] = copy.pop(step)
            case 2 if isinstance(copy, dict):
                copy[self.chance.choice(self._names)] = self.chance.choice(self._values)
            case 3 if isinstance(copy, list):
                copy[step:step] = [copy[step]] * self.chance.choice((1, 2, 9, 60))
            case 4 if isinstance(copy, list):
                self.chance.shuffle(copy)
            case _:
                copy[step] = self._other(copy[step], marks)
        return copy

    def _other(self, value: Any, marks: list[str]) -> Any:
        chance = self.chance
        match chance.randrange(9):
            case 0:
                return chance.choice(_NUMBERS)
            case 1:
                return chance.choice(_WORDS)
            case 2:
                return chance.choice(self._values)
            case 3:
                return [value]
            case 4:
                return {chance.choice(self._names): value}
            case 5:
                return self.schema(_DEEP)
            case 6 if isinstance(value, str):
                at = chance.randint(0, len(value))
                return value[:at] + chance.choice(_WORDS) * chance.choice((1, 1, 2, 20)) + value[at:]
            case _:
                marks.append(chance.choice(self._long if chance.random() < 0.004 else self._short))
                return f"\ue000{len(marks) - 1}\ue001"

    def schema(self, levels: int) -> Any:
        """A schema of a tool, or what might be taken for one."""
        chance = self.chance
        if levels == 0 or chance.random() < 0.15:
            return chance.choice(({}, True, {"type": "string"}, {"$ref": chance.choice(_REFS)}, None, "string"))
        out: dict[str, Any] = {"type": chance.choice(_TYPES)} if chance.random() < 0.8 else {}
        for _ in range(chance.randint(0, 3)):
            match chance.randrange(8):
                case 0:
                    out[chance.choice(_FANS)] = [self.schema(levels - 1) for _ in range(chance.randint(0, 4))]
                case 1:
                    out[chance.choice(_INNER)] = self.schema(levels - 1)
                case 2:
                    out["enum"] = [chance.choice(_NUMBERS + _WORDS) for _ in range(chance.randint(0, 9))]
                case 3:
                    out["$ref"] = chance.choice(_REFS)
                case 4:
                    out["required"] = [chance.choice(("x", "y", "z", 5, None)) for _ in range(chance.randint(0, 5))]
                case 5:
                    out[chance.choice(("description", "title", "default", "const", "pattern", "format", "$id"))] = (
                        chance.choice(_WORDS)
                    )
                case _:
                    names = [
                        chance.choice(("x", "y", "z", "a", "b", "", "get_weather")) for _ in range(chance.randint(0, 4))
                    ]
                    out[chance.choice(_TABLES)] = {name: self.schema(levels - 1) for name in names}
        return out

    def arguments(self) -> str:
        """JSON text of a call's arguments, or what might be taken for it."""
        chance = self.chance
        if chance.random() < 0.3:
            return chance.choice(self._short)
        names = [chance.choice(("city", "x", "", "\ud800")) for _ in range(chance.randint(0, 4))]
        return json.dumps({name: chance.choice(_NUMBERS + _WORDS) for name in names})

    def _chat(self, route: str) -> bytes:
        chance = self.chance
        turns: list[Turn] = []
        ids = [f"c{n}" for n in range(4)] + [""]
        for _ in range(chance.randint(0, 8)):
            match chance.randrange(4):
                case 0:
                    turns.append(
                        (chance.choice(("user", "assistant", "system", "developer", "")), chance.choice(_WORDS))
                    )
                case 1:
                    turns.append(
                        [
                            Call(chance.choice(ids), chance.choice(_WORDS), self._safe())
                            for _ in range(chance.randint(0, 3))
                        ]
                    )
                case 2:
                    turns.append(Result(chance.choice(ids), chance.choice(_WORDS), chance.choice(_WORDS)))
                case _:
                    turns.append(("user", "How is Oslo?"))
        tools = [
            (chance.choice(_TOOLS), chance.choice(_WORDS), self.schema(_DEEP)) for _ in range(chance.randint(0, 3))
        ]
        try:
            return Chat(tools=tools, turns=turns, fields={"stream": chance.random() < 0.5}).body(route)
        except ValueError:
            return b"{}"

    def _safe(self) -> str:
        """Arguments that are JSON: where they are no text, the whole body has to be JSON to be changed further."""
        text = self.arguments()
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return "{}"
        return text

    def _cut(self, data: bytes) -> bytes:
        chance = self.chance
        out = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            at = chance.randint(0, max(0, len(out) - 1))
            match chance.randrange(4):
                case 0 if out:
                    out[at] = chance.randrange(256)
                case 1:
                    out[at:at] = chance.choice((b"\xff", b"\xed\xa0\x80", b"\0", b'"', b"}", b"[", b",", b"\\u", b" "))
                case 2:
                    del out[at : at + chance.randint(1, 40)]
                case _:
                    out[at:at] = out[at : at + chance.randint(1, 40)]
        return bytes(out)


_TOOLS = ("get_weather", "now", "read_file", "a-b", "a_b", "A_B", "", "weather get", "x" * 64, "f(x)", "<f>", "é")
"""Few names on purpose: a set of tools that was not seen before costs more than all the rest."""


def _names(value: Any) -> Iterator[str]:
    for one in _inner(value):
        if isinstance(one, dict):
            yield from one


def _inner(value: Any) -> Iterator[Any]:
    yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _inner(one)


def shrunk(body: bytes, fails: Callable[[bytes], bool], tries: int = 300) -> bytes:
    """A smaller body that fails as well: parts are left out for as long as that goes."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    smallest, left = value, tries
    again = True
    while again and left > 0:
        again = False
        for other in _less(smallest):
            left -= 1
            if left <= 0:
                break
            data = json.dumps(other).encode()
            if len(data) < len(json.dumps(smallest)) and fails(data):
                smallest, again = other, True
                break
    return json.dumps(smallest).encode() if smallest is not value else body


def _less(value: Any) -> Iterator[Any]:
    """The value with one part less, the largest parts first."""
    match value:
        case dict():
            for name in sorted(value, key=lambda name: -len(json.dumps(value[name]))):
                yield {other: inner for other, inner in value.items() if other != name}
            for name, inner in value.items():
                yield from ({**value, name: less} for less in _less(inner))
        case list():
            if len(value) > 1:
                yield value[: len(value) // 2]
                yield value[len(value) // 2 :]
            for at in range(min(len(value), 9)):
                yield [*value[:at], *value[at + 1 :]]
                yield from ([*value[:at], less, *value[at + 1 :]] for less in _less(value[at]))
        case str() if len(value) > 1:
            yield value[: len(value) // 2]
            yield value[len(value) // 2 :]
