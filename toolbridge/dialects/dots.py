r"""`dots`: Dots.

    <dots_function_call>
    <invoke name="get_weather">
    <parameter name="city">Oslo</parameter>
    </invoke>
    </dots_function_call>

Objects with a name and arguments stand in the block as well.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.shapes.invocations import invoke_block

_CLOSE = "</dots_function_call>"

DIALECT = Dialect(
    name="dots",
    read=invoke_block(_CLOSE),
    openers=(Opener("<dots_function_call>", ("<invoke", "{", "[")),),
    closers=(_CLOSE, "</invoke>"),
    templates=(Template(("<dots_function_call>",)),),
    models=r"(?<![a-z])dots\.(?:llm|vlm)",
    unpromptable="xml, which is asked for, has the same elements",
    sample=(
        '<dots_function_call>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n'
        "</invoke>\n</dots_function_call>"
    ),
)
