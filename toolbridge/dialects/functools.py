r"""`functools`: Phi-4-mini and Firefunction v2.

    functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]

The word is plain text, and a Python module has the same name. So where another notation was asked for, the word counts
only with its bracket and the brace of an object behind it.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block, rewind
from toolbridge.scanner import Grammar

_WORD = "functools"
_LIST = json_block()


def read(reading: Reading, opener: str) -> Grammar:
    """Read the list, whose bracket may belong to the opener."""
    rewind(reading)
    yield from reading.scanner.literal(_WORD)
    yield from _LIST(reading, opener)


DIALECT = Dialect(
    name="functools",
    read=read,
    openers=(Opener(f"{_WORD}[", ("{",)),),
    asked_openers=(Opener(_WORD, ("[",)),),
    templates=(
        Template(("functools[",)),
        Template(("<|tool|>", "<|/tool|>"), lacks=("<|tool_call|>",)),
    ),
    models=r"phi-?4-?mini|firefunction",
    unpromptable="json is asked for where models write lists, with no word before them",
    sample='functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
)
