"""OpenAI's newer wire for clients: `/v1/responses`, a reply as a row of items, sent in numbered events.

Codex CLI speaks it, and the SDKs prefer it. The bridge asks no backend by it, but the library translates both ways. A
server may keep responses, so that clients can refer to them (`recall`). Source of the rules: OpenAI's own reference,
Ollama's `openai/responses.go`, Codex, and OpenAI's Python and JavaScript packages.
"""

from toolbridge.frames import SseFrames
from toolbridge.wire.base import BackendWire
from toolbridge.wire.failures import read_error
from toolbridge.wire.openai.write_reply import write_error
from toolbridge.wire.responses.compaction import PATH, at_path
from toolbridge.wire.responses.read_reply import ResponsesReader
from toolbridge.wire.responses.read_request import NAME, read_request
from toolbridge.wire.responses.write_reply import StreamWriter, compose, word
from toolbridge.wire.responses.write_request import write_request

WIRE = BackendWire(
    name=NAME,
    title="OpenAI's newer",
    path="/v1/responses",
    frames=SseFrames,
    whole_type="application/json",
    read_request=read_request,
    write_request=write_request,
    reader=ResponsesReader,
    read_error=read_error,
    stream_writer=StreamWriter,
    compose=compose,
    word=word,
    write_error=write_error,
    ping=b": ping\n\n",
    hints_thinking=True,
    refers=True,
    also_at={PATH: at_path},
)
