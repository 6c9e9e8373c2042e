r"""The part of YAML in which models write arguments, as JSON text by schema.

    path: /tmp/a.txt
    contents: |
      First line
      Second line
    tags:
      - red
      - "two words"

Mappings and lists by indentation, plain, quoted and block texts are read, and JSON in place of any value. Anchors,
tags, documents and keys that are no plain words are not read: `BadYaml` says so. The type of a value comes from its
schema.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolbridge import schema
from toolbridge.notation.values import typed

_KEY = re.compile(r"([\w.$-]{1,256}):(?:[ \t]+(.*))?", re.DOTALL)
_ENTRY = re.compile(r"-(?:[ \t]+(.*))?", re.DOTALL)
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}[ \t]*(?:#.*)?")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_UNREAD = "&*!%@`"
"""What begins anchors, tags, directives and the characters that YAML reserves."""
_DEPTH = 32
"""Levels of mappings and lists within each other."""


class BadYaml(ValueError):
    """The text is no YAML, or a part of YAML that is not read."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as text: what stands between its quotes, or plain text."""

    text: str


Node = Scalar | Mapping[str, "Node"] | Sequence["Node"]


def mapping(text: str, indent: int = 0) -> Mapping[str, Node]:
    """The members of a mapping whose keys stand at this indentation. Raises `BadYaml`."""
    lines = _Lines(text)
    found = lines.block(indent, 0)
    if lines.more() or not isinstance(found, dict):
        raise BadYaml("a line that is no member")
    return found


def to_json(node: Node, own: Any, root: Any) -> str:
    """A value as JSON text. `own` is its schema, `root` the schema around it; without a schema it is as YAML says."""
    match node:
        case Scalar(text):
            return typed(text, own, root)
        case Mapping():
            within = {key: schema.property_schema(own or {}, key, root) or {} for key in node}
            members = (f"{json.dumps(key)}: {to_json(value, within[key], root)}" for key, value in node.items())
            return "{" + ", ".join(members) + "}"
        case _:
            entries = (
                to_json(value, schema.items_schema(own or {}, place, root) or {}, root)
                for place, value in enumerate(node)
            )
            return f"[{', '.join(entries)}]"


class _Lines:
    """The lines of the text, each read once."""

    def __init__(self, text: str) -> None:
        self._lines = [line.rstrip("\r") for line in text.split("\n")]
        self._at = 0

    def more(self) -> bool:
        """Whether a line is left that is neither blank nor a comment."""
        while self._at < len(self._lines) and not _uncommented(self._lines[self._at]).strip():
            self._at += 1
        return self._at < len(self._lines)

    def block(self, indent: int, depth: int) -> Node:
        """The mapping or the list whose members stand at this indentation."""
        if depth > _DEPTH:
            raise BadYaml("too many levels")
        found: dict[str, Node] = {}
        entries: list[Node] = []
        while self.more():
            line = self._lines[self._at]
            entry, key = _ENTRY.fullmatch(line, indent), _KEY.fullmatch(line, indent)
            mixed = found if entry else key and entries
            if _indent(line) < indent or (mixed and _indent(line) == indent):
                break
            if _indent(line) > indent or not (entry or key):
                raise BadYaml("a line at the wrong depth")
            self._at += 1
            if entry:
                entries.append(self._entry(entry[1] or "", indent, depth))
            elif key:
                found.setdefault(key[1], self._value(key[2] or "", indent, depth))
        return found or entries

    def _entry(self, rest: str, indent: int, depth: int) -> Node:
        """What stands behind the `-` of an entry: a value, or the first member of a mapping."""
        if not _KEY.fullmatch(rest):
            return self._value(rest, indent, depth)
        # The first member stands where the others stand in the lines below.
        self._at -= 1
        line = self._lines[self._at]
        inner = len(line) - len(rest)
        self._lines[self._at] = " " * inner + rest
        return self.block(inner, depth + 1)

    def _value(self, rest: str, indent: int, depth: int) -> Node:
        """The value of a key or of an entry at this indentation, whose line goes on with `rest`."""
        if rest[:1] and rest[0] in _UNREAD:
            raise BadYaml("an anchor, a tag or a reserved character")
        if _BLOCK.fullmatch(rest):
            return Scalar(self._block_text(rest, indent))
        if _uncommented(rest).strip():
            return Scalar(_unquoted(" ".join([rest.rstrip(), *self._going_on(indent)])))
        if self.more():
            deep, line = _indent(self._lines[self._at]), self._lines[self._at]
            if deep > indent or (deep == indent and _ENTRY.fullmatch(line, deep)):
                if _ENTRY.fullmatch(line, deep) or _KEY.fullmatch(line, deep):
                    return self.block(deep, depth + 1)
                return Scalar(_unquoted(" ".join(self._going_on(indent))))
        return Scalar("")

    def _going_on(self, indent: int) -> list[str]:
        """The lines of a text that goes on in deeper lines."""
        lines = []
        while self._at < len(self._lines) and self._lines[self._at].strip() and _indent(self._lines[self._at]) > indent:
            lines.append(self._lines[self._at].strip())
            self._at += 1
        return lines

    def _block_text(self, header: str, indent: int) -> str:
        """A text in lines of its own: `|` keeps its line breaks, `>` joins lines with a space."""
        start = self._at
        while self._at < len(self._lines) and (
            not self._lines[self._at].strip() or _indent(self._lines[self._at]) > indent
        ):
            self._at += 1
        lines = self._lines[start : self._at]
        deep = next((_indent(line) for line in lines if line.strip()), indent + 1)
        text = "\n".join(line[deep:] for line in lines)
        bare = text.rstrip("\n")
        if header[0] == ">":
            bare = re.sub(r"(?<!\n)\n(?!\n| )", " ", bare)
        if "-" in header or not bare:
            return bare
        return bare + ("\n" * (len(text) - len(text.rstrip("\n")) or 1) if "+" in header else "\n")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _uncommented(text: str) -> str:
    return _COMMENT.sub("", text, count=1)


def _unquoted(text: str) -> str:
    """The text of a value without its quotes, and without a comment behind it. JSON stays as it is."""
    text = text.strip()
    if text[:1] == '"':
        return _decoded(text)
    if text[:1] == "'":
        body, closed, behind = text[1:].replace("''", "\0").partition("'")
        if not closed or _uncommented(behind).strip():
            raise BadYaml("a quote that is not closed")
        return body.replace("\0", "'")
    return text if text[:1] in ("{", "[") else _uncommented(text).strip()


def _decoded(text: str) -> str:
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text)
    except ValueError:
        raise BadYaml("a text in double quotes that is broken") from None
    if _uncommented(text[end:]).strip():
        raise BadYaml("text behind a closing quote")
    return str(value)
