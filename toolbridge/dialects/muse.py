r"""`muse`: Muse Glimmer and Muse Spark.

     to=self<|message|>I look.<|eom|><|start|>assistant to=get_weather<|message|><atem:function_calls>
    <atem:invoke name="get_weather">
    <atem:parameter name="city">Oslo</atem:parameter>
    </atem:invoke>
    </atem:function_calls><|eot|>

A message to `self` is reasoning, a message to the user or on commentary is content, and a message to the developer is
dropped. Elements in such messages are only spoken of. A block that begins with a call of another tool than its message
addresses is text; behind its first call it may call any tool, and a message to no offered tool may hold any calls. An
element without any message around it is a call. The end of a message may be missing before the next header.
"""

from toolbridge.notation.dialect import PROMPTED, Dialect, NameToken, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.channels import ASKED_OPENERS, ENDS, OPENERS, Channels, message_call, tool_name
from toolbridge.notation.shapes.elements import Tags, attributes, block, call
from toolbridge.scanner import Grammar, NotACall

_BEGIN, _CALL, _BLOCK, _CLOSE = "<atem:", "invoke", "function_calls>", "</atem:function_calls>"
_READERS = ("self", "user", "commentary", "developer")
_TO_READERS = tuple(f"to={name}<|message|>" for name in _READERS)
_TO_TOOLS = (NameToken(("to=", "<|message|>")), NameToken(("to=", ".", "<|message|>")))
_TAGS = Tags(
    call=f"{_BEGIN}{_CALL}",
    call_close="</atem:invoke>",
    parameter="<atem:parameter",
    parameter_close="</atem:parameter>",
    block_close=(_CLOSE, *ENDS),
    name=tool_name,
)


def _calls(reading: Reading, recipient: str = "") -> Grammar:
    """Read a block, or one call that stands alone, behind `<atem:`. The first call must be of this recipient."""
    scanner = reading.scanner
    before = reading.calls

    def element(_tag: str = "") -> Grammar:
        start = scanner.here
        name = (yield from attributes(reading))[0].get("name", "")
        if recipient and reading.calls == before and _known(reading, name) != _known(reading, recipient):
            raise NotACall
        scanner.back(start)
        yield from call(reading, _TAGS)

    if (yield from scanner.maybe(_CALL)):
        yield from element()
        return
    yield from scanner.literal(_BLOCK)
    yield from block(reading, (_CLOSE, *ENDS), _TAGS.calls, element)


def _known(reading: Reading, name: str) -> str:
    known = tool_name(reading, name)
    return reading.names.declared(known) or known


def _message(reading: Reading, name: str) -> Grammar:
    scanner = reading.scanner
    yield from scanner.blanks()
    if (yield from scanner.maybe(_BEGIN)):
        is_tool = not reading.tools or reading.names.declared(name) is not None
        yield from _calls(reading, name if is_tool else "")
    else:
        yield from message_call(reading, name)


_CHANNELS = Channels(_message, bare=(_TO_READERS, _TO_TOOLS), spoken_of=True)


def read(reading: Reading, opener: str) -> Grammar:
    """Read a message, or calls without a message."""
    yield from _calls(reading) if opener == _BEGIN else _CHANNELS.read(reading, opener)


DIALECT = Dialect(
    name="muse",
    read=read,
    openers=(
        Opener(_BEGIN, (_CALL, _BLOCK)),
        # A message to a tool, or to any other reader, as the first message of a reply.
        Opener(PROMPTED, _TO_READERS, first=True, named=_TO_TOOLS),
    ),
    asked_openers=(*OPENERS, *ASKED_OPENERS),
    closers=(_TAGS.call_close, _CLOSE),
    ends_reasoning=True,
    templates=(Template((_BEGIN,)),),
    models=r"muse-?(?:glimmer|spark)",
    parsers=("glimmer",),
    unpromptable="its markers are special tokens",
    sample=(
        " to=self<|message|>I look.<|eom|><|start|>assistant to=get_weather<|message|><atem:function_calls>\n"
        '<atem:invoke name="get_weather">\n<atem:parameter name="city">Oslo</atem:parameter>\n'
        "</atem:invoke>\n</atem:function_calls><|eot|>"
    ),
)
