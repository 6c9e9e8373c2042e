"""How the backend's answer to a chat becomes the client's: unread, translated, or as an error.

Every error before the first frame is an HTTP status in the client's wire. Our 200 leaves with the backend's first
complete frame, and no earlier, unless a silent backend made the client wait so long that it gets pings (`pings`).
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import orjson
from aiohttp import web
from multidict import CIMultiDict

from toolbridge.errors import BackendError, ToolbridgeError
from toolbridge.events import Error, Finish, ReplyStart
from toolbridge.messages import ChatRequest
from toolbridge.models import Backend
from toolbridge.reply_parser import new_call_id
from toolbridge.server.aside import aside, by_size
from toolbridge.server.chat_request import Asked, Prepared
from toolbridge.server.ending import Ending
from toolbridge.server.error_answers import error_answer
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import own_bytes, reply_headers
from toolbridge.server.pings import Pings
from toolbridge.server.readers import break_off
from toolbridge.server.relay import relay
from toolbridge.server.settings import Settings
from toolbridge.server.stored_responses import StoredResponses
from toolbridge.server.token_counts import TokenCounts
from toolbridge.server.upstream import Answer
from toolbridge.server.whose import whose
from toolbridge.translate import StreamTranslator
from toolbridge.wire import backend_wire, wire
from toolbridge.wire.generate.read_request import unloads
from toolbridge.wire.responses.recall import turn_of

_MOST_OF_AN_ERROR = 1 << 20
"""Bytes of an error answer that are read."""
_MOST_OF_A_WRITE = 1 << 18
"""Bytes of one write. asyncio copies what is left of a longer text for each part that the client takes of it."""
_KEPT = ("Retry-After", "WWW-Authenticate")
"""Headers of an error answer that mean something to clients."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer of the backend: as it came, and the error in it."""

    answer: Answer
    body: bytes
    error: Error


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of an answer: the client's bytes for it, whether the answer is over, and the error that it is."""

    out: bytes
    over: bool
    error: Error | None


async def read_refusal(answer: Answer, backend: Backend, name: str) -> Refusal:
    """The error in an answer that is no success; messages call the backend by this `name`.

    Raises `BackendError` for a redirect: it shows that `backends.url` is not the server's own address.
    """
    if 300 <= answer.status < 400:
        place = answer.headers.get("Location", "elsewhere")[:200]
        raise BackendError(f"{name} redirects to {place}; set backends.url to that address")
    body = await answer.beginning(_MOST_OF_AN_ERROR)
    return Refusal(answer, body, await by_size(body, partial(backend_wire(backend.wire).read_error, answer.status)))


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """Writes the client's answer to one chat that went out as it was prepared."""

    asked: Asked
    prepared: Prepared
    settings: Settings
    counts: TokenCounts
    stored: StoredResponses
    pings: Pings

    async def unread(self, answer: Answer, first: bytes = b"") -> web.StreamResponse:
        """The backend's bytes; `first` was read before. The last of them tell the log how the reply ended."""
        chat, notes = self.asked.chat, self._notes
        writer = wire(chat.source).writer(request=chat, clock=time.time, ids=new_call_id, notes=notes)
        ending = Ending(self.asked.backend.wire, stream=chat.stream, limits=self.settings.limits)
        first = first or await answer.read()
        return await relay(
            self.asked.http, answer, first=first, writer=writer, ending=ending, notes=notes, pings=self.pings
        )

    async def opened(self, answer: Answer, translator: StreamTranslator) -> Opening:
        """The beginning of a successful answer: a stream's first frame, or the whole of a reply in one piece.

        Nothing has gone to the client yet. Where the engine may still reject what the model writes, a frame that only
        begins the reply is waited behind. Where the reply must make a call, all is held until the call begins.
        """
        streams, out, over = self.asked.chat.stream, bytearray(), False
        while not over and not (streams and self._is_open(translator)) and len(out) <= self.settings.limits.call:
            more, over = await _step(translator, answer, streamed=streams)
            out += more
        return Opening(bytes(out), over, translator.end if isinstance(translator.end, Error) else None)

    def misses_its_call(self, opening: Opening) -> bool:
        """Whether the reply must make a call and does not. Of a reply that is over, the call must be complete."""
        watch = self.prepared.watch
        if watch is None or opening.error is not None:
            return False
        return not watch.called or (opening.over and not watch.complete)

    def _is_open(self, translator: StreamTranslator) -> bool:
        """Whether the client's answer may begin."""
        if self.prepared.watch is not None:
            return self.prepared.watch.is_decided
        waits = self.prepared.plan.has_other and self.asked.backend.traits.rejects
        return translator.spoke if waits else translator.begun

    async def translated(self, answer: Answer, translator: StreamTranslator, opening: Opening) -> web.StreamResponse:
        """The translation of a successful answer behind its opening."""
        chat, target = self.asked.chat, wire(self.asked.chat.source)
        out, over = opening.out, opening.over
        if opening.error is not None:
            await self._account(translator)
            return await self.failed(opening.error)
        kind = target.stream_type if chat.stream else target.whole_type
        keeps = self.prepared.keeps_frames
        headers = own_bytes(reply_headers(answer.headers)) if keeps else CIMultiDict({"Content-Type": kind})
        if not translator.as_asked:
            headers["Content-Type"] = kind
        if not (chat.stream and translator.begun):
            await self._keep(translator, out)
            await self._account(translator)
            return web.Response(body=out, headers=headers)
        response = await self.pings.begin(200, None, headers)
        while True:
            if out:
                await self._keep(translator, out)
                for piece in _pieces(out):
                    await response.write(piece)
                self.pings.wrote()
            if over:
                break
            out, over = await _step(translator, answer, streamed=True, ping=target.ping)
        await self.pings.stop()
        await self._account(translator)
        if isinstance(translator.end, Error) and target.breaks_off and not self._notes:
            break_off(self.asked.http, response)
            return response
        await response.write_eof()
        if isinstance(translator.end, Finish) and not translator.cut:
            await answer.rest()
        return response

    async def refused(self, refusal: Refusal) -> web.StreamResponse:
        """The backend's error: its own bytes, if the client reads the same message in them, else in our words."""
        error, answer = refusal.error, refusal.answer
        ours = wire(self.asked.backend.wire).write_error(error)
        if await self.pings.stop() is None and self.prepared.body is None and _has_message_of(refusal.body, ours):
            headers = own_bytes(reply_headers(answer.headers))
            return web.Response(status=answer.status, reason=answer.reason, body=refusal.body, headers=headers)
        kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        return await self.failed(error, kept)

    async def failed(self, error: Error, headers: Mapping[str, str] | None = None) -> web.StreamResponse:
        """An error before the first frame: a status, or the error in the stream if its head has left with a ping."""
        response = await self.pings.stop()
        if response is None:
            return error_answer(wire(self.asked.chat.source), error, headers)
        self.asked.http[EXCHANGE].ended(error)
        await write_error(response, self.asked.chat, error)
        return response

    @property
    def _notes(self) -> bool:
        """Whether an error in mid-stream is told in the text, and the stream ends like a whole reply."""
        return self.settings.errors.midstream == "note"

    async def _keep(self, translator: StreamTranslator, out: bytes) -> None:
        """Keep the response before the client gets its end, as the next request may refer to it."""
        addition = self.asked.read.addition
        if addition is None or not isinstance(translator.end, Finish):
            return
        # Both the reply and what it answered are searched.
        large = addition.items if len(addition.items) > len(out) else out
        found = await by_size(large, lambda _: turn_of(addition, out))
        if found is not None:
            self.stored.of(whose(self.asked.http.headers)).keep(*found)

    async def _account(self, translator: StreamTranslator) -> None:
        """Keep how the reply ended, for the log and for later estimates of tokens."""
        self.asked.http[EXCHANGE].ended(translator.end)
        self.asked.http[EXCHANGE].checked(translator.changes)
        asked = self.asked
        await self.counts.learn(asked.data, asked.chat, translator.end, asked.http.headers)


def loaded(chat: ChatRequest) -> web.Response:
    """The answer to a request without messages. It asks to load or unload the model, which this server does itself."""
    target = wire(chat.source)
    writer = target.writer(request=replace(chat, stream=False), clock=time.time, ids=new_call_id)
    out = writer.feed([ReplyStart(), Finish("unload" if unloads(chat) else "load")]) + writer.finish()
    return web.Response(body=out, headers={"Content-Type": target.whole_type})


async def write_error(response: web.StreamResponse, chat: ChatRequest, error: Error | ToolbridgeError) -> None:
    """Write an error into a stream of which nothing but its head and pings have left, and end the stream."""
    if isinstance(error, ToolbridgeError):
        error = Error(error.message, error.kind, error.status)
    await response.write(wire(chat.source).writer(request=chat, clock=time.time, ids=new_call_id).feed([error]))
    await response.write_eof()


async def _step(
    translator: StreamTranslator, answer: Answer, *, streamed: bool, ping: bytes = b""
) -> tuple[bytes, bool]:
    """The client's bytes for the next bytes of the backend, and whether the reply is over.

    A comment of the backend's becomes a `ping`: llama.cpp's server and OpenRouter send comments while they work.
    A reply in one piece is read and written at its end. This work grows with the reply, so it is done aside.
    """
    try:
        data = await answer.read()
    except BackendError as problem:
        return translator.fail(Error(problem.message, problem.kind, problem.status)) + translator.finish(), True
    if not data:
        return translator.finish() if streamed else await aside(translator.finish), True
    out = translator.feed(data)
    if not out and data.startswith(b":"):
        out = ping
    return (out + translator.finish(), True) if translator.ended else (out, False)


def _pieces(out: bytes) -> Iterable[bytes | memoryview]:
    """Bytes for the client, one write each."""
    if len(out) <= _MOST_OF_A_WRITE:
        return (out,)
    view = memoryview(out)
    return (view[at : at + _MOST_OF_A_WRITE] for at in range(0, len(out), _MOST_OF_A_WRITE))


def _has_message_of(theirs: bytes, ours: bytes) -> bool:
    """Whether a client of the backend's wire finds the same message in both error bodies."""
    try:
        found, wanted = orjson.loads(theirs)["error"], orjson.loads(ours)["error"]
    except (orjson.JSONDecodeError, TypeError, KeyError, IndexError):
        return False
    if isinstance(found, dict) and isinstance(wanted, dict):
        return bool(found.get("message") == wanted["message"])
    return bool(found == wanted)
