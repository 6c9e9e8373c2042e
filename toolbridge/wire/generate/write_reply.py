"""Events into the lines, or the object, of `/api/generate`: as on `/api/chat`, with `response` for `message`."""

from collections.abc import Mapping
from typing import Any

from toolbridge.events import Event
from toolbridge.wire.base import ReplyContext, Writer
from toolbridge.wire.ollama import write_reply


def stream_writer(context: ReplyContext) -> Writer:
    """A writer of the lines of a stream."""
    return write_reply.StreamWriter(context, _ON_TOP)


def compose(events: list[Event], context: ReplyContext) -> bytes:
    """A whole reply as one object, or as the body of its error."""
    return write_reply.compose(events, context, _ON_TOP)


def _fields(message: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: message[name] for name in ("thinking", "tool_calls") if name in message}
    return {"response": message["content"], **rest}


_ON_TOP = write_reply.Place('"response":', "", _fields)
