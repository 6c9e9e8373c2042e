"""Bytes as they come, in both directions: every route that is not ours, and the chats that are left alone.

A body is read and written piece by piece, one write for each read, so that a model of many gigabytes goes through in
the memory of a few pieces, and a slow reader slows the writer. Headers go on except those that concern one connection
only, those of a browser and those that the bridge answers for itself (see `headers`).
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from toolbridge.errors import BackendError, RequestError
from toolbridge.events import Error
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.models import Backend
from toolbridge.server.aside import by_size
from toolbridge.server.bodies import pieces
from toolbridge.server.catalogue import Catalogue, enriched
from toolbridge.server.ending import Ending
from toolbridge.server.error_answers import VERSION
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import ONE_CONNECTION, named, onward, without
from toolbridge.server.upstream import Answer, Upstream
from toolbridge.wire import Writer, wire

_KEYS = frozenset({"authorization", "x-api-key"})
_LEAST_VERSION = "2023-06-01"
"""What Anthropic's own server wants to be told; the first version is good for all."""
_BODY = frozenset({"content-length", "content-encoding", "content-md5", "digest", "etag", "accept-ranges"})
"""What describes the bytes of a body, and is no longer true of another."""
_STREAMS = {"application/x-ndjson": (b"\n", "ollama"), "text/event-stream": (b"\n\n", "openai")}
"""Streams that can say that they failed: how a frame ends, and whose words are read there."""
_CHANGES_MODELS = re.compile(r"/+api/+(?:pull|create|copy|delete)")


def own_bytes(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    """Headers without those that describe a body, for a body of our own."""
    return without(_BODY, headers)


@dataclass(frozen=True, slots=True)
class Pipe:
    """The way to the backend and back."""

    backend: Backend
    upstream: Upstream
    catalogue: Catalogue
    limits: Limits
    keeps_key: Callable[[web.Request], bool]
    """Whether what this request shows as its key is for the bridge and ends here."""

    def ours(self) -> CIMultiDict[str]:
        """The headers of a question that no client has a part in: our own key, where the backend wants one."""
        return self._with_our_key(CIMultiDict())

    def onward(self, request: web.Request) -> CIMultiDict[str]:
        """The headers of a request as they go to the backend."""
        ends_here = self.backend.api_key is not None or self.keeps_key(request)
        headers = self._with_our_key(onward(request.headers, _KEYS if ends_here else frozenset()))
        shown = headers.get("x-api-key")
        if self.backend.wire != "anthropic" and shown and "Authorization" not in headers:
            # The client's one key, where servers of the other wires look for it.
            headers["Authorization"] = f"Bearer {shown}"
        return headers

    def _with_our_key(self, headers: CIMultiDict[str]) -> CIMultiDict[str]:
        own, anthropic = self.backend.api_key, self.backend.wire == "anthropic"
        if own is not None:
            headers["Authorization"] = f"Bearer {own}"
            if anthropic:
                headers["x-api-key"] = own
        if anthropic:
            headers.setdefault(VERSION, _LEAST_VERSION)
        return headers

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any route: the backend's answer as it is."""
        try:
            async with self._ask(request, self.onward(request), decode=False) as answer:
                request[EXCHANGE].answered()
                return await relay(request, answer)
        finally:
            if _CHANGES_MODELS.match(request.path):
                self.catalogue.forget()

    async def show(self, request: web.Request) -> web.StreamResponse:
        """`/api/show`: the backend's answer with the bridge's capabilities; one that is not 200 as it is."""
        headers = self.onward(request)
        headers["Accept-Encoding"] = "identity"
        async with self._ask(request, headers, decode=True) as answer:
            request[EXCHANGE].answered()
            described = await answer.read_all(self.limits.frame)
            kept = own_bytes(reply_headers(answer.headers))
            if answer.status == 200:
                described = await by_size(described, enriched)
            return web.Response(status=answer.status, reason=answer.reason, body=described, headers=kept)

    @asynccontextmanager
    async def _ask(self, request: web.Request, headers: CIMultiDict[str], *, decode: bool) -> AsyncIterator[Answer]:
        """Send a request on as it comes. Raises `RequestError` where it is the client that breaks off."""
        body = _Upload(request) if request.body_exists else None
        try:
            async with self.upstream.ask(
                request.method,
                request.rel_url.raw_path_qs,
                headers=headers,
                body=body.pieces() if body else None,
                length=request.content_length if body else None,
                decode=decode,
            ) as answer:
                yield answer
        except BackendError:
            if body is not None and body.error is not None:
                raise body.error from None
            raise


def reply_headers(given: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers of an answer as they go to the client."""
    # A length beside chunks is not theirs (RFC 9112, 6.3).
    length = frozenset({"content-length"} if "Transfer-Encoding" in given else ())
    return without(ONE_CONNECTION | named(given) | length, given)


async def relay(
    request: web.Request,
    answer: Answer,
    *,
    first: bytes = b"",
    writer: Writer | None = None,
    ending: Ending | None = None,
) -> web.StreamResponse:
    """Write an answer as it comes; `first` was read before.

    A chat's own `writer` puts its error into words, its `ending` tells how it ended. Where the backend breaks off, the
    client sees no end that was not there: a stream says what happened, anything else breaks off as well.
    """
    sent = reply_headers(answer.headers)
    request[EXCHANGE].untyped = "Content-Type" not in sent
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=sent)
    if not 200 <= answer.status < 300 or "Content-Encoding" in sent:
        ending = None
    await response.prepare(request)
    tail = b""
    try:
        data = first or await answer.read()
        while data:
            if ending is not None:
                ending.see(data)
            await response.write(data)
            tail = (data if len(data) > 1 else tail + data)[-2:]
            data = await answer.read()
    except BackendError as error:
        end, words = _STREAMS.get(response.content_type, (b"", ""))
        whole = not tail or tail.endswith(end)
        if not words or not whole or "Content-Length" in sent or "Content-Encoding" in sent:
            raise
        request[EXCHANGE].failed(error)
        writer = writer or _writer(words)
        await response.write(writer.feed([Error(error.message, error.kind, error.status)]))
    else:
        if ending is not None:
            request[EXCHANGE].ended(ending.read())
    await response.write_eof()
    return response


def _writer(words: str) -> Writer:
    return wire(words).writer(request=ChatRequest("", stream=True, source=words), clock=float, ids=str)


class _Upload:
    """A request's body on its way; `error` says what is wrong with it, as it is not the backend's."""

    def __init__(self, request: web.Request) -> None:
        self.error: RequestError | None = None
        self._request = request

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for data in pieces(self._request, steady=True):
                yield data
        except RequestError as error:
            self.error = error
            raise
