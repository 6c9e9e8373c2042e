r"""`tool-use`: the prompts of Cherry Studio and of chat apps that copy them.

    <tool_use>
      <name>get_weather</name>
      <arguments>{"city": "Oslo"}</arguments>
    </tool_use>

The arguments are one JSON object. Models also write them as elements named after the parameters, and leave the element
out for a tool without parameters. Models call the element `input`, `args` or `parameters`, too. The form is that of
Cherry Studio's system prompt; models that read it in their training write it elsewhere.
"""

import re

from toolbridge.notation.dialect import Dialect, Opener
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_body
from toolbridge.notation.shapes.parameter_elements import open_tags, parameter_elements
from toolbridge.scanner import BLANK, Grammar, NotACall

_OPEN, _CLOSE = "<tool_use>", "</tool_use>"
_ARGUMENTS = {f"<{name}>": f"</{name}>" for name in ("arguments", "input", "args", "parameters")}
_TEXT = re.compile(r"[^<>\n]*")


def read(reading: Reading, _opener: str) -> Grammar:
    """Read one call, and the close tag of its pair."""
    scanner = reading.scanner
    yield from scanner.blanks()
    yield from scanner.literal("<name>")
    name = reading.resolve((yield from scanner.take(_TEXT)).strip(BLANK))
    yield from scanner.literal("</name>")
    yield from scanner.blanks()
    if (yield from scanner.maybe(_CLOSE)):
        reading.empty_call(name)
        return
    tag = yield from scanner.literal(*_ARGUMENTS)
    yield from scanner.blanks()
    yield from _arguments(reading, name, _ARGUMENTS[tag])
    reading.open()
    yield from scanner.blanks()
    yield from scanner.literal(_CLOSE)
    reading.mark("markup")
    reading.commit()


def _arguments(reading: Reading, name: str, close: str) -> Grammar:
    """Read the arguments through the close tag of their element."""
    scanner = reading.scanner
    if (yield from scanner.sees("{")):
        yield from json_body(reading, name, close, known=True)
        return
    if (yield from scanner.maybe(close)):
        reading.empty_call(name)
        return
    tool = reading.tools.get(name)
    if tool is None or not (yield from scanner.sees(*open_tags(tool))):
        raise NotACall
    reading.tolerate("elements named after parameters")
    yield from parameter_elements(reading, tool, close, (_CLOSE,))


DIALECT = Dialect(
    name="tool-use",
    read=read,
    openers=(Opener(_OPEN, ("<name>",)),),
    closers=(_CLOSE,),
    unpromptable="xml, which is asked for, has elements of the same kind",
    sample='<tool_use>\n<name>get_weather</name>\n<arguments>{"city": "Oslo"}</arguments>\n</tool_use>',
)
