"""Ollama's own wire: `/api/chat`, NDJSON, calls whole and arguments as objects.

Source of the rules: Ollama's `api/types.go`, `server/routes.go` and `llm/llama_server.go`, and what its Python and
JavaScript clients accept.
"""

from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.wire import Clock, Ids, Reader, Writer
from toolbridge.wire.failures import read_error
from toolbridge.wire.ollama.reading import OllamaReader
from toolbridge.wire.ollama.requests import NAME, read_request, write_request
from toolbridge.wire.ollama.writing import StreamWriter, compose, rewrite, word, write_error
from toolbridge.wire.whole import WholeWriter

STREAM_TYPE = "application/x-ndjson"
WHOLE_TYPE = "application/json; charset=utf-8"
STREAM_END = b""

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
    del clock  # Ollama dates its replies
    return OllamaReader(stream=stream, limits=limits, ids=ids)


def writer(*, request: ChatRequest, clock: Clock, ids: Ids, notes: bool = False) -> Writer:
    """A writer for one reply to a client."""
    del ids  # a reply of this wire has no id
    if request.stream:
        return StreamWriter(request.model, clock, notes=notes)
    return WholeWriter(lambda events: compose(events, request.model, clock))
