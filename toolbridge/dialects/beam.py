r"""`beam`: Beam, whose tags begin with `rfl`.

    <|channel|>analysis<|message|>I look.<|end|><|start|>assistant to=get_weather<|channel|>analysis
     <|constrain|>xml<|message|><rfl:parameter name="city">
    Oslo
    </rfl:parameter><|call|>

(the header in one line). The frame is harmony's, and each parameter is an element. The form is that of the response
template with which SGLang's gateway is tested. No chat template and no reply of the model was at hand.
"""

from toolbridge.notation.dialect import PROMPTED, Dialect, NameToken, Opener, Template
from toolbridge.notation.shapes.channels import ASKED_OPENERS, OPENERS, Channels, message_call

_TO_TOOLS = (NameToken(("to=", "<|channel|>")),)

DIALECT = Dialect(
    name="beam",
    read=Channels(message_call).read,
    # A message to a tool as the first message of a reply, whose header the prompt has begun.
    openers=(Opener(PROMPTED, first=True, named=_TO_TOOLS),),
    asked_openers=(*OPENERS, *ASKED_OPENERS),
    closers=("<|call|>",),
    ends_reasoning=True,
    templates=(Template(("<rfl:parameter", "<|channel|>")),),
    unpromptable="its markers are special tokens",
    sample=(
        "<|channel|>analysis<|message|>I look.<|end|><|start|>assistant to=get_weather<|channel|>analysis "
        '<|constrain|>xml<|message|><rfl:parameter name="city">\nOslo\n</rfl:parameter><|call|>'
    ),
)
