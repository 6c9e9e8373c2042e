r"""`harmony`: gpt-oss.

    <|channel|>analysis<|message|>I look.<|end|>
    <|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Oslo"}
    <|call|>

(in one line). Reasoning is on `analysis`, the answer on `final`, words before calls on `commentary`. A call's object
may stand in a JSON string or in a list of its own, and may have a superfluous bracket behind it. Text may stand in its
place for a tool whose only parameter is a text.
"""

from toolbridge.notation.dialect import Dialect, Template
from toolbridge.notation.shapes.channels import ASKED_OPENERS, HIDDEN_OPENERS, OPENERS, Channels, message_call

DIALECT = Dialect(
    name="harmony",
    read=Channels(message_call).read,
    openers=OPENERS,
    asked_openers=(*ASKED_OPENERS, *HIDDEN_OPENERS),
    closers=("<|call|>",),
    ends_reasoning=True,
    templates=(Template(("<|channel|>",)),),
    architectures=("gpt-oss", "gptoss"),
    models=r"gpt-?oss",
    parsers=("openai",),
    unpromptable="its markers are special tokens",
    sample=(
        "<|channel|>analysis<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather "
        '<|constrain|>json<|message|>{"city": "Oslo"}<|call|>'
    ),
)
