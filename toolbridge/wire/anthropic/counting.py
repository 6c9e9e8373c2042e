"""Estimates the tokens of a request, without the model's own tokenizer.

Four bytes of UTF-8 count as a token, which is right to a third or so for English, code and JSON. A caller that knows
how many tokens a backend counted in earlier requests corrects the estimate.
"""

from collections.abc import Iterator

from toolbridge.messages import ChatRequest
from toolbridge.wire.codec import json_text

_BYTES = 4
"""Bytes of a token."""
_TURN = 4
"""Tokens around each turn."""
_SAMPLE = 1 << 16
"""Characters of a long text whose bytes are counted."""
_PICTURE = 1000
"""Tokens of a picture, whatever its size."""


def estimated_tokens(request: ChatRequest) -> int:
    """Tokens of a client's whole request; 0 for an empty request."""
    size = sum(map(_size, _texts(request)))
    pictures = sum(len(message.images) for message in request.messages)
    return -(-size // _BYTES) + _TURN * len(request.messages) + _PICTURE * pictures


def _size(text: str) -> int:
    """Bytes of UTF-8. In a long text that is not ASCII, only the beginning is counted, as the count takes time."""
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
