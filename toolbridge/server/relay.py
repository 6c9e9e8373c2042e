"""The backend's answer goes to the client unread: byte for byte, piece by piece.

One read becomes one write, so that a slow client slows the reading from the backend. A client never sees an end that
the backend did not send: if the backend breaks off, a stream gets a frame with the error in the words of its wire, and
any other answer breaks off as well, as does a stream of a wire whose clients skip such frames.
"""

from collections.abc import Mapping

from aiohttp import web

from toolbridge.errors import BackendError
from toolbridge.events import Error
from toolbridge.frames import SseFrames
from toolbridge.messages import ChatRequest
from toolbridge.server.ending import Ending
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import reply_headers
from toolbridge.server.pings import Pings
from toolbridge.server.readers import break_off
from toolbridge.server.upstream import Answer
from toolbridge.wire import Wire, Writer
from toolbridge.wire.ollama import WIRE as OLLAMA
from toolbridge.wire.openai import WIRE as OPENAI

_STREAMS: Mapping[str, Wire] = {each.stream_type: each for each in (OLLAMA, OPENAI)}
"""Streams that can say that they failed, by media type: the wire whose words their clients read."""


async def relay(
    request: web.Request,
    answer: Answer,
    *,
    first: bytes = b"",
    writer: Writer | None = None,
    ending: Ending | None = None,
    notes: bool = False,
    pings: Pings | None = None,
) -> web.StreamResponse:
    """Write an answer as it comes; `first` was read before.

    The `writer` of a chat writes its error, where the media type does not say enough; with `notes` it writes the error
    into the text, and the stream ends like a whole reply. The `ending` of a chat finds out
    how the reply ended, for the log.
    """
    sent = reply_headers(answer.headers)
    request[EXCHANGE].untyped = "Content-Type" not in sent
    if not 200 <= answer.status < 300 or "Content-Encoding" in sent:
        ending = None
    pings = pings or Pings(request, OLLAMA, 0)
    response = await pings.begin(answer.status, answer.reason, sent)
    if pings.early and ("Content-Encoding" in sent or SseFrames.TYPE not in sent.get("Content-Type", "")):
        raise BackendError("the backend was silent for long, and then its answer was packed or no stream")
    tail = b""
    try:
        data = first or await answer.read()
        while data:
            if ending is not None:
                ending.see(data)
            await response.write(data)
            tail = (data if len(data) > 1 else tail + data)[-2:]
            pings.wrote(between=tail.endswith(SseFrames.BREAK))
            data = await answer.read()
    except BackendError as error:
        spoken = _STREAMS.get(response.content_type)
        between_frames = spoken is not None and (not tail or tail.endswith(spoken.frames.BREAK))
        if spoken is None or not between_frames or "Content-Length" in sent or "Content-Encoding" in sent:
            raise
        request[EXCHANGE].failed(error)
        await pings.stop()
        await response.write((writer or _writer(spoken)).feed([Error(error.message, error.kind, error.status)]))
        if spoken.breaks_off and not (notes and writer):
            break_off(request, response)
            return response
    else:
        if ending is not None:
            request[EXCHANGE].ended(ending.read())
    await pings.stop()
    await response.write_eof()
    return response


def _writer(spoken: Wire) -> Writer:
    return spoken.writer(request=ChatRequest("", stream=True, source=spoken.name), clock=float, ids=str)
