"""What the caches of prompts go by: a client sends the same tools with every turn."""

from collections.abc import Iterable

from toolbridge.byte_cache import digest
from toolbridge.messages import Tool
from toolbridge.tool_prompt.compact_json import compact_json


def digest_of(tools: Iterable[Tool]) -> bytes:
    """A digest of the tools: of what a prompt tells of them."""
    return digest(compact_json([tool.name, tool.description, tool.parameters]) for tool in tools)
