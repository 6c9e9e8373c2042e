r"""A call whose only argument stands raw in place of an object of arguments: Python code, or a command.

    to=python code<|message|>print(6 * 7)<|call|>

It is read for tools with one parameter, which must be a text.
"""

from toolbridge import schema
from toolbridge.json_text import escaped
from toolbridge.notation.reading import Reading
from toolbridge.scanner import Grammar, Markers, NotACall, OutOfText


def only_text(reading: Reading, name: str) -> str:
    """The name of the tool's only parameter, if the tool is offered and the parameter is a text; else empty."""
    tool = reading.tools.get(reading.names.declared(name) or "")
    names = tuple(schema.properties(tool.parameters)) if tool else ()
    if tool is None or len(names) != 1:
        return ""
    is_text = schema.is_text(schema.property_schema(tool.parameters, names[0]), tool.parameters)
    return names[0] if is_text else ""


def raw_argument(reading: Reading, name: str, parameter: str, ends: Markers) -> Grammar:
    """Read a call that begins here, up to one of these markers, or to the end of a reply that was not cut."""
    if not parameter:
        raise NotACall
    scanner = reading.scanner
    reading.begin(name)
    reading.tolerate("raw argument")
    reading.args(f'{{"{escaped(parameter)}":"')
    while True:
        found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        start, literal = found or (scanner.stop, None)
        reading.args(escaped(scanner.text[scanner.pos : start]))
        scanner.pos = start
        if literal is not None:
            break
        try:
            yield from scanner.more()
        except OutOfText:
            if reading.cause != "stop":
                raise
            break
    reading.args('"}')
