r"""Blocks of `invoke` elements under the families' own wrappers: reading one, and writing what stands in it.

<minimax:tool_call>
<invoke name="get_weather">
<parameter name="city">Oslo</parameter>
</invoke>
</minimax:tool_call>
"""

import re
from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Opener, Read
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import block
from toolbridge.notation.shapes.invoke import element, invoke
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.values import CDATA, protected, raw_texts
from toolbridge.scanner import Grammar
from toolbridge.words import Phrase

INVOKE_MARKUP = ("<invoke", "</invoke", "<parameter", "</parameter")
_ATTRIBUTE = re.compile(r'[^"<>\n]+')
"""Names that can stand in an attribute. If a call has any other name, all its parameters are written as JSON."""

WRAPPERS = {f"<{name}>": f"</{name}>" for name in ("tool_calls", "function_calls", "toolbridge_calls")}
_HERMES = {"<tool_call>": "</tool_call>"}
"""The wrapper of the calls that Qwen's models were trained on, which they put around these elements as well."""
_ANY_CLOSE = (*WRAPPERS.values(), *_HERMES.values())
ANY_OPENERS = (
    *(Opener(literal, ("<",)) for literal in WRAPPERS),
    *(Opener(literal, ("<invoke",)) for literal in _HERMES),
    Opener("<invoke", (" ", "\n", "\t")),
)
"""Openers of calls in any of these wrappers, or without a wrapper."""
ANY_CLOSERS = (*_ANY_CLOSE, "</invoke>")


def any_invocations(reading: Reading, opener: str) -> Grammar:
    """Read one block in any of the wrappers, or one call that stands alone. Elements may be named after their tools."""

    def one(tag: str) -> Grammar:
        return invoke(reading, _ANY_CLOSE) if tag == "<invoke" else element(reading, tag.removeprefix("<"))

    if opener not in WRAPPERS | _HERMES:
        yield from one(opener)
        return
    scanner = reading.scanner
    yield from scanner.blanks()
    # Small models write two wrappers around one block.
    yield from scanner.maybe(*WRAPPERS)
    yield from block(reading, _ANY_CLOSE, ("<invoke",), one, (Phrase(("<", ""), reading.names),))


def invoke_block(close: str) -> Read:
    """The grammar of a block of elements with this close tag. A block of JSON calls is read as well."""
    objects = json_block(close)

    def read(reading: Reading, opener: str) -> Grammar:
        yield from reading.scanner.blanks()
        if (yield from reading.scanner.sees("{", "[")):
            yield from objects(reading, opener)
        else:
            yield from block(reading, (close,), ("<invoke",), lambda _: invoke(reading, (close,)))

    return read


def invocations(calls: Sequence[ToolCall], tools: Sequence[Tool], wrappers: tuple[str, ...]) -> str:
    """The elements of these calls, each tag pair on a line of its own."""
    return "\n".join(_invocation(call, tools, (*INVOKE_MARKUP, *CDATA, *wrappers)) for call in calls)


def _invocation(call: ToolCall, tools: Sequence[Tool], markup: tuple[str, ...]) -> str:
    texts = raw_texts(call, tools)
    lines = [f'<parameter name="{name}">{protected(text, markup)}</parameter>' for name, text in texts.items()]
    if not all(map(_ATTRIBUTE.fullmatch, texts)):
        lines = [call.arguments_json]
    return "\n".join([f'<invoke name="{call.name}">', *lines, "</invoke>"])
