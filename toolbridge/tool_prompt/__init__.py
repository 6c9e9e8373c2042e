"""Tools into a prompt: the text that makes any model call tools, and the history in the same notation.

`tool_prompt` writes the block at the end of a system message: the tools as a typed list (`tool_list` defines its
lines), how to write a call, seven rules, and an example (`example`). The same tools always give the same bytes, so that
a backend's prompt cache stays warm: the block holds no date, no id and nothing of the conversation. `inject` puts the
block into a request and rewrites past calls and results (`history`).

The wording is plain and neutral on purpose. Small models exaggerate: a line that presses for tools makes them call a
tool for a greeting.
"""

from toolbridge.tool_prompt.again import asked_again
from toolbridge.tool_prompt.block import PROMPT_VERSION, choosable, example_calls, tool_prompt
from toolbridge.tool_prompt.example_turns import allowed_variant
from toolbridge.tool_prompt.history import inject
from toolbridge.tool_prompt.variants import BRIEF, ZERO_SHOT, Variant, choose_variant
from toolbridge.tool_prompt.window import estimated_tokens, tokens_of_tools, window_for

__all__ = [
    "BRIEF",
    "PROMPT_VERSION",
    "ZERO_SHOT",
    "Variant",
    "allowed_variant",
    "asked_again",
    "choosable",
    "choose_variant",
    "estimated_tokens",
    "example_calls",
    "inject",
    "tokens_of_tools",
    "tool_prompt",
    "window_for",
]
