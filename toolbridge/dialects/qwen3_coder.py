r"""`qwen3-coder`: Qwen3-Coder, Qwen 3.5 and later, Nemotron 3, Step 3.5 and 5, MiMo V2, Granite 4.2, and many more.

    <tool_call>
    <function=get_weather>
    <parameter=city>
    Oslo
    </parameter>
    </function>
    </tool_call>

Values are raw, on lines of their own or in the line of their tags. Qwen3-Coder often leaves out `<tool_call>` before
its first call and closes it all the same; MiMo writes everything in one line. Small models name elements after the
parameters, `<city>Oslo</city>`, leave out the `<` of the second tag, and put `<value>` around numbers.
"""

import re
from collections.abc import Sequence

from toolbridge import schema
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.members import STRAY, Members, Structure, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import FUNCTION, LONE_FUNCTION, block, call, can_follow_equals, named_value
from toolbridge.notation.values import CDATA, Ends, protected, raw_texts
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall

_CLOSE = "</tool_call>"
_BARE = "function="
"""The open tag of a call without its `<`, behind a tag pair's."""
_NAME_OPEN, _KEY_OPEN, _KEY_CLOSE = "<function>", "<parameter>", "</parameter>"
_NAME = re.compile(r"[^<>\n]*")
_KEY = re.compile(r"<parameter>([^<>\n]*)</parameter>")
_MARKUP = ("<tool_call>", _CLOSE, "<function=", "</function", "<parameter=", "</parameter")


def read(reading: Reading, opener: str) -> Grammar:
    """Read one tag pair, or one call that stands alone."""
    if opener in FUNCTION.calls:
        yield from call(reading, LONE_FUNCTION)
    else:
        yield from block(reading, (_CLOSE,), (*FUNCTION.calls, _BARE, _NAME_OPEN), lambda tag: _call(reading, tag))


def _call(reading: Reading, tag: str) -> Grammar:
    """Read one call in a tag pair."""
    if tag == _NAME_OPEN:
        yield from _named_inside(reading)
        return
    if tag == _BARE:
        reading.tolerate("missing bracket")
    yield from call(reading, FUNCTION)


def _named_inside(reading: Reading) -> Grammar:
    """Read a call whose names are the text of elements, `<function>now</function>`, up to the close tag of its pair.

    A value stands bare behind the element of its name.
    """
    scanner = reading.scanner
    name = (yield from scanner.take(_NAME)).strip(BLANK)
    yield from scanner.literal("</function>")
    reading.resolve(name)
    yield from scanner.blanks()
    if not (yield from scanner.sees(_KEY_OPEN, _CLOSE)):
        raise NotACall
    reading.begin(name)
    members = Members(reading)

    def implies(text: str, _ended: bool) -> bool | None:
        if text.startswith(_CLOSE):
            return True
        found = _KEY.match(text)
        offered = schema.properties(reading.tool.parameters) if reading.tool else {}
        return (
            None if found is None else found[1].strip(BLANK) in offered and found[1].strip(BLANK) not in members.names
        )

    ends = Ends(_KEY_CLOSE, Markers((_KEY_OPEN, "</function>", _CLOSE)), (_KEY_OPEN, _CLOSE), implies, own_lines=True)

    def parameter(_tag: str) -> Grammar:
        key = (yield from scanner.take(_NAME)).strip(BLANK)
        yield from scanner.literal(_KEY_CLOSE)
        yield from named_value(reading, members, key, ends, empty=False)

    structure = Structure("</function>", {_KEY_OPEN: parameter}, {_KEY_CLOSE: STRAY}, (_CLOSE,))
    yield from read_members(reading, members, structure)


def write(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> str:
    """A tag pair per call."""
    return "\n".join(f"<tool_call>\n<function={one.name}>\n{_body(one, tools)}</function>\n{_CLOSE}" for one in calls)


def _body(one: ToolCall, tools: Sequence[Tool]) -> str:
    texts = raw_texts(one, tools)
    if not can_follow_equals(tuple(texts)):
        return one.arguments_json + "\n"
    return "".join(f"<parameter={name}>\n{_shown(text)}\n</parameter>\n" for name, text in texts.items())


def _shown(text: str) -> str:
    """The text on its lines. Text that ends in half a line break stands in CDATA, which keeps the half."""
    shown = protected(text, (*_MARKUP, *CDATA))
    if shown.startswith("<![CDATA["):
        return shown
    return f"<![CDATA[{text}]]>" if text.endswith("\r") else text


DIALECT = Dialect(
    name="qwen3-coder",
    read=read,
    openers=(Opener("<tool_call>", (*FUNCTION.calls, _BARE, _NAME_OPEN)), *map(Opener, FUNCTION.calls)),
    closers=(_CLOSE, "</function>"),
    ends_reasoning=True,
    templates=(Template(("<function=", "<parameter=")),),
    architectures=("qwen35", "qwen35moe", "nemotron_h_moe", "step35", "mimo2"),
    models=r"qwen-?3-?(?:next-?)?coder|qwen-?3\.[5-9]|nemotron-?3(?:\.5)?(?![.\d])|step-?3[.p][57]|(?<![^/])step-?5(?!\d)"
    r"|mimo-?v2|granite-?4\.2|ornith|nanbeige|minicpm-?v(?![a-z])|k-exaone-?2(?!\d)|berrylm",
    parsers=("qwen3-xml", "mimo", "nemotron-v3"),
    form=Form(
        write=write,
        skeleton=(
            "<tool_call>\n<function=TOOL_NAME>\n<parameter=PARAMETER_NAME>\nVALUE\n</parameter>\n</function>\n</tool_call>"
        ),
        values=(
            "Write each value on lines of its own, text as it is: no quotes, no escaping, < and & stay as they are.",
            "Write numbers, true, false and null bare, and lists and objects as JSON.",
        ),
        result_open='<tool_response name="{name}">',
        result_close="</tool_response>",
        wrapper=("", ""),
        markers=(*_MARKUP, "<tool_response", "</tool_response"),
    ),
)
