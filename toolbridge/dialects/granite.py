r"""`granite`: Granite 3.0 to 3.3.

    <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]

Some versions write `<tool_call>` for the marker, which `hermes` wins in every other reply. The list ends the block.
Where reasoning was asked for, 3.2 writes `Here is my thought process:` and `Here is my response:` around the reasoning.
3.3 writes plain tags around it, and then its answer between `<response>` and `</response>`.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.envelopes import answer_openers, answer_words, thought_openers, thoughtful
from toolbridge.notation.shapes.json_block import json_block

_OPEN, _OTHER = "<|tool_call|>", "<tool_call>"
_ANSWER = {"<response>": "</response>"}
_RESPONSES = ("Here is my response:", "Here's my response:")
_THOUGHTS = {"Here is my thought process:": _RESPONSES, "Here's my thought process:": _RESPONSES}
_READ = answer_words(json_block(), _ANSWER, (_OPEN, _OTHER))

DIALECT = Dialect(
    name="granite",
    read=thoughtful(_READ, _THOUGHTS, (_OPEN,)),
    openers=(Opener(_OPEN, ("[", "{")),),
    asked_openers=(Opener(_OTHER, ("[", "{")), *answer_openers(_ANSWER), *thought_openers(_THOUGHTS)),
    closers=("</tool_call>", "<|/tool_call|>"),
    templates=(
        Template(("<|tool_call|>", "<|start_of_role|>")),
        Template(("<|tool_call|>", "<|/tool_call|>")),
        Template(("<|start_of_role|>available_tools",), lacks=("<tool_call>",)),
    ),
    models=r"granite-?3",
    unpromptable="its marker is a special token",
    sample='<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
)
