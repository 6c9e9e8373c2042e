r"""`llama3-json`: Llama 3.1, 3.2 and 3.3.

    {"name": "get_weather", "parameters": {"city": "Oslo"}}; {"name": "now", "parameters": {}}
    <|python_tag|>brave_search.call(query="weather in Oslo")

Bare JSON may stand anywhere in the reply. So it is looked for only where this notation was asked for, and only for
offered names with an object of arguments. `;`, blanks or both separate calls, and everything around calls is text.
Behind `<|python_tag|>`, which is markup, a call may have any name and no arguments. There Llama calls the tools of its
training as Python does. Other Python behind the tag is text, as it calls nothing that is known.
"""

import re
from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import Around
from toolbridge.notation.shapes.json_block import rewind
from toolbridge.notation.shapes.json_call import call_object, calls
from toolbridge.notation.shapes.python_calls import behind_parenthesis
from toolbridge.scanner import Grammar, NotACall, OutOfText

_TAG = "<|python_tag|>"
_BARE = Around(needs_arguments=True)
_MARKED = Around()
_NAME = re.compile(r"[\w.-]*")
_METHOD = ".call"
"""The method that Llama writes behind the name of a tool of its training."""


def read(reading: Reading, opener: str) -> Grammar:
    """Read calls that follow each other."""
    scanner = reading.scanner
    marked = opener == _TAG
    only_offered = reading.declared_only
    if marked:
        yield from scanner.blanks()
    else:
        rewind(reading)
    while True:
        if (yield from scanner.sees("{", "[")):
            reading.require_offered(only_offered or not marked)
            yield from calls(reading, _MARKED if marked else _BARE)
        elif marked:
            yield from _built_in(reading)
        else:
            raise NotACall
        reading.open()
        try:
            yield from scanner.blanks()
            separator = yield from scanner.maybe(";", ",")
            yield from scanner.blanks()
            char = yield from scanner.peek()
            ends = bool(separator) and bool((yield from scanner.sees(*ENDS_OF_TURN)))
        except OutOfText:
            ends = True
        reading.mark("markup")
        if ends:
            reading.commit()
            return
        if char not in "{[" and not (marked and char.isidentifier()):
            reading.give_back()
            return


def _built_in(reading: Reading) -> Grammar:
    """Read `brave_search.call(query="…")`, or a call of an offered tool by its name alone."""
    scanner = reading.scanner
    written = yield from scanner.take(_NAME)
    name = written if written in reading.tools else written.removesuffix(_METHOD)
    if not reading.tools and name == written:
        raise NotACall
    yield from scanner.literal("(")
    reading.require_offered()
    yield from behind_parenthesis(reading, name)


def write(calls_: Sequence[ToolCall], _tools: Sequence[Tool]) -> str:
    """One object per call."""
    return "; ".join(call_object(call, "parameters") for call in calls_)


DIALECT = Dialect(
    name="llama3-json",
    read=read,
    openers=(Opener(_TAG),),
    asked_openers=(Opener("{", ('"', "'")), Opener("[", ("{",))),
    templates=(Template(("dictionary of argument name and its value", "<|start_header_id|>")),),
    models=r"(?<![^/])(?:meta-)?llama-?3\.[1-3](?!\d)(?!.*nemotron)",
    parsers=("llama3", "llama4-json"),
    form=Form(
        write=write,
        skeleton='{"name": "TOOL_NAME", "parameters": {"PARAMETER_NAME": VALUE}}',
        values=("The parameters are one JSON object: text in double quotes, with line breaks written as \\n.",),
        markers=(_TAG, "<tool_results>", "</tool_results>", "<result", "</result>"),
        calls=("json",),
    ),
)
