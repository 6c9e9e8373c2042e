r"""`deepseek-v3.2`: DeepSeek V3.2, V4 and V4.1.

    <｜DSML｜function_calls>
    <｜DSML｜invoke name="get_weather">
    <｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>
    <｜DSML｜parameter name="days" string="false">2</｜DSML｜parameter>
    </｜DSML｜invoke>
    </｜DSML｜function_calls>

The block is `tool_calls` since V4, and `calls` in V4.1, which writes a blank behind the token. `string` says whether a
value is text or JSON; where it is missing the schema does. The bars are U+FF5C.
"""

from itertools import product

from toolbridge import schema
from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.reading import Reading
from toolbridge.dialects.tagged import Attributes, Tags, block, by_schema, call
from toolbridge.dialects.values import Value
from toolbridge.scanner import Grammar

_MARK = "｜DSML｜"
_BLOCKS = ("function_calls>", "tool_calls>", "toolcalls>", "calls>", "tool>")
_BLANKS = ("", " ")
_CLOSERS = tuple(f"</{_MARK}{blank}{name}" for blank, name in product(_BLANKS, _BLOCKS))


class _Said(Value):
    """A value that the model says is text, or is JSON."""

    __slots__ = ()

    def __init__(self, reading: Reading, name: str, *, text: bool) -> None:
        tool = reading.tool
        self._reading = reading
        self._root = tool.parameters if tool else None
        declared = schema.property_schema(tool.parameters, name) if tool else None
        self._schema = {} if schema.is_text(declared, self._root) else declared
        self._text = text
        self._parts: list[str] = []
        if text:
            reading.args('"')


def _value(reading: Reading, name: str, attributes: Attributes) -> Value:
    said = attributes.get("string", "").lower()
    return _Said(reading, name, text=said == "true") if said in ("true", "false") else by_schema(reading, name, {})


_TAGS = {
    blank: Tags(
        call=f"<{_MARK}{blank}invoke",
        call_close=f"</{_MARK}{blank}invoke>",
        parameter=f"<{_MARK}{blank}parameter",
        parameter_close=f"</{_MARK}{blank}parameter>",
        block_close=_CLOSERS,
        value=_value,
    )
    for blank in _BLANKS
}


def read(reading: Reading, _opener: str) -> Grammar:
    """One block, or one call that stands alone."""
    scanner = reading.scanner
    blank = yield from scanner.maybe(" ")
    tags = _TAGS[blank]
    if (yield from scanner.maybe("invoke")):
        yield from call(reading, tags)
        return
    yield from scanner.literal(*_BLOCKS)
    yield from block(reading, _CLOSERS, tags.call, lambda: call(reading, tags))


DIALECT = Dialect(
    name="deepseek-v3.2",
    read=read,
    openers=(Opener(f"<{_MARK}", tuple(blank + name for blank, name in product(_BLANKS, ("invoke", *_BLOCKS)))),),
    closers=(*_CLOSERS, *(tags.call_close for tags in _TAGS.values())),
    unpromptable="its markers are special tokens",
)
