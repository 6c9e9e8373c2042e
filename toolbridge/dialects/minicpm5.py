r"""`minicpm5`: MiniCPM5.

    <function name="get_weather"><param name="city">Oslo</param></function>

No block stands around the calls. Values may be CDATA, attribute quotes single, and where a server joins the tokens
without their blank, the tags are `<functionname=` and `<paramname=`.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import Tags, call
from toolbridge.scanner import Grammar

_TAGS = Tags(call="<function", call_close="</function>", parameter="<param", parameter_close="</param>")


def read(reading: Reading, _opener: str) -> Grammar:
    """Read one call."""
    yield from call(reading, _TAGS)


DIALECT = Dialect(
    name="minicpm5",
    read=read,
    openers=(Opener("<function", (" name", "\nname", "name=")),),
    closers=("</function>",),
    templates=(Template(("<param name=", "<function name=")),),
    models=r"minicpm-?5",
    unpromptable="xml, which is asked for, has nearly the same elements",
    sample='<function name="get_weather"><param name="city">Oslo</param></function>',
)
