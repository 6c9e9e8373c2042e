r"""`cline`: the agents Cline, Roo and Kilo, and models that learnt from their logs.

    <read_file>
    <path>src/a.py</path>
    </read_file>

An element named after an offered tool, with an element for each parameter. `xml` reads such elements too, wherever this
dialect was not asked for, but only at the start of a line. Here they may stand behind text on their line. Values are
raw, and a file's contents may hold tags: a text ends at its last close tag before the tool's own close tag, or before a
parameter that was not there yet. A value that the schema calls an object may be elements in elements, as in Roo's
`<args><file><path>src/a.py</path></file></args>`.
"""

import re
from collections.abc import Sequence

from toolbridge import schema
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener
from toolbridge.notation.drafts import ORPHAN
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.invoke import BEHIND_NAME, element
from toolbridge.notation.values import CDATA, protected, raw_texts
from toolbridge.scanner import Grammar

_ELEMENT = re.compile(r"[\w.-]+")
"""Names that elements can have. If a call has any other name, all its parameters are written as JSON."""


def read(reading: Reading, opener: str) -> Grammar:
    """Read one element, and a second close tag where a model doubles it."""
    scanner = reading.scanner
    name = opener.removeprefix("<")
    yield from element(reading, name)
    reading.open()
    yield from scanner.blanks()
    if (yield from scanner.maybe(f"</{name}>")):
        reading.mark(ORPHAN)
        reading.commit()
    else:
        reading.give_back()


def write(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> str:
    """An element for each call."""
    return "\n".join(f"<{call.name}>\n{_body(call, tools)}</{call.name}>" for call in calls)


def _body(call: ToolCall, tools: Sequence[Tool]) -> str:
    texts = raw_texts(call, tools)
    root = next((tool.parameters for tool in tools if tool.name == call.name), {"properties": texts})
    if not all(schema.declares(root, name) and name != call.name and _ELEMENT.fullmatch(name) for name in texts):
        return call.arguments_json + "\n"
    return "".join(
        f"<{name}>{protected(text, (f'</{name}', f'<{name}>', *CDATA))}</{name}>\n" for name, text in texts.items()
    )


DIALECT = Dialect(
    name="cline",
    read=read,
    asked_tool_openers=(Opener("<", BEHIND_NAME),),
    form=Form(
        write=write,
        skeleton="<TOOL_NAME>\n<PARAMETER_NAME>VALUE</PARAMETER_NAME>\n</TOOL_NAME>",
        values=(
            "Write text values as they are, without quotes or escaping: line breaks, < and & stay as they are.",
            "Write numbers, true, false and null bare, and lists and objects as JSON.",
        ),
        markers=("<tool_results>", "</tool_results>", "<result", "</result>"),
        calls=("element",),
    ),
)
