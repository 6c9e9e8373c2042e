r"""A call whose only argument stands raw where an object of arguments should: Python code, or a command.

    to=python code<|message|>print(6 * 7)<|call|>

It is read for tools that have one parameter, a text.
"""

from toolbridge import schema
from toolbridge.json_text import escaped
from toolbridge.notation.reading import Reading
from toolbridge.scanner import Grammar, Markers, NotACall, OutOfText


def only_text(reading: Reading, name: str) -> str:
    """The only parameter of the offered tool of this name, if that is a text; empty for any other tool."""
    tool = reading.tools.get(reading.names.declared(name) or "")
    names = tuple(schema.properties(tool.parameters)) if tool else ()
    if tool is None or len(names) != 1:
        return ""
    is_text = schema.is_text(schema.property_schema(tool.parameters, names[0]), tool.parameters)
    return names[0] if is_text else ""


def raw_argument(reading: Reading, name: str, parameter: str, ends: Markers) -> Grammar:
    """The arguments of a call that begins here, up to one of these markers or the end of a reply that was not cut."""
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
