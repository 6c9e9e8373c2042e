"""OpenAI's wire: `/v1/chat/completions`, SSE chunks, calls in pieces and arguments as text.

Clients get the replies of Ollama's own route of this name, with two faults mended: the role comes once, and an error in
the middle of a stream is written. Source of the rules: Ollama's `openai/openai.go` and `middleware/openai.go`, OpenAI's
own reference, and its Python and JavaScript clients.
"""

from toolbridge.frames import SseFrames
from toolbridge.wire.base import BackendWire
from toolbridge.wire.failures import read_error
from toolbridge.wire.openai.fitting import fitted
from toolbridge.wire.openai.read_reply import OpenAIReader
from toolbridge.wire.openai.read_request import NAME, read_request
from toolbridge.wire.openai.write_reply import DONE, StreamWriter, compose, rewrite, word, write_error
from toolbridge.wire.openai.write_request import write_request

WIRE = BackendWire(
    name=NAME,
    title="OpenAI's",
    path="/v1/chat/completions",
    errors_below="/v1/",
    frames=SseFrames,
    whole_type="application/json",
    ping=b": ping\n\n",
    stream_end=DONE,
    read_request=read_request,
    write_request=write_request,
    fit=fitted,
    reader=OpenAIReader,
    read_error=read_error,
    stream_writer=StreamWriter,
    compose=compose,
    rewrite=rewrite,
    word=word,
    write_error=write_error,
    hints_thinking=True,
    thinking_fields=("reasoning",),
)
