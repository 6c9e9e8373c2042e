r"""`hunyuan`: Hunyuan Hy3 and Hy4.

    <tool_calls>
    <tool_call>get_weather<tool_sep>
    <arg_key>city</arg_key>
    <arg_value>Oslo</arg_value>
    </tool_call>
    </tool_calls>

GLM's pairs in a block. Each tag may have a suffix, as `<tool_call:opensource>` has. The tag of one call without a
suffix is GLM's in every other reply.
"""

from collections.abc import Mapping

from toolbridge.dialects.arg_pairs import NAME_STARTS, Pairs, call, named_openers
from toolbridge.dialects.base import Dialect, Opener
from toolbridge.dialects.reading import Reading
from toolbridge.dialects.tagged import block
from toolbridge.messages import Tool
from toolbridge.scanner import Grammar

_SUFFIXES = ("", ":opensource")
_NOTATIONS = {suffix: Pairs(suffix, (f"</tool_calls{suffix}>",)) for suffix in _SUFFIXES}


def read(reading: Reading, opener: str) -> Grammar:
    """One block, or one call that stands alone."""
    name, colon, suffix = opener.strip("<>").partition(":")
    pairs = _NOTATIONS[colon + suffix]
    if name == "tool_call":
        yield from call(reading, pairs)
    else:
        yield from block(reading, pairs.block_close, pairs.tag("tool_call"), lambda: call(reading, pairs))


def tool_openers(tools: Mapping[str, Tool]) -> tuple[Opener, ...]:
    """The tag before names that begin with no letter of ASCII."""
    return named_openers("<tool_call:opensource>", tools)


DIALECT = Dialect(
    name="hunyuan",
    read=read,
    openers=(
        *(Opener(f"<tool_calls{suffix}>", (f"<tool_call{suffix}>",)) for suffix in _SUFFIXES),
        Opener("<tool_call:opensource>", NAME_STARTS),
    ),
    tool_openers=tool_openers,
    asked_openers=(Opener("<tool_call>", NAME_STARTS),),
    closers=tuple(f"</{name}{suffix}>" for suffix in _SUFFIXES for name in ("tool_call", "tool_calls")),
    unpromptable="glm has the same pairs: ask for that",
)
