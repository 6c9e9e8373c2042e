"""How much of a model's window a conversation takes, and the window to ask an Ollama backend for.

Ollama cuts off the front of a prompt that is too long. The tools stand there, and Ollama answers 200 without a warning;
its default window is 4,096 tokens. So a request that may not fit names a window that holds it. A request that surely
fits names no window, because Ollama loads the model again whenever the window changes. Neither does a request whose
client has chosen a window.
"""

import re
from collections.abc import Iterable

from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.models import Model
from toolbridge.tool_prompt.compact_json import compact_json

DEFAULT = 4096
"""Ollama's own window, in tokens, where the machine is small."""
_CHARACTERS = 3.0
"""Characters per token that the estimate assumes. Prompts with tools were measured at 3.6 to 4.9, code and calls at 2.4
to 4.0."""
_IMAGE = 1024
"""Tokens that a picture takes."""
_TURN = 8
"""Tokens that a template puts around a turn."""
_REPLY = 2048
"""Tokens that are kept for the reply if the client sets no limit."""
_OTHER_SCRIPTS = re.compile(r"[^\x00-\u2e7f]+")
"""Characters of scripts other than Latin and its neighbours: each takes about one token."""


def estimated_tokens(request: ChatRequest) -> int:
    """How many tokens this conversation takes in a prompt; the estimate is rather too high than too low."""
    return int(sum(map(_characters, request.messages)) / _CHARACTERS) + sum(map(_tokens_beside, request.messages))


def tokens_of_tools(tools: Iterable[Tool]) -> int:
    """How many tokens these tools take where the backend's template writes them as JSON."""
    written = (compact_json([tool.name, tool.description, tool.parameters]) for tool in tools)
    return int(sum(map(_weight, written)) / _CHARACTERS)


def window_for(request: ChatRequest, model: Model) -> int | None:
    """The window to ask for: a power of two, or the model's own length. None if the backend's own window is enough."""
    if "window" in request.sampling:
        return None
    limit = request.sampling.get("max_tokens")
    reply = limit if limit is not None and limit > 0 else _REPLY
    needed = estimated_tokens(request) + reply
    if needed <= (model.window or DEFAULT):
        return None
    size = DEFAULT
    while size < needed:
        size *= 2
    return min(size, model.context_length or size)


def _characters(message: Message) -> int:
    calls = sum(len(call.name) + len(call.arguments_json) for call in message.tool_calls)
    return calls + _weight(message.content) + _weight(message.reasoning)


def _weight(text: str) -> int:
    """The length of a text in characters; a character that takes a token by itself counts as three."""
    return len(text) + (0 if text.isascii() else 2 * (len(text) - len(_OTHER_SCRIPTS.sub("", text))))


def _tokens_beside(message: Message) -> int:
    return _TURN + _IMAGE * len(message.images)
