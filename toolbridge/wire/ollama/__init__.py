"""Ollama's own wire: `/api/chat`, NDJSON, calls whole and arguments as objects.

Source of the rules: Ollama's `api/types.go`, `server/routes.go` and `llm/llama_server.go`, and its Python and
JavaScript clients.
"""

from toolbridge.frames import NdjsonFrames
from toolbridge.wire.base import BackendWire
from toolbridge.wire.failures import read_error
from toolbridge.wire.ollama.read_reply import OllamaReader
from toolbridge.wire.ollama.read_request import NAME, read_request
from toolbridge.wire.ollama.write_reply import StreamWriter, compose, rewrite, word, write_error
from toolbridge.wire.ollama.write_request import write_request

WIRE = BackendWire(
    name=NAME,
    title="Ollama's",
    path="/api/chat",
    errors_below="/",
    frames=NdjsonFrames,
    whole_type="application/json; charset=utf-8",
    read_request=read_request,
    write_request=write_request,
    reader=OllamaReader,
    read_error=read_error,
    stream_writer=StreamWriter,
    compose=compose,
    rewrite=rewrite,
    word=word,
    write_error=write_error,
    whole_calls=True,
    breaks_off=True,
    tells_durations=True,
)
