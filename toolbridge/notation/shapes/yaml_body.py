r"""Parameters as YAML in an element named after the tool, as the AI SDK's tool parser asks models for them.

    <write_file>
    path: /tmp/a.txt
    contents: |
      First line
      Second line
    </write_file>

The first key must be a parameter of the tool. Lines of a text are indented, so a close tag that stands in an indented
line is text. The whole body is read before it becomes arguments, as only the end of a value shows its type.
"""

from collections.abc import Generator

from toolbridge import schema
from toolbridge.messages import Tool
from toolbridge.notation.reading import Reading
from toolbridge.notation.yaml_text import BadYaml, mapping, to_json
from toolbridge.scanner import Grammar, Markers, NotACall
from toolbridge.words import Phrase, Words


def sees_key(reading: Reading, tool: Tool) -> Generator[None, None, bool]:
    """Whether a key of YAML with the name of a parameter stands here."""
    names = Words(schema.properties(tool.parameters))
    keys = Markers((), (Phrase(("", ": "), names), Phrase(("", ":\n"), names), Phrase(("", ":\r"), names)))
    return bool(names.source) and bool((yield from reading.scanner.sees_marker(keys)))


def yaml_body(reading: Reading, tool: Tool, close: str) -> Grammar:
    """Read the members of a call of this tool, with a draft open, through its close tag."""
    before = reading.drafted(reading.depth - 1).rpartition("\n")[2]
    indent = 0 if before.strip() else len(before)
    reading.begin(tool.name)
    reading.tolerate("YAML body")
    text = yield from _body(reading, close, indent)
    root = tool.parameters
    try:
        members = mapping(" " * indent + text, indent)
    except BadYaml:
        raise NotACall from None
    values = {name: to_json(node, schema.property_schema(root, name), root) for name, node in members.items()}
    reading.args("{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}")
    reading.end()


def _body(reading: Reading, close: str, indent: int) -> Generator[None, None, str]:
    """Read up to a close tag in a line that is not indented further than this, and the tag. Returns the text before."""
    scanner = reading.scanner
    ends = Markers((close,), foreign=True)
    parts: list[str] = []
    head = " " * indent
    """The first characters of the line at hand, as many as show whether it is indented further."""
    while True:
        found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        piece = scanner.text[scanner.pos : at]
        parts.append(piece)
        scanner.pos = at
        _, broken, line = piece.rpartition("\n")
        head = ("" if broken else head) + line[: indent + 1]
        head = head[: indent + 1]
        if literal is not None:
            scanner.pos += len(literal)
            if len(head) <= indent or head.strip():
                return "".join(parts)
            parts.append(literal)
        elif at >= scanner.stop:
            yield from scanner.more()
        else:
            yield from scanner.settle()
