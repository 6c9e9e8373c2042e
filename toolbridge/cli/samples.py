"""A sample of each notation: what a model writes to call one tool."""

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
    """A call in this notation, written as a prompt would, or as the dialect's file says where none is ever written."""
    return dialect.form.write([CALL], [TOOL]) if dialect.form else dialect.sample


def description(dialect: Dialect) -> str:
    """What its file says of it: who writes it, what it looks like, and what is read besides."""
    for module, found in families():
        if dialect in found:
            return inspect.cleandoc(module.__doc__ or "")
    return ""
