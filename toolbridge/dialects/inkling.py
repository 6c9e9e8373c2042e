r"""`inkling`: Inkling.

    <|message_model|><|content_thinking|>I look.<|end_message|>
    <|message_model|><|content_invoke_tool_json|>{"name": "get_weather", "args": {"city": "Oslo"}}<|end_message|>

(without line breaks). Answers stand behind `<|content_text|>`. The tool's name may also stand behind
`<|message_model|>`, as it does at the beginning of a reply, where the prompt has written that token.
"""

import re

from toolbridge.notation.dialect import PROMPTED, Dialect, Opener, Template
from toolbridge.notation.envelopes import begin_content, end_message, reasoning_message
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.scanner import Grammar, NotACall

_MESSAGE = "<|message_model|>"
_THOUGHTS, _CALL = "<|content_thinking|>", "<|content_invoke_tool_json|>"
_TEXTS = ("<|content_text|>", "<|content_invoke_tool_text|>", "<|content_tool_error|>")
_KINDS = (_THOUGHTS, _CALL, *_TEXTS)
_ENDS = ("<|end_message|>", "<|content_model_end_sampling|>")
_OTHERS = ("<|message_user|>", "<|message_tool|>", "<|message_system|>")
_NAME = re.compile(r"[\w.:/-]*")
_CALLS = json_block(*_ENDS)


def read(reading: Reading, opener: str) -> Grammar:
    """Read one message, or the end of a message."""
    scanner = reading.scanner
    if opener in _ENDS:
        yield from end_message(reading, (*_ENDS, _MESSAGE, *_KINDS), () if reading.calls else _OTHERS)
        return
    if opener in ("", _MESSAGE):
        name = yield from scanner.take(_NAME)
        if not opener and name and reading.tools and reading.names.declared(name) is None:
            # A word of content, which needs no header.
            raise NotACall
        if opener:
            yield from scanner.blanks()
        opener = yield from scanner.literal(*_KINDS)
    if opener == _THOUGHTS:
        yield from reasoning_message(reading, _ENDS, (_MESSAGE, *_KINDS))
    elif opener == _CALL:
        yield from _CALLS(reading, opener)
    else:
        begin_content(reading)


DIALECT = Dialect(
    name="inkling",
    read=read,
    openers=(Opener(_MESSAGE), Opener(_CALL, ("{", "[")), *map(Opener, (_THOUGHTS, *_TEXTS, *_ENDS))),
    asked_openers=(Opener(PROMPTED, first=True),),
    closers=_ENDS,
    ends_reasoning=True,
    templates=(Template((_CALL,)),),
    models="inkling",
    unpromptable="its markers are special tokens",
    sample=(
        f"{_THOUGHTS}I look.{_ENDS[0]}{_MESSAGE}{_CALL}"
        f'{{"name": "get_weather", "args": {{"city": "Oslo"}}}}{_ENDS[0]}{_ENDS[1]}'
    ),
)
