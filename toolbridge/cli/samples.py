"""A sample of each notation: the text with which a model calls one tool."""

import inspect

from toolbridge.dialects import families
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect

TOOL = Tool(
    "get_weather",
    "Report the weather of a city.",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "The city's name"},
            "days": {"type": "integer", "description": "How many days ahead", "default": 1},
        },
        "required": ["city"],
    },
)
"""The tool that samples call."""
CALL = ToolCall(TOOL.name, '{"city": "Oslo"}')


def sample(dialect: Dialect) -> str:
    """A call in this notation: written by its form, or the sample in the dialect's file if no prompt asks for it."""
    return dialect.form.write([CALL], [TOOL]) if dialect.form else dialect.sample


def description(dialect: Dialect) -> str:
    """The docstring of the dialect's file: who writes the notation, what it looks like, and what else is read."""
    for module, found in families():
        if dialect in found:
            return inspect.cleandoc(module.__doc__ or "")
    return ""
