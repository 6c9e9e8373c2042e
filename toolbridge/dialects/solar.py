r"""`solar`: Solar Open 100B.

    <|tool_calls|><|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>get_weather<|tool_call:args|>{"city": "Oslo"}
    <|tool_call:end|><|calls|>

(in one line). The id comes first: ten letters and digits that the model chose, which are kept. Content begins with
`<|content|>`. Reasoning and content before calls are turns of their own, closed by `<|end|><|begin|>assistant`.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.envelopes import answer_openers, answer_tokens
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.named_call import Header, Named

_SECTION, _SECTION_END = "<|tool_calls|>", "<|calls|>"
_BEGIN, _NAME_BEGIN, _ARGUMENTS, _END = (
    "<|tool_call:begin|>",
    "<|tool_call:name|>",
    "<|tool_call:args|>",
    "<|tool_call:end|>",
)
_ANSWER = {"<|content|>": ""}
_TEXT = re.compile(r"[^<\n]*")


def header(reading: Reading) -> Generator[None, None, Header]:
    """`a1b2c3d4e5<|tool_call:name|>get_weather<|tool_call:args|>`."""
    scanner = reading.scanner
    call_id = yield from scanner.take(_TEXT)
    yield from scanner.literal(_NAME_BEGIN)
    name = yield from scanner.take(_TEXT)
    yield from scanner.literal(_ARGUMENTS)
    return Header(name.strip(), call_id.strip())


DIALECT = Dialect(
    name="solar",
    read=answer_tokens(Named(header, (_BEGIN,), (_END,), (_SECTION,), (_SECTION_END,)).read, _ANSWER),
    openers=(Opener(_SECTION, (_BEGIN,)), Opener(_BEGIN), *answer_openers(_ANSWER)),
    closers=(_END, _SECTION_END),
    templates=(Template(("<|tool_call:begin|>",)),),
    models=r"solar-?open",
    unpromptable="its markers are special tokens",
    sample=(
        "<|tool_calls|><|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>get_weather"
        '<|tool_call:args|>{"city": "Oslo"}<|tool_call:end|><|calls|>'
    ),
)
