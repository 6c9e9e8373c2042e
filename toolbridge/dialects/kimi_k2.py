r"""`kimi-k2`: Kimi K2, K2-Thinking and K2.5.

    <|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Oslo"}
    <|tool_call_end|><|tool_calls_section_end|>

(in one line). The header is the id of the call, with a counter over the conversation, and goes out unchanged. The
prefix, the section's markers and the end markers may be missing, and a call may end the reasoning. A header of a
counter alone means the only tool whose parameters the arguments fit.
"""

import json
import re
from collections.abc import Generator
from collections.abc import Set as AbstractSet

from toolbridge import schema
from toolbridge.json_text import BadJson, JsonText
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.named_call import Header, Named
from toolbridge.scanner import Grammar, NotACall

_SECTIONS = ("<|tool_calls_section_begin|>", "<|tool_call_section_begin|>")
_SECTION_ENDS = ("<|tool_calls_section_end|>", "<|tool_call_section_end|>")
_BEGIN, _ARGUMENTS, _END = "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"
_HEADER = re.compile(r"[^<\n]*")
_ID = re.compile(r"(?:functions\.)?(.+):\d+")


def header(reading: Reading) -> Generator[None, None, Header]:
    """`functions.get_weather:0<|tool_call_argument_begin|>`; a header without a counter must name an offered tool."""
    scanner = reading.scanner
    yield from scanner.blanks()
    text = (yield from scanner.take(_HEADER)).strip()
    yield from scanner.blanks()
    yield from scanner.literal(_ARGUMENTS)
    if text.isdecimal():
        return Header("", text)
    if found := _ID.fullmatch(text):
        return Header(found[1], text)
    if reading.tools and reading.names.declared(text) is None:
        raise NotACall
    return Header(text)


def nameless(reading: Reading, header: Header) -> Grammar:
    """Read a call of the only tool that the arguments fit. All arguments must have been read to know the tool."""
    scanner = reading.scanner
    yield from scanner.blanks()
    if (yield from scanner.peek()) != "{":
        raise NotACall
    reading.widen(reading.limits.call)
    start = scanner.here
    text = JsonText(depth=reading.limits.depth)
    written = []
    while not text.ended:
        if scanner.pos >= scanner.stop:
            yield from scanner.more()
        try:
            scanner.pos = text.feed(scanner.text, scanner.pos, scanner.stop)
        except BadJson:
            # How many characters were read depends on how the reply was cut.
            scanner.back(start)
            raise NotACall from None
        written.append(text.taken())
    arguments = "".join(written)
    reading.begin(_meant(reading, arguments), header.call_id)
    for what, times in text.tolerances.items():
        reading.tolerate(what, times)
    reading.tolerate("name")
    reading.args(arguments)
    reading.end()


def _meant(reading: Reading, arguments: str) -> str:
    offered = tuple(reading.tools.values())
    names = json.loads(arguments).keys()
    fitting = offered if len(offered) == 1 else [tool for tool in offered if _fits(tool, names)]
    if len(fitting) != 1:
        raise NotACall
    return fitting[0].name


def _fits(tool: Tool, names: AbstractSet[str]) -> bool:
    return schema.properties(tool.parameters).keys() >= names >= set(schema.required(tool.parameters))


DIALECT = Dialect(
    name="kimi-k2",
    read=Named(header, (_BEGIN,), (_END,), _SECTIONS, _SECTION_ENDS, nameless).read,
    openers=(*(Opener(section, (_BEGIN,)) for section in _SECTIONS), Opener(_BEGIN)),
    closers=(_END, *_SECTION_ENDS),
    ends_reasoning=True,
    templates=(
        Template(("<|tool_call_argument_begin|>",)),
        Template(("<|im_system|>tool_declare<|im_middle|>",)),
    ),
    architectures=("kimi-linear",),
    models=r"kimi-?(?:k2|linear)",
    unpromptable="its markers are special tokens",
    sample=(
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
        '<|tool_call_argument_begin|>{"city": "Oslo"}<|tool_call_end|><|tool_calls_section_end|>'
    ),
)
