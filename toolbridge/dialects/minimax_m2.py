r"""`minimax-m2`: MiniMax M2 and M2.5.

    <minimax:tool_call>
    <invoke name="get_weather">
    <parameter name="city">Oslo</parameter>
    </invoke>
    </minimax:tool_call>

All the calls of a turn stand in one block. The quotes of the attributes may be single or missing. A call ends the
reasoning, as it does in vLLM's parser of these models.
"""

from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener, Template
from toolbridge.notation.shapes.invocations import INVOKE_MARKUP, invocations, invoke_block

_OPEN, _CLOSE = "<minimax:tool_call>", "</minimax:tool_call>"


def write(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> str:
    """One block of calls."""
    return f"{_OPEN}\n{invocations(calls, tools, (_OPEN, _CLOSE))}\n{_CLOSE}"


DIALECT = Dialect(
    name="minimax-m2",
    read=invoke_block(_CLOSE),
    openers=(Opener(_OPEN, ("<invoke", "{", "[")),),
    closers=(_CLOSE, "</invoke>"),
    ends_reasoning=True,
    templates=(Template(("<minimax:tool_call>", "<invoke name=")),),
    architectures=("minimax-m2",),
    models=r"minimax-?m2",
    form=Form(
        write=write,
        skeleton=(
            "<minimax:tool_call>\n"
            '<invoke name="TOOL_NAME">\n'
            '<parameter name="PARAMETER_NAME">VALUE</parameter>\n'
            "</invoke>\n"
            "</minimax:tool_call>"
        ),
        values=(
            "Write text values as they are, without quotes or escaping: line breaks, < and & stay as they are.",
            "Write numbers, true, false and null bare, and lists and objects as JSON.",
        ),
        markers=(_OPEN, _CLOSE, *INVOKE_MARKUP),
    ),
)
