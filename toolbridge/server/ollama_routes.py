"""Ollama's routes in front of a server of another wire: everything that Ollama's clients ask beside chats.

GET, HEAD /             Ollama is running
GET, HEAD /api/version  a setting
GET, HEAD /api/tags     from the server's list
GET /api/ps             from the list, where the list says which models are loaded
POST /api/show          from the list, and from what else the server tells of a model
POST /api/embed, /api/embeddings      by /v1/embeddings
pull, push, create, copy, delete, blobs    an error that says where these models can be changed
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from toolbridge.errors import RequestError
from toolbridge.events import Error
from toolbridge.model_cards import Card, write_loaded, write_shown, write_tag
from toolbridge.models import Backend, full_name
from toolbridge.server.aside import aside, by_size
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.bodies import received_object
from toolbridge.server.error_answers import error_answer, not_allowed, not_found
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import own_bytes
from toolbridge.server.settings import Settings
from toolbridge.server.upstream import Upstream
from toolbridge.traits import Traits
from toolbridge.wire import backend_wire
from toolbridge.wire.codec import write_json
from toolbridge.wire.fields import Fields
from toolbridge.wire.ollama import WIRE as OLLAMA
from toolbridge.wire.ollama.embeddings import read_embed, read_embedding

Answering = Callable[[web.Request, Backend], Awaitable[web.StreamResponse]]

_READS = ("GET", "HEAD")
_POSTS = ("POST",)
_MANAGING: dict[str, tuple[str, ...]] = {
    "/api/pull": _POSTS,
    "/api/push": _POSTS,
    "/api/create": _POSTS,
    "/api/copy": _POSTS,
    "/api/delete": ("DELETE",),
    "/api/blobs": ("HEAD", "POST"),
}
"""Routes that change the models of an Ollama server, with their methods."""
_CHATS: dict[str, tuple[str, ...]] = {"/api/chat": _POSTS, "/api/generate": _POSTS}
"""Routes that `Chat` answers; they are here only for requests with another method."""
_RUNNING = b"Ollama is running"
_EMBEDDINGS = "/v1/embeddings"


@dataclass(frozen=True, slots=True)
class OllamaRoutes:
    """Answers these routes."""

    settings: Settings
    upstream: Upstream
    headers: BackendHeaders
    models: BackendModels

    async def answer(self, request: web.Request, backend: Backend) -> web.StreamResponse:
        """The answer to one of them. Raises `RequestError` and `BackendError`."""
        path = request[EXCHANGE].path
        routes: Mapping[str, tuple[tuple[str, ...], Answering]] = {
            "/": (_READS, self._root),
            "/api/version": (_READS, self._version),
            "/api/tags": (_READS, self._tags),
            "/api/ps": (("GET",), self._loaded),
            "/api/show": (_POSTS, self._show),
            "/api/embed": (_POSTS, self._embed),
            "/api/embeddings": (_POSTS, self._embedding),
        }
        managed = "/api/blobs" if path.startswith("/api/blobs/") else path
        methods, answer = routes.get(path) or ((_MANAGING | _CHATS).get(managed, ()), self._refuse)
        if not methods:
            return not_found()
        if request.method not in methods:
            return not_allowed(methods)
        return await answer(request, backend)

    async def _root(self, _request: web.Request, _backend: Backend) -> web.Response:
        return web.Response(body=_RUNNING, headers={"Content-Type": "text/plain; charset=utf-8"})

    async def _version(self, _request: web.Request, _backend: Backend) -> web.Response:
        return _json({"version": self.settings.server.ollama_version})

    async def _tags(self, request: web.Request, backend: Backend) -> web.Response:
        return await aside(_tags, await self._cards(request, backend))

    async def _loaded(self, request: web.Request, backend: Backend) -> web.Response:
        return await aside(_loaded, await self._cards(request, backend), backend.traits)

    async def _cards(self, request: web.Request, backend: Backend) -> list[Card]:
        headers = self.headers.of_client(request)
        cards = await self.models.cards(backend, headers)
        # A server with one model tells more of it elsewhere, and /api/tags should tell no less than /api/show.
        return [await self.models.looked_into(cards[0], backend, headers)] if len(cards) == 1 else cards

    async def _show(self, request: web.Request, backend: Backend) -> web.Response:
        body = Fields.of(await received_object(request, self.settings.limits), "", ("model", "name"))
        name = body.text("model") or body.text("name")
        if not name:
            raise RequestError("model is required")
        card = await self.models.card(name, backend, self.headers.of_client(request))
        if card is None:
            # Ollama's error has the full name here, and only here.
            return error_answer(OLLAMA, Error(f"model '{full_name(name)}' not found", "not_found_error", 404))
        return _json(write_shown(card))

    async def _embed(self, request: web.Request, backend: Backend) -> web.Response:
        asked = read_embed(await received_object(request, self.settings.limits))
        if not asked.inputs:
            return _json(asked.write_reply([], None))
        return await self._vectors(request, asked.write_request(), backend, asked.read_reply)

    async def _embedding(self, request: web.Request, backend: Backend) -> web.Response:
        asked = read_embedding(await received_object(request, self.settings.limits))
        if not asked.inputs:
            return _json(asked.write_reply([], None))
        return await self._vectors(request, asked.write_request(), backend, asked.read_reply)

    async def _vectors(
        self, request: web.Request, body: object, backend: Backend, read_reply: Callable[[bytes], object]
    ) -> web.Response:
        headers = own_bytes(self.headers.of_client(request))
        headers.update({"Content-Type": "application/json", "Accept-Encoding": "identity"})
        sent = write_json(body)
        async with self.upstream.ask("POST", _EMBEDDINGS, headers=headers, body=sent, decode=True) as answer:
            status, embeddings = answer.status, await answer.read_all(self.settings.limits.frame)
        if status >= 300:
            error = await by_size(embeddings, partial(backend_wire(backend.wire).read_error, status))
            if status in (404, 405, 501):
                lacks = f"{backend.traits.title} answers {_EMBEDDINGS} with status {status}: {error.message}"
                error = Error(lacks, error.kind, 400)
            return error_answer(OLLAMA, error)
        return await by_size(embeddings, lambda body: _json(read_reply(body)))

    async def _refuse(self, request: web.Request, backend: Backend) -> web.Response:
        what = request.path.rstrip("/").split("/")[2]
        raise RequestError(
            f"the models of this backend are not Ollama's: {backend.traits.title} at {backend.url} "
            f"has no /api/{what}; add, remove and name them there"
        )


def _tags(cards: list[Card]) -> web.Response:
    return _json({"models": [write_tag(card) for card in cards]})


def _loaded(cards: list[Card], traits: Traits) -> web.Response:
    return _json({"models": write_loaded(cards, traits)})


def _json(value: object) -> web.Response:
    return web.Response(body=write_json(value), headers={"Content-Type": OLLAMA.whole_type})
