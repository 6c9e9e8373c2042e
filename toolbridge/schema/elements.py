"""Nested XML elements as objects and arrays, if the schema says that the value is an object or an array.

    <city>Oslo</city>                         {"city":"Oslo","zip":["01","02"]}
    <zip><item>01</item><item>02</item></zip>

An array is written as repeated elements, or as an element that holds an `<item>` for each item. The innermost elements
hold raw text, whose type their own schemas give. Entities are not decoded: `&` and a `<` that opens no tag are plain
characters. A value that is not a plain tree of elements (it has attributes, text between elements, comments or unclosed
tags) is not read at all, because no part of a value may be dropped.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from toolbridge.json_text import escaped
from toolbridge.limits import MIB
from toolbridge.schema.questions import KINDS, items_schema, kinds, properties, property_schema
from toolbridge.schema.raw import to_json

_TEXT = MIB
_ELEMENTS = 10_000
_DEPTH = 48
_BEGIN = re.compile(r"\s*<[A-Za-z_]")
_CDATA_OPEN = "<![CDATA["
_CDATA_CLOSE = "]]>"
_OPENS_NOTHING = re.compile(r"<(?![A-Za-z_/])")
_ITEMS = {"item", "items", "value", "element", "entry"}
"""Tags that only mark an item of an array."""


class _Element(Protocol):
    """The part of an element that the reader needs; the elements of lxml have it."""

    @property
    def tag(self) -> Any: ...

    @property
    def text(self) -> str | None: ...

    @property
    def tail(self) -> str | None: ...

    def __iter__(self) -> Iterator[Any]: ...


@dataclass(slots=True)
class Node:
    """An element of a notation whose tags cannot be text: its name, the text in it, the text behind its close tag."""

    tag: str
    text: str = ""
    tail: str = ""
    children: list["Node"] = field(default_factory=list)

    def __iter__(self) -> Iterator["Node"]:
        """The elements directly inside."""
        return iter(self.children)


class _NoTree(Exception):
    """The elements are not a value of the schema, or some of their characters would be lost."""


def element_to_json(text: str, schema: Any, root: Any = None) -> str | None:
    """The JSON text of a value written as elements, if the schema says array or object and every character can be read.

    Otherwise None. `root` is the document that the schema's references point into.
    """
    if schema is None or not _BEGIN.match(text) or len(text) > _TEXT or text.count("<") > 2 * _ELEMENTS:
        return None
    wanted = kinds(schema, root)
    if "string" in wanted or not wanted & {"array", "object"}:
        return None
    from lxml import etree  # noqa: PLC0415  loaded when used

    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=False, strip_cdata=False
    )
    source = f"<_>{_plain(text)}</_>"
    try:
        tree = etree.fromstring(source, parser)
        if any(not isinstance(element.tag, str) or element.nsmap or element.attrib for element in tree.iter()):
            return None
        exact = etree.tostring(tree, encoding="unicode") == source
        return _Reader(root, exact=exact).value(tree, schema, _DEPTH)
    except (etree.XMLSyntaxError, ValueError, _NoTree):
        return None


def node_to_json(node: Node, schema: Any, root: Any = None) -> str | None:
    """The JSON text of an element's value by its schema, or None if the element is no value of the schema.

    A `schema` of None means that the tool does not declare the value. The tags of a `Node` cannot be text, so they are
    read as structure even if the schema also allows text.
    """
    try:
        return _Reader(root, sure=True).value(node, schema, _DEPTH)
    except _NoTree:
        return None


def _plain(text: str) -> str:
    """The text as XML: outside CDATA, every `&` and every `<` that opens no tag is written as an entity."""
    pieces: list[str] = []
    at = 0
    while (opens := text.find(_CDATA_OPEN, at)) >= 0 and (closes := text.find(_CDATA_CLOSE, opens)) >= 0:
        end = closes + len(_CDATA_CLOSE)
        pieces += [_escaped(text[at:opens]), text[opens:end]]
        at = end
    return "".join([*pieces, _escaped(text[at:])])


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("\r", "&#13;").replace(_CDATA_CLOSE, "]]&gt;")
    return _OPENS_NOTHING.sub("&lt;", text)


class _Reader:
    """Turns a tree of elements into JSON text.

    `exact`: written again, the tree gives the same text character for character. `sure`: none of its tags can be text.
    """

    __slots__ = ("_exact", "_root", "_sure")

    def __init__(self, root: Any, *, exact: bool = False, sure: bool = False) -> None:
        self._root = root
        self._exact = exact
        self._sure = sure

    def value(self, element: _Element, schema: Mapping[str, Any] | None, depth: int) -> str:
        if not depth:
            raise _NoTree
        children = list(element)
        wanted = kinds(schema, self._root) if schema is not None else frozenset({"object", "array"})
        if not children:
            return self._leaf(element, schema)
        if "string" in wanted and wanted != KINDS and not self._sure:
            return f'"{escaped(self._inside(element))}"'
        if any(text and not text.isspace() for text in (element.text, *(child.tail for child in children))):
            raise _NoTree
        if "array" in wanted and ("object" not in wanted or _listed(children)):
            return self._array(children, schema, depth)
        if "object" in wanted:
            return self._object(children, schema, depth)
        raise _NoTree

    def _leaf(self, element: _Element, schema: Mapping[str, Any] | None) -> str:
        text = element.text or ""
        if schema is None:
            return to_json(_unwrapped(text), None)
        wanted = kinds(schema, self._root)
        if not text.strip() and "string" not in wanted:
            for kind, empty in (("null", "null"), ("array", "[]"), ("object", "{}")):
                if kind in wanted:
                    return empty
        value = to_json(_unwrapped(text), schema, self._root)
        if wanted & {"array", "object"} == {"array"} and "string" not in wanted and value[0] not in "[n":
            # An array of a single item, written without an element around the item.
            return f"[{to_json(_unwrapped(text), items_schema(schema, 0, self._root), self._root)}]"
        return value

    def _inside(self, element: Any) -> str:
        """The markup inside an element exactly as the model wrote it, if the schema says that it is text."""
        if not self._exact:
            raise _NoTree
        from lxml import etree  # noqa: PLC0415  loaded when used

        written = etree.tostring(element, encoding="unicode", with_tail=False)
        inside = written[written.index(">") + 1 : written.rindex("<")]
        if _CDATA_OPEN in inside:
            raise _NoTree
        return _unwrapped(inside.replace("&lt;", "<").replace("&gt;", ">").replace("&#13;", "\r").replace("&amp;", "&"))

    def _array(self, children: Sequence[_Element], schema: Mapping[str, Any] | None, depth: int) -> str:
        first = items_schema(schema, 0, self._root) if schema is not None else None
        tags = {str(child.tag) for child in children}
        if first is not None and not tags <= _ITEMS and "object" in kinds(first, self._root):
            known = properties(first, self._root).keys()
            if tags & known and not _nested_in(children, known):
                # An array of a single object, whose members are written without an element around them.
                return f"[{self._object(children, first, depth - 1)}]"
        if len(tags) > 1:
            raise _NoTree
        items = (
            self.value(child, items_schema(schema, index, self._root) if schema is not None else None, depth - 1)
            for index, child in enumerate(children)
        )
        return f"[{','.join(items)}]"

    def _object(self, children: Sequence[_Element], schema: Mapping[str, Any] | None, depth: int) -> str:
        named: dict[str, list[_Element]] = {}
        for child in children:
            named.setdefault(str(child.tag), []).append(child)
        members = []
        for name, elements in named.items():
            declared = None if schema is None else property_schema(schema, name, self._root or schema)
            members.append(f'"{escaped(name)}":{self._member(elements, declared, depth - 1)}')
        return f"{{{','.join(members)}}}"

    def _member(self, elements: Sequence[_Element], schema: Mapping[str, Any] | None, depth: int) -> str:
        if len(elements) == 1:
            return self.value(elements[0], schema, depth)
        if schema is not None and "array" not in kinds(schema, self._root):
            if not self._sure:
                raise _NoTree
            return f"[{','.join(self.value(element, schema, depth) for element in elements)}]"
        return self._array(elements, schema, depth)


def _listed(children: Sequence[_Element]) -> bool:
    """Whether elements without a schema are a list: all have the same tag, and it means an item or comes twice."""
    tags = {str(child.tag) for child in children}
    return len(tags) == 1 and (len(children) > 1 or tags <= _ITEMS)


def _nested_in(children: Sequence[_Element], names: Any) -> bool:
    """Whether the elements hold members of these names, so that each element is an item."""
    return any(str(inner.tag) in names for child in children for inner in child)


def _unwrapped(text: str) -> str:
    """The text without the line breaks behind its open tag and before its close tag, if it has both."""
    return text[1:-1] if len(text) > 1 and text[0] == "\n" and text[-1] == "\n" else text
