r"""`deepseek-v3.2`: DeepSeek V3.2, V4 and V4.1.

    <｜DSML｜function_calls>
    <｜DSML｜invoke name="get_weather">
    <｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>
    <｜DSML｜parameter name="days" string="false">2</｜DSML｜parameter>
    </｜DSML｜invoke>
    </｜DSML｜function_calls>

The block is `tool_calls` since V4, and `calls` in V4.1, which writes a blank behind the token. `string` says whether a
value is text or JSON. Where `string` is missing, the schema says it. The bars are U+FF5C. A call ends the reasoning, as
it does in vLLM's parser of these models.
"""

from toolbridge.notation.dialect import Dialect, Template
from toolbridge.notation.shapes.marked_invoke import MarkedInvoke

_DSML = MarkedInvoke("｜DSML｜", ("function_calls", "tool_calls", "toolcalls", "calls", "tool"))

DIALECT = Dialect(
    name="deepseek-v3.2",
    read=_DSML.read,
    openers=_DSML.openers,
    closers=_DSML.closers,
    ends_reasoning=True,
    templates=(Template(("｜DSML｜",)),),
    architectures=("deepseek32", "deepseek4"),
    models=r"deepseek-?v(?:3\.?2|4)",
    unpromptable="its markers are special tokens",
    sample=(
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n'
        '<｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>\n'
        "</｜DSML｜invoke>\n</｜DSML｜function_calls>"
    ),
)
