"""How much of a model's window a conversation takes, and the window to ask an Ollama backend for.

Ollama cuts a prompt that is too long from the front, where the tools stand, with a 200 and no word about it, and its
default window is 4,096 tokens. So a request that may not fit names a window that holds it; one that surely fits, or a
client that has chosen, is left alone, as another window than the last one makes Ollama load the model again.
"""

import re

from toolbridge.messages import ChatRequest, Message
from toolbridge.models import Model

DEFAULT = 4096
"""Ollama's own window, in tokens, where the machine is small."""
_CHARACTERS = 3.0
"""Of a token, at the least: prompts of tools were measured at 3.6 to 4.9, code and calls at 2.4 to 4.0."""
_IMAGE = 1024
"""Tokens of a picture."""
_TURN = 8
"""Tokens that a template puts around a turn."""
_REPLY = 2048
"""Tokens kept for the reply of a client that sets no limit."""
_FAR = re.compile(r"[^\x00-\u2e7f]+")
"""Characters that take about a token each: what is not Latin."""


def estimated_tokens(request: ChatRequest) -> int:
    """How many tokens this conversation takes in a prompt, rather too many than too few."""
    return int(sum(map(_characters, request.messages)) / _CHARACTERS) + sum(map(_beside, request.messages))


def window_for(request: ChatRequest, model: Model) -> int | None:
    """The window to ask for, a power of two or the model's own length; None where the backend's own will do."""
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
    """The characters of a text, those that take a token each as three."""
    return len(text) + (0 if text.isascii() else 2 * (len(text) - len(_FAR.sub("", text))))


def _beside(message: Message) -> int:
    return _TURN + _IMAGE * len(message.images)
