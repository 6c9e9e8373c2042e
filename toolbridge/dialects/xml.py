r"""`xml`: the notation that prompts ask for by default.

    <tool_calls>
    <invoke name="get_weather">
    <parameter name="city">Oslo</parameter>
    </invoke>
    </tool_calls>

Values are raw: nothing is quoted, escaped or decoded. Other wrappers are forgiven, and so is a missing wrapper. At the
start of a line an element may be named after an offered tool.
"""

from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener
from toolbridge.notation.shapes.invocations import (
    ANY_CLOSERS,
    ANY_OPENERS,
    INVOKE_MARKUP,
    WRAPPERS,
    any_invocations,
    invocations,
)
from toolbridge.notation.shapes.invoke import BEHIND_NAME

_WRAPPER_TAGS = (*WRAPPERS, *WRAPPERS.values())


def write(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> str:
    """One block of calls."""
    return f"<tool_calls>\n{invocations(calls, tools, _WRAPPER_TAGS)}\n</tool_calls>"


DIALECT = Dialect(
    name="xml",
    read=any_invocations,
    openers=ANY_OPENERS,
    tool_openers=(Opener("<", BEHIND_NAME, line_start=True),),
    closers=ANY_CLOSERS,
    form=Form(
        write=write,
        skeleton=(
            "<tool_calls>\n"
            '<invoke name="TOOL_NAME">\n'
            '<parameter name="PARAMETER_NAME">VALUE</parameter>\n'
            "</invoke>\n"
            "</tool_calls>"
        ),
        values=(
            "Write text values as they are, without quotes or escaping: line breaks, < and & stay as they are.",
            "Write numbers, true, false and null bare, and lists and objects as JSON.",
        ),
        markers=(*_WRAPPER_TAGS, *INVOKE_MARKUP),
        calls=("element",),
    ),
)
