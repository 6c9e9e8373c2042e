"""How many tokens a request may be, without the model's own tokenizer: an estimate.

Four bytes of UTF-8 are a token, which holds to a third or so for English, code and JSON; who knows what a backend
counted of earlier requests corrects it.
"""

from collections.abc import Iterator

from toolbridge.messages import ChatRequest
from toolbridge.wire.codec import json_text

_BYTES = 4
"""Of one token."""
_TURN = 4
"""Tokens around each turn."""
_SAMPLE = 1 << 16
"""Characters of a text whose bytes are counted."""
_PICTURE = 1000
"""Tokens of a picture, whose size nobody looks at."""


def estimated_tokens(request: ChatRequest) -> int:
    """Tokens of what the client has sent; 0 of nothing."""
    size = sum(map(_size, _texts(request)))
    pictures = sum(len(message.images) for message in request.messages)
    return -(-size // _BYTES) + _TURN * len(request.messages) + _PICTURE * pictures


def _size(text: str) -> int:
    """Bytes of UTF-8; of a long text that is not ASCII as many as its beginning makes likely, as this costs time."""
    if text.isascii():
        return len(text)
    sample = text[:_SAMPLE]
    return len(sample.encode("utf-8", "replace")) * len(text) // len(sample)


def _texts(request: ChatRequest) -> Iterator[str]:
    for message in request.messages:
        yield message.content
        yield message.reasoning
        for call in message.tool_calls:
            yield call.name
            yield call.arguments_json
    for tool in request.tools:
        yield tool.name
        yield tool.description
        yield json_text(tool.parameters)
