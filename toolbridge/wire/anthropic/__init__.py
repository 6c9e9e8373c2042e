"""Anthropic's wire: `/v1/messages`, named server-sent events, replies as a row of blocks.

Towards clients it is what Anthropic's own server is, where Ollama's route differs from it: errors are said in the
middle of a stream, `tool_choice` is kept to, no content is an empty list. Source of the rules: Anthropic's reference,
what its Python and JavaScript clients accept, and Ollama's `anthropic/anthropic.go`.
"""

from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.wire import Clock, Ids, Reader, Writer
from toolbridge.wire.anthropic.failures import read_error, write_error
from toolbridge.wire.anthropic.reading import AnthropicReader
from toolbridge.wire.anthropic.requests import NAME, read_request
from toolbridge.wire.anthropic.sending import write_request
from toolbridge.wire.anthropic.writing import StreamWriter, compose, word
from toolbridge.wire.whole import WholeWriter

STREAM_TYPE = "text/event-stream"
WHOLE_TYPE = "application/json"
STREAM_END = b""

__all__ = [
    "NAME",
    "STREAM_END",
    "STREAM_TYPE",
    "WHOLE_TYPE",
    "read_error",
    "read_request",
    "reader",
    "word",
    "write_error",
    "write_request",
    "writer",
]


def reader(*, stream: bool, limits: Limits, clock: Clock, ids: Ids) -> Reader:
    """A reader for one reply of a backend."""
    del clock  # a reply of this wire has no time
    return AnthropicReader(stream=stream, limits=limits, ids=ids)


def writer(*, request: ChatRequest, clock: Clock, ids: Ids, notes: bool = False) -> Writer:
    """A writer for one reply to a client."""
    del clock, notes  # a reply of this wire has no time, and its clients show errors
    if request.stream:
        return StreamWriter(request, ids)
    return WholeWriter(lambda events: compose(events, request, ids))
