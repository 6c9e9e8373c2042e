r"""`minimax-m3`: MiniMax M3.

    ]<]minimax[>[<tool_call>
    ]<]minimax[>[<invoke name="get_weather">]<]minimax[>[<city>Oslo]<]minimax[>[</city>]<]minimax[>[<tags>
    ]<]minimax[>[<item>a]<]minimax[>[</item>]<]minimax[>[</tags>]<]minimax[>[</invoke>
    ]<]minimax[>[</tool_call>

(the call in one line). Elements are named after the arguments, and a token before each tag tells the tag from text.
Objects and arrays are elements in elements; those of an array are `<item>`. Only the schema says what is an object, an
array, a number or text. Text between two elements belongs to neither and is skipped. Reasoning stands between
`<mm:think>` tags. A turn without reasoning begins with the close tag.
"""

import re
from collections.abc import Generator
from typing import Any

from toolbridge import schema
from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.members import STRAY, Following, Members, Structure, implied, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import attributes, block
from toolbridge.notation.shapes.json_block import json_body
from toolbridge.notation.values import Ends, raw_value
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall
from toolbridge.schema import Node

_MARK = "]<]minimax[>["
_OPEN, _CLOSE = f"{_MARK}<", f"{_MARK}</"
_BLOCK, _BLOCK_END = f"{_MARK}<tool_call>", f"{_MARK}</tool_call>"
_INVOKE, _INVOKE_END = f"{_MARK}<invoke", f"{_MARK}</invoke>"
_NEXT_INVOKE = f"{_INVOKE} "
"""With a blank, as a parameter may have a name that begins with `invoke`."""
_ENDS = (_INVOKE_END, _BLOCK_END, _NEXT_INVOKE)
_NAME = re.compile(r"[^<>\n]*")
_TAGS = Markers((_MARK,))
_NEXT_PARAMETER = re.compile(rf"{re.escape(_OPEN)}([^<>/\n]*)>")
_NEXT_PARAMETER_YET = re.compile(rf"{re.escape(_OPEN)}[^<>/\n]*\Z")
_ANY_TAG = Markers((_OPEN,))
_LEVELS = 48
"""How deep elements may nest. Each level takes a step of Python's own stack."""


def read(reading: Reading, opener: str) -> Grammar:
    """Read one block, or one call that stands alone."""
    if opener == _INVOKE:
        yield from _call(reading)
    else:
        yield from block(reading, (_BLOCK_END,), (_INVOKE,), lambda _: _call(reading))


def _call(reading: Reading) -> Grammar:
    """Read one call behind `<invoke`, with a draft open."""
    scanner = reading.scanner
    found, empty = yield from attributes(reading)
    name = found.get("name", "")
    if empty:
        reading.empty_call(name)
        return
    reading.resolve(name)
    yield from scanner.blanks()
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, _INVOKE_END)
        return
    if not (yield from scanner.sees(_OPEN)):
        raise NotACall
    reading.begin(name)
    members = Members(reading)
    opens = (_NEXT_INVOKE, _BLOCK)
    following = Following(_INVOKE_END, _CLOSE, (_BLOCK_END,), opens, _NEXT_PARAMETER, _NEXT_PARAMETER_YET)
    implies = implied(reading, members, following)

    def parameter(_tag: str) -> Grammar:
        name = yield from _tag_name(reading)
        ends = Ends(f"{_CLOSE}{name}>", _ANY_TAG, (_INVOKE_END, _OPEN), implies, parted=True, foreign=True)
        yield from _parameter(reading, members, name, ends)

    def stray(_tag: str) -> Grammar:
        yield from _tag_name(reading)
        reading.tolerate(STRAY)

    structure = Structure(
        _INVOKE_END,
        {_OPEN: parameter, _CLOSE: stray},
        ahead=(_BLOCK_END, _NEXT_INVOKE),
        closing=_CLOSE,
        mark=_ANY_TAG,
    )
    yield from read_members(reading, members, structure)


def _tag_name(reading: Reading) -> Generator[None, None, str]:
    """Read the name of a tag, behind `<` or `</`, and its `>`."""
    name = (yield from reading.scanner.take(_NAME)).strip(BLANK)
    yield from reading.scanner.literal(">")
    if not name:
        raise NotACall
    return name


def _parameter(reading: Reading, members: Members, name: str, ends: Ends) -> Grammar:
    """Read one parameter behind its open tag."""
    scanner = reading.scanner
    empty, name = name.endswith("/"), name.removesuffix("/").strip(BLANK)
    tool = reading.tool
    root = tool.parameters if tool else None
    own = schema.property_schema(root, name) if tool else None
    nested = own is None and not empty and (yield from scanner.sees(_CLOSE, _OPEN)) == _OPEN
    if schema.is_text(own, root) and not nested:
        value = members.value(name)
        if empty:
            value.end()
        else:
            yield from raw_value(reading, value, ends)
        return
    kept = members.adds_entry(name) or members.begin(name)
    tree = _Tree(name)
    if not empty:
        yield from _element(reading, members, tree)

    def as_json(own: Any) -> str:
        written = schema.node_to_json(tree.root, own, root)
        return schema.to_json(tree.raw(), own, root) if written is None else written

    if kept:
        members.put(name, tree.raw(), as_json)


class _Tree:
    """An element that is being read, and the elements in it."""

    def __init__(self, name: str) -> None:
        self.root = Node(name)
        self._open = [self.root]
        self._last = self.root
        self._closed = False
        """Whether the last tag closed its element."""
        self._text: list[str] = []
        self._raw: list[str] = []

    def put(self, text: str) -> None:
        """Add a piece of text at the place that was reached."""
        if text:
            self._text.append(text)
            self._raw.append(text)

    def raw(self) -> str:
        """Everything that stands in the element, without the tokens."""
        return "".join(self._raw)

    @property
    def is_closed(self) -> bool:
        """Whether the element itself has been closed."""
        return not self._open

    def is_leaf(self) -> bool:
        """Whether the element holds only text so far."""
        return not self.root.children and any(text.strip(BLANK) for text in self._text)

    def settle(self) -> None:
        """Put the text since the last tag in the place of that tag."""
        text = "".join(self._text)
        self._text.clear()
        if self._closed:
            self._last.tail = text
        else:
            self._last.text = text

    def open(self, name: str) -> None:
        """Begin an element in this element. Raises `NotACall` where it lies too deep."""
        self.settle()
        if len(self._open) >= _LEVELS:
            raise NotACall
        self._raw.append(f"<{name}>")
        node = Node(name.removesuffix("/").strip(BLANK))
        self._open[-1].children.append(node)
        self._last, self._closed = node, name.endswith("/")
        if not self._closed:
            self._open.append(node)

    def close(self, name: str) -> int:
        """Read a close tag. Returns how many elements it closed: 0 where no element of that name is open."""
        names = [node.tag for node in self._open]
        if name not in names:
            return 0
        self.settle()
        count = names[::-1].index(name) + 1
        self._last, self._closed = self._open[-count], True
        del self._open[-count:]
        if self._open:
            self._raw.append(f"</{name}>")
        return count


def _element(reading: Reading, members: Members, tree: _Tree) -> Grammar:
    """Read the rest of an element, through its close tag."""
    scanner = reading.scanner
    tool = reading.tool
    declared = schema.properties(tool.parameters).keys() - members.names if tool else ()
    siblings = tuple(f"{_OPEN}{name}>" for name in declared)
    while not tree.is_closed:
        found = _TAGS.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        tree.put(scanner.text[scanner.pos : at])
        scanner.pos = at
        if literal is None:
            yield from scanner.more()
            continue
        if (yield from scanner.sees(*_ENDS, *(siblings if tree.is_leaf() else ()))):
            reading.tolerate("missing close tag")
            tree.settle()
            return
        tag = yield from scanner.option(_CLOSE, _OPEN)
        if not tag:
            scanner.pos += len(_MARK)
            tree.put(_MARK)
            continue
        name = yield from _tag_name(reading)
        if tag == _OPEN:
            tree.open(name)
            continue
        closed = tree.close(name)
        if closed != 1:
            reading.tolerate("missing close tag" if closed else "stray close tag")


DIALECT = Dialect(
    name="minimax-m3",
    read=read,
    openers=(Opener(_BLOCK, (_INVOKE,)), Opener("<tool_call>", (_INVOKE,)), Opener(_INVOKE)),
    closers=(_INVOKE_END, _BLOCK_END),
    thinks_again=("<mm:think>",),
    templates=(Template((_MARK, "<tool_call>")),),
    architectures=("minimax-m3",),
    models=r"minimax-?m3",
    unpromptable="its markers are special tokens",
    sample=(f'{_BLOCK}\n{_INVOKE} name="get_weather">{_OPEN}city>Oslo{_CLOSE}city>{_INVOKE_END}\n{_BLOCK_END}'),
)
