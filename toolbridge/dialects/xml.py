r"""`xml`, the notation that is asked for by default.

    <tool_calls>
    <invoke name="get_weather">
    <parameter name="city">Oslo</parameter>
    </invoke>
    </tool_calls>

Values are raw: nothing is quoted, escaped or decoded. Other wrappers are forgiven, and none at all; so are elements
named after an offered tool at the start of a line.
"""

import re
from collections.abc import Sequence

from toolbridge import schema
from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.form import Form
from toolbridge.dialects.invoke import Wrapped, element, invoke
from toolbridge.dialects.reading import Reading
from toolbridge.dialects.values import loose
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.scanner import Grammar, Markers, NotACall
from toolbridge.words import Frame

_WRAPPERS = {f"<{name}>": f"</{name}>" for name in ("tool_calls", "function_calls", "toolbridge_calls")}
_HERMES = {"<tool_call>": "</tool_call>"}
"""The wrapper that Qwen's models put around the elements, as it stands around calls of their own."""
_CLOSE = (*_WRAPPERS.values(), *_HERMES.values())
_WRAPPED = Wrapped(_CLOSE)
_MARKUP = ("<parameter", "</parameter", "<invoke", "</invoke", "<![CDATA[", "]]>", *_WRAPPERS, *_WRAPPERS.values())
BEHIND_NAME = (">", "/>", " ", "\n")
"""What stands behind the name in an element that is named after a tool."""
_ATTRIBUTE = re.compile(r'[^"<>\n]+')
"""Names of parameters that can stand in an attribute; with another one, all of them are written as JSON."""


def read(reading: Reading, opener: str) -> Grammar:
    """One block, or one call that stands alone."""
    if opener == "<invoke":
        yield from invoke(reading, _WRAPPED)
        return
    if opener not in _WRAPPERS | _HERMES:
        yield from element(reading, opener.removeprefix("<"))
        return
    scanner = reading.scanner
    tags = Markers(("<invoke", *loose(*_CLOSE)), (Frame(("<", ""), reading.names),))
    yield from scanner.blanks()
    if (yield from scanner.maybe(*_WRAPPERS)):
        # Two wrappers around one block.
        yield from scanner.blanks()
    reading.mark("markup")
    first = True
    while True:
        if not first:
            reading.open()
            yield from scanner.blanks()
            reading.mark("markup")
        tag = yield from scanner.marker(tags)
        if tag == "<invoke":
            yield from invoke(reading, _WRAPPED)
        elif tag[1:] in reading.tools:
            yield from element(reading, tag[1:])
        elif tag and not first:
            reading.mark("markup")
            reading.commit()
            return
        else:
            raise NotACall
        first = False


def write(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> str:
    """One block of calls."""
    lines = ["<tool_calls>"]
    offered = {tool.name: tool for tool in tools}
    for call in calls:
        lines.append(f'<invoke name="{call.name}">')
        arguments = call.arguments
        tool = offered.get(call.name)
        root = tool.parameters if tool else None
        if all(map(_ATTRIBUTE.fullmatch, arguments)):
            for name, value in arguments.items():
                declared = schema.property_schema(root, name) if root is not None else None
                text = schema.to_text(value, declared, root)
                lines.append(f'<parameter name="{name}">{_protected(text)}</parameter>')
        else:
            lines.append(call.arguments_json)
        lines.append("</invoke>")
    return "\n".join([*lines, "</tool_calls>"])


def _protected(text: str) -> str:
    """The text as it reads back unchanged: as it is where that is so, in line breaks or CDATA where it would not be."""
    wrapped = text.startswith(("\n", "\r\n"))
    if any(marker in text for marker in _MARKUP) or (wrapped and text.endswith("\r")):
        return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return f"\n{text}\n" if wrapped else text


DIALECT = Dialect(
    name="xml",
    read=read,
    openers=(
        *(Opener(literal, ("<",)) for literal in _WRAPPERS),
        *(Opener(literal, ("<invoke",)) for literal in _HERMES),
        Opener("<invoke", (" ", "\n", "\t")),
    ),
    tool_openers=(Opener("<", BEHIND_NAME, line_start=True),),
    closers=(*_CLOSE, "</invoke>"),
    form=Form(
        write=write,
        skeleton=(
            "<tool_calls>\n"
            '<invoke name="TOOL_NAME">\n'
            '<parameter name="PARAMETER_NAME">VALUE</parameter>\n'
            "</invoke>\n"
            "</tool_calls>"
        ),
        values=(
            "Write text values as they are, without quotes or escaping: line breaks, < and & stay as they are.",
            "Write numbers, true, false and null bare, and lists and objects as JSON.",
        ),
        markers=(*_WRAPPERS, *_WRAPPERS.values(), "<invoke", "</invoke", "<parameter", "</parameter"),
        calls=("element",),
    ),
)
