"""The whole translation, with no network: requests, replies and streams from one wire to another.

    backend bytes ─ frames ─► reader ─► events ─ ReplyStage ─► events ─ writer ─► client bytes

`stage` reads text for calls and decides why a reply ended. `stream` translates a reply; `frame_keeper` does this where
both wires are the same and the backend's own frames go on, with `whole_calls` if the wire writes calls whole. `outcome`
holds how far a reply has come. `whole` translates requests, and replies in one piece. `copies` knows the calls of the
prompt's example.

The server drives `StreamTranslator` too, so a library user gets the same bytes as a client of the server.
"""

from toolbridge.tool_prompt import inject as inject_tools
from toolbridge.translate.copies import copied_examples
from toolbridge.translate.stage import ReplyStage
from toolbridge.translate.stream import StreamTranslator
from toolbridge.translate.whole import (
    read_request,
    translate_reply,
    translate_request,
    write_request,
)

__all__ = [
    "ReplyStage",
    "StreamTranslator",
    "copied_examples",
    "inject_tools",
    "read_request",
    "translate_reply",
    "translate_request",
    "write_request",
]
