"""A client's request goes to the backend as it came, and the backend's answer comes back as it is.

This serves every route that is not ours. A body is read and written piece by piece, so that a model of many gigabytes
goes through in the memory of a few pieces. `headers` says which headers go on.
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from toolbridge.errors import BackendError, RequestError
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.bodies import pieces
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.relay import relay
from toolbridge.server.upstream import Answer, Upstream

_CHANGES_MODELS = re.compile(r"/+api/+(?:pull|create|copy|delete)")


@dataclass(frozen=True, slots=True)
class Passthrough:
    """Passes requests on to one backend."""

    upstream: Upstream
    headers: BackendHeaders
    models_changed: Callable[[], None]
    """Called after each request that may have changed the backend's models."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The backend's answer to any request. Raises `RequestError` and `BackendError`."""
        try:
            async with sent_on(request, self.upstream, self.headers.of_client(request)) as answer:
                request[EXCHANGE].answered()
                return await relay(request, answer)
        finally:
            if _CHANGES_MODELS.match(request.path):
                self.models_changed()


@asynccontextmanager
async def sent_on(
    request: web.Request, upstream: Upstream, headers: CIMultiDict[str], *, decode: bool = False
) -> AsyncIterator[Answer]:
    """Send a request on with these headers; `decode` as in `Upstream.ask`.

    Raises `BackendError`, and `RequestError` where the client breaks off.
    """
    body = _Upload(request) if request.body_exists else None
    try:
        async with upstream.ask(
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


class _Upload:
    """A request's body on its way; `error` is the client's fault in it, which must not be taken for the backend's."""

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
