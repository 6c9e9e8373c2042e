r"""`seed-oss`: Seed-OSS.

    <seed:tool_call>
    <function=get_weather>
    <parameter=city>Oslo</parameter>
    </function>
    </seed:tool_call>

Qwen3-Coder's elements in another tag pair. Most values stand in the line of their tags. Within its reasoning the model
counts its budget between `<seed:cot_budget_reflect>` and its close tag. The two tags are dropped.
"""

from dataclasses import replace

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import FUNCTION, block, call
from toolbridge.scanner import Grammar

_OPEN, _CLOSE = "<seed:tool_call>", "</seed:tool_call>"
_TAGS = replace(FUNCTION, block_close=(_CLOSE,), next_block=(_OPEN,))
_BUDGET = ("<seed:cot_budget_reflect>", "</seed:cot_budget_reflect>")


def read(reading: Reading, opener: str) -> Grammar:
    """Read one tag pair, or one call that stands alone, or a tag around a note on the budget."""
    if opener in _BUDGET:
        if reading.line_blank:
            yield from reading.scanner.maybe("\n")
        reading.mark("markup")
        reading.commit()
    elif opener in _TAGS.calls:
        yield from call(reading, _TAGS)
    else:
        yield from block(reading, (_CLOSE,), _TAGS.calls, lambda _: call(reading, _TAGS))


DIALECT = Dialect(
    name="seed-oss",
    read=read,
    openers=(Opener(_OPEN, _TAGS.calls),),
    asked_openers=tuple(map(Opener, (*_TAGS.calls, *_BUDGET))),
    closers=(_CLOSE, "</function>"),
    ends_reasoning=True,
    thinks_again=("<seed:think>",),
    templates=(Template(("<seed:tool_call>", "<function=")),),
    architectures=("seed_oss",),
    models=r"seed-?oss",
    unpromptable="its markers are special tokens",
    sample="<seed:tool_call>\n<function=get_weather>\n<parameter=city>Oslo</parameter>\n</function>\n</seed:tool_call>",
)
