"""OpenAI's wire: `/v1/chat/completions`, SSE chunks, calls in pieces and arguments as text.

Towards clients it is what Ollama has on that route, with its faults mended: the role comes once, and an error in the
middle of a stream is said. Source of the rules: Ollama's `openai/openai.go` and `middleware/openai.go`, OpenAI's own
reference, and what its Python and JavaScript clients accept.
"""

from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.wire import Clock, Ids, Reader, Writer
from toolbridge.wire.failures import read_error
from toolbridge.wire.openai.reading import OpenAIReader
from toolbridge.wire.openai.requests import NAME, read_request
from toolbridge.wire.openai.sending import write_request
from toolbridge.wire.openai.writing import DONE, StreamWriter, compose, rewrite, word, write_error
from toolbridge.wire.whole import WholeWriter

STREAM_TYPE = "text/event-stream"
WHOLE_TYPE = "application/json"
STREAM_END = DONE

__all__ = [
    "NAME",
    "STREAM_END",
    "STREAM_TYPE",
    "WHOLE_TYPE",
    "read_error",
    "read_request",
    "reader",
    "rewrite",
    "word",
    "write_error",
    "write_request",
    "writer",
]


def reader(*, stream: bool, limits: Limits, clock: Clock, ids: Ids) -> Reader:
    """A reader for one reply of a backend."""
    del clock  # a chunk carries its own time
    return OpenAIReader(stream=stream, limits=limits, ids=ids)


def writer(*, request: ChatRequest, clock: Clock, ids: Ids, notes: bool = False) -> Writer:
    """A writer for one reply to a client."""
    del notes  # clients of this wire show errors
    if request.stream:
        return StreamWriter(request.model, clock, ids, include_usage=request.include_usage)
    return WholeWriter(lambda events: compose(events, request.model, clock, ids))
