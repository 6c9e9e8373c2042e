r"""`glm`: GLM 4.5 and later, Ling 3, Laguna, Spark 2.5, IQuest Q1.

    <tool_call>get_weather
    <arg_key>city</arg_key>
    <arg_value>Oslo</arg_value>
    </tool_call>

Each call has its own tag pair. GLM 4.7 and 5 write no line breaks between the tags. GLM 5.3 Flash also writes
`<tool_call>get_weather>{"city": "Oslo"}`, mostly without the close tag, as SGLang's parser for it shows. IQuest's pair
is `<iquest_tool_call>`. Laguna may write an object with a name and arguments in the pair; such a pair is Hermes' in
every other reply.
"""

import re
from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.json_call import call_object
from toolbridge.notation.shapes.pairs import OTHER_STARTS, Pairs, call
from toolbridge.notation.values import CDATA, protected, raw_texts
from toolbridge.scanner import Grammar

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_IQUEST = Pairs(call="iquest_tool_call")
_PAIRS = {one.call_tag: one for one in (Pairs(), _IQUEST)}
_OBJECTS = {opener: json_block(pairs.call_close) for opener, pairs in _PAIRS.items()}
_MARKUP = (_OPEN, _CLOSE, "<arg_key", "</arg_key", "<arg_value", "</arg_value")
_KEY = re.compile(r"[^<> \t\r\n](?:[^<>]*[^<> \t\r\n])?")
"""Keys that can stand between their tags. A call with any other key is written as Hermes writes it."""


def read(reading: Reading, opener: str) -> Grammar:
    """Read the contents of one tag pair."""
    yield from reading.scanner.blanks()
    if (yield from reading.scanner.sees("{", "[")):
        yield from _OBJECTS[opener](reading, opener)
    else:
        yield from call(reading, _PAIRS[opener])


def write(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> str:
    """A tag pair per call."""
    return "\n".join(f"{_OPEN}{_body(one, tools)}\n{_CLOSE}" for one in calls)


def _body(one: ToolCall, tools: Sequence[Tool]) -> str:
    lines = [one.name]
    for name, text in raw_texts(one, tools).items():
        if not _KEY.fullmatch(name):
            return "\n" + call_object(one)
        value = protected(text, (*_MARKUP, *CDATA))
        lines += [f"<arg_key>{name}</arg_key>", f"<arg_value>{value}</arg_value>"]
    return "\n".join(lines)


DIALECT = Dialect(
    name="glm",
    read=read,
    openers=(
        Opener(_OPEN, NAME_BEGINS, named=OTHER_STARTS),
        Opener(_IQUEST.call_tag, (*NAME_BEGINS, "{", "["), named=OTHER_STARTS),
    ),
    asked_openers=(Opener(_OPEN, ("{", "[")),),
    closers=(_CLOSE, _IQUEST.call_close),
    ends_reasoning=True,
    templates=(Template(("<arg_key>", "<tool_call>")),),
    architectures=("glm4moe", "glm-dsa", "bailingmoe3", "laguna"),
    models=r"glm-?(?:4\.?[5-9]|[5-9](?![a-z\d]))(?!\d)|(?<![^/])spark-?(?:2\.?5|3)(?!\d)|(?<![a-z])[lr]ing-?3(?!\d)"
    r"|iquest-?(?:coder-?)?q1|laguna",
    parsers=("poolside-v1", "glm53-flash", "glm5-3-flash"),
    form=Form(
        write=write,
        skeleton=(
            "<tool_call>TOOL_NAME\n<arg_key>PARAMETER_NAME</arg_key>\n<arg_value>VALUE</arg_value>\n</tool_call>"
        ),
        values=(
            "Write text values as they are, without quotes or escaping: line breaks, < and & stay as they are.",
            "Write numbers, true, false and null bare, and lists and objects as JSON.",
        ),
        result_open='<tool_response name="{name}">',
        result_close="</tool_response>",
        wrapper=("", ""),
        markers=(*_MARKUP, "<tool_response", "</tool_response"),
    ),
)
