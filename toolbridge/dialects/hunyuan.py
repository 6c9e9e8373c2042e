r"""`hunyuan`: Hunyuan Hy3 and Hy4.

    <tool_calls:opensource>
    <tool_call:opensource>get_weather<tool_sep:opensource>
    <arg_key:opensource>city</arg_key:opensource>
    <arg_value:opensource>Oslo</arg_value:opensource>
    </tool_call:opensource>
    </tool_calls:opensource>

GLM's pairs in a block. Each checkpoint has its own suffix: any word, or no word. The suffix is read behind the colon,
so that no list of suffixes is needed. The tags of reasoning have it as well. The tag of one call without a suffix is
GLM's in every other reply.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.drafts import ORPHAN
from toolbridge.notation.envelopes import read_thought, skip_blanks
from toolbridge.notation.names import NAME_BEGINS
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import block
from toolbridge.notation.shapes.pairs import Pairs, call
from toolbridge.scanner import Grammar, NotACall

_CALL, _BLOCK, _THINK = "<tool_call", "<tool_calls", "<think"
_CALL_CLOSE, _BLOCK_CLOSE, _THINK_CLOSE = "</tool_call", "</tool_calls", "</think"
_SUFFIX = re.compile(r"[\w-]*")


def read(reading: Reading, opener: str) -> Grammar:
    """Read one block, or one call that stands alone, or a tag with a suffix that belongs to no call."""
    tag = opener.rstrip(":>")
    suffix = "" if opener.endswith(">") else ":" + (yield from _suffix(reading))
    if tag == _BLOCK:
        yield from block(reading, _block_close(suffix), (_CALL,), lambda _: _call(reading, suffix))
    elif tag == _CALL:
        yield from call(reading, Pairs(suffix, _block_close(suffix)))
    elif tag == _THINK:
        yield from read_thought(reading, (f"{_THINK_CLOSE}{suffix}>",), read, (f"{_BLOCK}>", f"{_BLOCK}:", f"{_CALL}:"))
    else:
        yield from _orphan(reading, tag)


def _suffix(reading: Reading) -> Generator[None, None, str]:
    """Read the suffix behind the colon of a tag, and the tag's end."""
    suffix = yield from reading.scanner.take(_SUFFIX)
    yield from reading.scanner.literal(">")
    if not suffix:
        raise NotACall
    return suffix


def _call(reading: Reading, around: str) -> Grammar:
    """Read one call in a block with this suffix. The tags of the call may have another suffix."""
    end = yield from reading.scanner.literal(":", ">")
    suffix = "" if end == ">" else ":" + (yield from _suffix(reading))
    yield from call(reading, Pairs(suffix, _block_close(around)))


def _block_close(suffix: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((f"{_BLOCK_CLOSE}{suffix}>", f"{_BLOCK_CLOSE}>")))


def _orphan(reading: Reading, tag: str) -> Grammar:
    """Read a close tag that closes nothing. It is dropped behind a call; that of reasoning is dropped everywhere."""
    if reading.depth > 1 or not (reading.separates if tag == _THINK_CLOSE else reading.after_call):
        raise NotACall
    reading.drop_blanks()
    reading.mark("markup" if tag == _THINK_CLOSE else ORPHAN)
    reading.end_thought()
    if not (reading.spoke or reading.called):
        yield from skip_blanks(reading)
    reading.commit()


DIALECT = Dialect(
    name="hunyuan",
    read=read,
    openers=(
        Opener(f"{_BLOCK}>", (_CALL,)),
        Opener(f"{_BLOCK}:"),
        Opener(f"{_CALL}:"),
        Opener(f"{_THINK}:", first=True),
        *(Opener(f"{tag}:") for tag in (_CALL_CLOSE, _BLOCK_CLOSE, _THINK_CLOSE)),
    ),
    asked_openers=(Opener(f"{_CALL}>", NAME_BEGINS),),
    closers=(f"{_CALL_CLOSE}>", f"{_BLOCK_CLOSE}>"),
    ends_reasoning=True,
    templates=(
        Template(("<tool_sep>", "<arg_key>", "<tool_call>")),
        Template(("<arg_key>", "<tool_call:opensource>")),
    ),
    architectures=("hy_v3", "hy_v4"),
    models=r"hunyuan.*hy[34]|(?<![a-z])hy-?v?[34](?![a-z\d])",
    unpromptable="glm has the same pairs: ask for that",
    sample=(
        "<tool_calls>\n<tool_call>get_weather<tool_sep>\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n"
        "</tool_call>\n</tool_calls>"
    ),
)
