r"""`cohere`: Command R7B and A, Command 4, North; Command R and R+.

    <|START_THINKING|>I will look.<|END_THINKING|><|START_ACTION|>[
        {"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Oslo"}}
    ]<|END_ACTION|>

An answer stands between `<|START_RESPONSE|>` and `<|END_RESPONSE|>`, since Command 4 between `<|START_TEXT|>` and
`<|END_TEXT|>`. The markers of its citations stay in the answer. The ids count from zero in every turn. Command R and R+
wrote words and a fence:

    Action:
    ```json
    [{"tool_name": "get_weather", "parameters": {"city": "Oslo"}}]
    ```

Where they want no tool they call `directly-answer`. Such calls are dropped, unless a tool of that name is offered.
"""

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.envelopes import answer_openers, answer_tokens
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.scanner import Grammar

_CLOSE = "<|END_ACTION|>"
_ANSWER = {"<|START_RESPONSE|>": "<|END_RESPONSE|>", "<|START_TEXT|>": "<|END_TEXT|>"}
_ACTION = "Action:"
_FENCES = ("```json", "```")
_NOBODY = frozenset({"directly-answer", "directly_answer"})
_BLOCK, _FENCED = json_block(_CLOSE), json_block("```", dropped=_NOBODY)


def read(reading: Reading, opener: str) -> Grammar:
    """Read one block of calls, between its tokens, or behind words and in a fence."""
    if opener != _ACTION:
        yield from _BLOCK(reading, opener)
        return
    yield from reading.scanner.blanks()
    yield from reading.scanner.literal(*_FENCES)
    yield from _FENCED(reading, opener)


DIALECT = Dialect(
    name="cohere",
    read=answer_tokens(read, _ANSWER),
    openers=(
        Opener("<|START_ACTION|>", ("[", "{")),
        Opener(_ACTION, _FENCES[:1], line_start=True),
        *answer_openers(_ANSWER),
    ),
    asked_openers=(Opener(_ACTION, _FENCES[1:], line_start=True),),
    closers=(_CLOSE,),
    thinks_again=("<|START_THINKING|>",),
    templates=(Template(("<|START_ACTION|>",)), Template(("directly-answer",))),
    architectures=("cohere2moe",),
    models=r"command-?(?:r7b|a(?![a-z])|4)",
    parsers=("cohere-command3", "cohere-command4"),
    unpromptable="its markers are special tokens",
    sample=(
        '<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Oslo"}}\n'
        "]<|END_ACTION|>"
    ),
)
