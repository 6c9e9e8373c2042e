"""`/api/generate`: a chat of one turn, and its reply with the text as `response`.

It is a wire for clients alone (`ollama.generate`), beside `/api/chat`. No request to a backend is written in it, as an
Ollama backend gets the client's own bytes.
"""

from toolbridge.wire.base import Wire
from toolbridge.wire.generate.read_request import NAME, is_prompt, read_request
from toolbridge.wire.generate.write_reply import compose, stream_writer
from toolbridge.wire.ollama import WIRE as CHAT

WIRE = Wire(
    name=NAME,
    title=CHAT.title,
    path="/api/generate",
    frames=CHAT.frames,
    whole_type=CHAT.whole_type,
    read_request=read_request,
    stream_writer=stream_writer,
    compose=compose,
    word=CHAT.word,
    write_error=CHAT.write_error,
    whole_calls=True,
    breaks_off=True,
    tells_durations=True,
    is_prompt=is_prompt,
    of_ollama=True,
)
