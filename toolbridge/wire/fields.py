"""The fields of a client's body, read as leniently as Ollama's own decoder reads them.

Null and absent are the same, names match in any case, and integers may come as floats. A value of the wrong type is a
`RequestError` that names the field by its path and says what to send instead. The parts of a body that several wires
have in common are read here, too: the model, sampling, tools, the content of a message, the arguments of a past call.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolbridge.budget import Budget, Kind
from toolbridge.errors import RequestError, shown
from toolbridge.messages import ChatRequest, Image, Tool
from toolbridge.tools import read_tool_at
from toolbridge.wire.codec import is_object, json_text

_NAMES: Mapping[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
}

_TEXT_PARTS = ("text", "input_text", "output_text", "refusal")
_IMAGE_PARTS = ("image_url", "input_image")

GREATEST = sys.float_info.max
"""The greatest number that is read: no backend can read 10^400 or infinity."""

NO_IMAGE_URLS = "image URLs are not currently supported, please use base64 encoded data instead"
"""The words in which Ollama's `/v1/chat/completions` refuses them."""

UNREADABLE = "arguments"
"""The name of the only argument of a past call whose arguments were not a JSON object: they are its value."""


def naming(value: Any) -> str:
    """The name of a value's type in JSON, with an article."""
    return _NAMES.get(type(value), f"a {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of the body and the path that leads to it."""

    values: Mapping[str, Any]
    path: str = ""

    @classmethod
    def of(cls, value: Any, path: str, known: Collection[str]) -> "Fields":
        """An object whose names are matched with those in `known` in any case. Raises `RequestError`."""
        if not isinstance(value, Mapping):
            raise RequestError(f"{path or 'the body'} must be an object, not {naming(value)}")
        if any(name not in known and str(name).lower() in known for name in value):
            value = {(low if (low := str(name).lower()) in known else name): item for name, item in value.items()}
        return cls(value, path)

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, wanted: str) -> RequestError:
        """The error for a field of a type that is not `wanted`."""
        return RequestError(f"{self.at(name)} must be {wanted}, not {naming(self.values.get(name))}")

    def text(self, name: str) -> str | None:
        """A string."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(name, "a string")

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.wrong(name, "true or false")

    def number(self, name: str) -> int | float | None:
        """A number, finite."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= GREATEST:
            raise self.wrong(name, "a number")
        return value

    def integer(self, name: str) -> int | None:
        """An integer; the fraction of a float is dropped."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(name, "an integer")
        if not abs(value) <= GREATEST:
            raise self.wrong(name, "an integer")
        return int(value)

    def texts(self, name: str) -> list[str] | None:
        """A list of strings, in which nulls are skipped; a string alone is a list of itself."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list) or not all(item is None or isinstance(item, str) for item in value):
            raise self.wrong(name, "a list of strings")
        return [item for item in value if item is not None]

    def items(self, name: str) -> list[Any]:
        """An array; empty if it is null or absent."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "an array")
        return value

    def child(self, name: str, known: Collection[str] = ()) -> "Fields | None":
        """An object."""
        value = self.values.get(name)
        return None if value is None else Fields.of(value, self.at(name), known)

    def children(self, name: str, known: Collection[str] = ()) -> Iterator["Fields"]:
        """The objects of an array, in which nulls are skipped."""
        for position, value in enumerate(self.items(name)):
            if value is not None:
                yield Fields.of(value, f"{self.at(name)}[{position}]", known)

    def counted(self, name: str, kind: Kind, budget: Budget, known: Collection[str] = ()) -> Iterator["Fields"]:
        """The objects of an array. All are drawn from the budget before the first is read."""
        budget.spend(kind, len(self.items(name)))
        return self.children(name, known)

    def rest(self, known: Collection[str]) -> dict[str, Any]:
        """The fields that are not in `known`, as they came."""
        return {name: value for name, value in self.values.items() if name not in known}


def read_body(
    body: Mapping[str, Any],
    known: Collection[str],
    read: Callable[[Fields, Budget], ChatRequest],
    budget: Budget | None,
) -> ChatRequest:
    """A client's body, read by `read` with the names in `known` matched in any case. Raises `RequestError`."""
    try:
        return read(Fields.of(body, "", known), budget or Budget())
    except RecursionError:
        raise RequestError("the body is nested too deeply") from None


def read_model(body: Fields) -> str:
    """The name of the model that the client asks. Raises `RequestError` if the name is missing."""
    model = body.text("model")
    if not model:
        raise RequestError("model is required")
    return model


Table = Mapping[str, tuple[str, Callable[[Fields, str], Any]]]
"""A wire's name of each sampling field, our name for the field, and how its value is read."""


def read_table(fields: Fields, table: Table) -> dict[str, Any]:
    """The sampling fields that are set, under our names."""
    values = {ours: read(fields, theirs) for theirs, (ours, read) in table.items() if theirs in fields.values}
    return {name: value for name, value in values.items() if value is not None}


def write_table(sampling: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """The sampling fields that are set, under the wire's names."""
    return {theirs: sampling[ours] for theirs, (ours, _) in table.items() if ours in sampling}


ReadTool = Callable[[Mapping[str, Any], str, Budget], Iterable[Tool]]
"""Reads an entry of a list of tools, at a place that errors name. An entry may hold several tools."""


def read_tool_list(
    body: Fields,
    budget: Budget,
    *,
    name: str = "tools",
    types: Collection[str | None] | None = None,
    flat: Collection[str] | None = None,
    others: Mapping[str, ReadTool] | None = None,
    dropped: dict[str, str] | None = None,
) -> Iterator[Tool]:
    """The tools of an array. With `types`, tools of other types, which the client's own server runs, are left out.

    `others` has functions that read tools of further types. `dropped` gets the type of each tool that is left out, by
    the words with which a client may choose the tool: its type, and its name if it has a name. With `flat`, only these
    fields are read of a tool that has no `function` in it. All entries of the array are drawn from the budget before
    the first is read. Raises `RequestError` with the place of a tool that cannot be read.
    """
    entries = body.items(name)
    budget.spend("tools", len(entries))
    for position, entry in enumerate(entries):
        tool = entry
        if isinstance(entry, Mapping):
            kind = entry.get("type")
            if others is not None and isinstance(kind, str) and kind in others:
                yield from others[kind](entry, body.at(f"{name}[{position}]"), budget)
                continue
            if types is not None and kind not in types:
                if dropped is not None and isinstance(kind, str):
                    dropped |= {word: kind for word in (kind, entry.get("name")) if isinstance(word, str)}
                continue
            if flat is not None and "function" not in entry:
                tool = {field: entry[field] for field in flat if field in entry}
        yield read_tool_at(body.at(f"{name}[{position}]"), tool, budget)


@dataclass(slots=True)
class Content:
    """The content of a message: its text, its pictures, and parts of other kinds as they came, with their paths."""

    text: str = ""
    images: tuple[Image, ...] = ()
    others: tuple[Fields, ...] = ()

    def refuse_others(self) -> None:
        """Refuse parts of other kinds. Raises `RequestError`."""
        for part in self.others:
            raise RequestError(
                f"{part.at('type')} {shown(part.values.get('type'))} is not supported; "
                "send parts of type text or image_url"
            )


def read_content(fields: Fields, name: str = "content") -> Content:
    """The content of a message: a string, null, or a list of parts, whose texts become lines."""
    value = fields.values.get(name)
    if value is None:
        return Content()
    if isinstance(value, str):
        return Content(value)
    if not isinstance(value, list):
        raise fields.wrong(name, "a string or an array of parts")
    texts: list[str] = []
    images: list[Image] = []
    others: list[Fields] = []
    for position, item in enumerate(value):
        if isinstance(item, str):
            texts.append(item)
        elif item is not None:
            part = Fields.of(item, f"{fields.at(name)}[{position}]", ())
            kind = part.text("type")
            if kind in _TEXT_PARTS or (kind is None and "text" in part.values):
                texts.append(part.text("refusal" if kind == "refusal" else "text") or "")
            elif kind in _IMAGE_PARTS:
                images.append(_read_image(part))
            else:
                others.append(part)
    return Content("\n".join(texts), tuple(images), tuple(others))


def _read_image(part: Fields) -> Image:
    inner = part.child("image_url") if isinstance(part.values.get("image_url"), Mapping) else None
    image = read_image_url((inner.text("url") if inner else part.text("image_url")) or "")
    detail = (inner or part).text("detail")
    return replace(image, detail=detail) if detail else image


def read_image_url(url: str) -> Image:
    """A picture in a `data:` URI, or by its web address, which is never fetched here. Raises `RequestError`."""
    if url[:8].lower().startswith(("http://", "https://")):
        return Image(url=url)
    head, comma, data = url.partition(",")
    scheme, _, media_type = head.partition(":")
    media_type, semicolon, encoding = media_type.partition(";")
    if not comma or scheme.lower() != "data" or not semicolon or not encoding.lower().endswith("base64"):
        raise RequestError("invalid image input: send a data URI, data:image/png;base64,…")
    return Image(data, media_type or None)


def read_arguments(fields: Fields, name: str = "arguments") -> str:
    """The arguments of a past call as the JSON text of an object. The client sends the object, its text, or null.

    Text that is not an object, such as a call that was cut off, becomes one argument: the conversation must go on.
    """
    value = fields.values.get(name)
    if value is None:
        return "{}"
    if isinstance(value, Mapping):
        text = json_text(value)
        if is_object(text):
            return text
        raise RequestError(f"{fields.at(name)} are nested too deeply, or hold a number that is too long")
    if not isinstance(value, str):
        raise fields.wrong(name, "an object or the JSON text of one")
    text = value.strip()
    if not text:
        return "{}"
    return text if is_object(text) else json_text({UNREADABLE: value})
