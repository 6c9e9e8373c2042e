"""`/v1/models` and `/v1/models/{id}`, on backends of either wire.

The backend answers, and its bytes go on. Where it has no answer that a client could read, its list has: Ollama knows no
name with a slash here and writes null for no models, `transformers serve` fails where its machine has no cache, and
other servers have the list and not its entries. For Anthropic's clients, known by their header, it is put into their
shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from toolbridge.errors import FrameError
from toolbridge.events import Error
from toolbridge.frames import Frame
from toolbridge.limits import Limits
from toolbridge.model_cards import Card, find_card, read_cards
from toolbridge.models import Backend
from toolbridge.server.aside import by_size
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.error_answers import error_answer
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import asking, own_bytes, reply_headers
from toolbridge.server.passthrough import sent_on
from toolbridge.server.show_answer import enriched
from toolbridge.server.upstream import Answer, Upstream
from toolbridge.wire import wire
from toolbridge.wire.anthropic.models import write_model, write_models
from toolbridge.wire.codec import decode, write_json

_PATH = "/v1/models"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class ModelRoutes:
    """Answers them."""

    upstream: Upstream
    headers: BackendHeaders
    limits: Limits

    async def answer(self, request: web.Request, name: str, backend: Backend) -> web.Response:
        """Answer one; `name` is the model's as it stands in the path, empty for all. Raises `BackendError`."""
        answer = await self._answer(request, name, backend)
        if request[EXCHANGE].wire != "anthropic":
            return answer
        body = answer.body if isinstance(answer.body, bytes) else b""
        return await by_size(body, partial(_as_anthropic, answer.status))

    async def show(self, request: web.Request) -> web.Response:
        """`/api/show` of an Ollama backend, with the bridge's capabilities; an answer that is not 200 goes on as it is.

        Raises `RequestError` and `BackendError`.
        """
        headers = self.headers.of_client(request)
        headers["Accept-Encoding"] = "identity"
        async with sent_on(request, self.upstream, headers, decode=True) as answer:
            request[EXCHANGE].answered()
            described = await answer.read_all(self.limits.frame)
            if answer.status == 200:
                described = await by_size(described, enriched)
            return _relayed(answer, described)

    async def _answer(self, request: web.Request, name: str, backend: Backend) -> web.Response:
        # The client's own question goes on as it came; for the list behind it the bridge asks.
        headers = own_bytes(self.headers.of_client(request))
        headers["Accept-Encoding"] = "identity"
        model, target = unquote(name), request.rel_url.raw_path_qs
        if not model:
            async with self.upstream.ask("GET", target, headers=headers, decode=True) as answer:
                request[EXCHANGE].answered()
                body = await answer.read_all(self.limits.frame)
                return self._list(answer, body, await by_size(body, _json), backend)
        async with self.upstream.ask("GET", target, headers=headers, decode=True) as answer:
            request[EXCHANGE].answered()
            body = await answer.read_all(self.limits.frame)
            said = await by_size(body, _json)
            if said.get("id") or (answer.status >= 400 and answer.status not in (404, 405)):
                return _relayed(answer, body)
        async with self.upstream.ask("GET", _PATH, headers=asking(headers), decode=True) as answer:
            listed = await answer.read_all(self.limits.frame)
        card = await by_size(listed, partial(_found, model))
        if card is not None:
            return web.Response(body=write_json(card.entry), headers=_JSON)
        missing = f"model '{model}' not found"
        return error_answer("openai", Error(missing, "not_found_error", 404))

    def _list(self, answer: Answer, body: bytes, said: Mapping[str, Any], backend: Backend) -> web.Response:
        if "data" in said and said["data"] is None:
            return web.Response(body=write_json({**said, "data": []}), headers=_JSON)
        if answer.status >= 500 and not said and not backend.traits.lists:
            return web.Response(body=write_json({"object": "list", "data": []}), headers=_JSON)
        return _relayed(answer, body)


def _found(name: str, listed: bytes) -> Card | None:
    """The model of this name in a list."""
    return find_card(read_cards(_json(listed)) or [], name)


def _as_anthropic(status: int, body: bytes) -> web.Response:
    """The same list, model or error for a client of Anthropic's wire."""
    if status >= 400:
        return error_answer("anthropic", wire("openai").read_error(status, body))
    said = _json(body)
    return web.Response(body=write_json(write_model(said) if "id" in said else write_models(said)), headers=_JSON)


def _relayed(answer: Answer, body: bytes) -> web.Response:
    headers = own_bytes(reply_headers(answer.headers))
    return web.Response(status=answer.status, reason=answer.reason, body=body, headers=headers)


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        value = decode(Frame(body, body))
    except FrameError:
        return {}
    return value if isinstance(value, Mapping) else {}
