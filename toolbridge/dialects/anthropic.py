r"""`anthropic`: the XML that Claude was once prompted for, and that models trained on its logs fall back to.

    <function_calls>
    <invoke name="get_weather">
    <parameter name="city">Oslo</parameter>
    </invoke>
    </function_calls>

The notation of `xml` in another wrapper. Where this dialect was not asked for, `xml` reads both wrappers. Claude 2 was
prompted for elements without attributes (`tool_name.py`), which are read as well.
"""

from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.shapes.invocations import ANY_CLOSERS, ANY_OPENERS, INVOKE_MARKUP, any_invocations, invocations

_OPEN, _CLOSE = "<function_calls>", "</function_calls>"


def write(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> str:
    """One block of calls."""
    return f"{_OPEN}\n{invocations(calls, tools, (_OPEN, _CLOSE))}\n{_CLOSE}"


DIALECT = Dialect(
    name="anthropic",
    read=any_invocations,
    openers=(Opener("<invoke", (">",)),),
    asked_openers=ANY_OPENERS,
    closers=ANY_CLOSERS,
    templates=(Template(("<function_calls>", "<invoke name=")),),
    form=Form(
        write=write,
        skeleton=(
            "<function_calls>\n"
            '<invoke name="TOOL_NAME">\n'
            '<parameter name="PARAMETER_NAME">VALUE</parameter>\n'
            "</invoke>\n"
            "</function_calls>"
        ),
        values=(
            "Write text values as they are, without quotes or escaping: line breaks, < and & stay as they are.",
            "Write numbers, true, false and null bare, and lists and objects as JSON.",
        ),
        wrapper=("<function_results>", "</function_results>"),
        markers=(_OPEN, _CLOSE, *INVOKE_MARKUP),
    ),
)
