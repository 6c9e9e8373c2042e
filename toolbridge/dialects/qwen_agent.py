r"""`qwen-agent`: the prompts of Qwen-Agent, and what Qwen 1.5, Qwen 2 and Qwen-Coder-Plus learnt of them.

    ✿FUNCTION✿: get_weather
    ✿ARGS✿: {"city": "Oslo"}

Several calls stand one behind the other. Behind them a model that is not stopped makes up `✿RESULT✿: …`, and answers
it behind `✿RETURN✿: …`. The form is that of `qwen_fncall_prompt.py` in Qwen-Agent.
"""

import re
from collections.abc import Generator

from toolbridge.notation.dialect import Dialect, Opener
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.named_call import Header, Named
from toolbridge.scanner import BLANK

_NAME, _ARGUMENTS = "✿FUNCTION✿", "✿ARGS✿"
_TEXT = re.compile(r"[^✿\n]*")


def header(reading: Reading) -> Generator[None, None, Header]:
    """`: get_weather`, a line break and `✿ARGS✿:`."""
    scanner = reading.scanner
    yield from scanner.literal(":")
    yield from scanner.blanks()
    name = yield from scanner.take(_TEXT)
    yield from scanner.blanks()
    yield from scanner.literal(_ARGUMENTS)
    yield from scanner.literal(":")
    return Header(name.strip(BLANK))


DIALECT = Dialect(
    name="qwen-agent",
    read=Named(header, (_NAME,)).read,
    openers=(Opener(_NAME, (":",)),),
    unpromptable="models that know it know hermes as well: ask for that",
    sample='✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Oslo"}',
)
