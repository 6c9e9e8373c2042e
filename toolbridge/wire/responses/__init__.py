"""OpenAI's newer wire for clients: `/v1/responses`, a reply as a row of items, told in numbered events.

What Codex CLI speaks, and what the SDKs prefer. Requests become the same `ChatRequest` as any other. The bridge asks no
backend by it, but the library translates both ways. Nothing is kept of a response. Source of the rules: OpenAI's own
reference, Ollama's `openai/responses.go`, and what the Python and JavaScript packages and Codex accept.
"""

from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.wire import Clock, Ids, Reader, Writer
from toolbridge.wire.failures import read_error
from toolbridge.wire.openai.writing import write_error
from toolbridge.wire.responses.reading import ResponsesReader
from toolbridge.wire.responses.requests import NAME, read_request
from toolbridge.wire.responses.sending import write_request
from toolbridge.wire.responses.writing import StreamWriter, compose, word
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
    """A reader for one reply."""
    del clock  # a response carries its own time
    return ResponsesReader(stream=stream, limits=limits, ids=ids)


def writer(*, request: ChatRequest, clock: Clock, ids: Ids, notes: bool = False) -> Writer:
    """A writer for one reply to a client."""
    del notes  # clients of this wire show errors
    one = StreamWriter(request, clock, ids)
    return one if request.stream else WholeWriter(lambda events: compose(events, one))
