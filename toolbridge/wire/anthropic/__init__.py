"""Anthropic's wire: `/v1/messages`, named server-sent events, replies as a row of blocks.

Ollama's route of this name differs from Anthropic's own server, and clients get the ways of the latter: an error in the
middle of a stream is written, `tool_choice` is obeyed, and a reply without content has an empty list. Source of the
rules: Anthropic's reference, its Python and JavaScript clients, and Ollama's `anthropic/anthropic.go`.
"""

from toolbridge.frames import SseFrames
from toolbridge.wire.anthropic.failures import read_error, sign, write_error
from toolbridge.wire.anthropic.models import write_listed
from toolbridge.wire.anthropic.read_reply import AnthropicReader
from toolbridge.wire.anthropic.read_request import NAME, read_request
from toolbridge.wire.anthropic.write_reply import StreamWriter, compose, word
from toolbridge.wire.anthropic.write_request import write_request
from toolbridge.wire.base import BackendWire

WIRE = BackendWire(
    name=NAME,
    title="Anthropic's",
    path="/v1/messages",
    errors_below="/v1/messages",
    known_by="anthropic-version",
    id_header="request-id",
    frames=SseFrames,
    whole_type="application/json",
    read_request=read_request,
    write_request=write_request,
    reader=AnthropicReader,
    read_error=read_error,
    stream_writer=StreamWriter,
    compose=compose,
    word=word,
    write_error=write_error,
    sign=sign,
    write_listed=write_listed,
    ping=b'event: ping\ndata: {"type": "ping"}\n\n',
    hints_thinking=True,
    thinking_fields=("thinking", "output_config"),
)
