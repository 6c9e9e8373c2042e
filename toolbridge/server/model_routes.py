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
from toolbridge.model_cards import Card, find_card, read_cards
from toolbridge.models import Backend
from toolbridge.server.aside import by_size
from toolbridge.server.error_answers import error_answer
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import asking
from toolbridge.server.passthrough import Pipe, own_bytes, reply_headers
from toolbridge.server.upstream import Answer
from toolbridge.wire import wire
from toolbridge.wire.anthropic.models import write_model, write_models
from toolbridge.wire.codec import decode, write_json

_PATH = "/v1/models"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class ModelRoutes:
    """Answers them."""

    pipe: Pipe

    async def answer(self, request: web.Request, name: str, backend: Backend) -> web.Response:
        """Answer one; `name` is the model's as it stands in the path, empty for all. Raises `BackendError`."""
        answer = await self._answer(request, name, backend)
        if request[EXCHANGE].wire != "anthropic":
            return answer
        body = answer.body if isinstance(answer.body, bytes) else b""
        return await by_size(body, partial(_as_anthropic, answer.status))

    async def _answer(self, request: web.Request, name: str, backend: Backend) -> web.Response:
        # The client's own question goes on as it came; for the list behind it the bridge asks.
        headers = own_bytes(self.pipe.onward(request))
        headers["Accept-Encoding"] = "identity"
        model, target = unquote(name), request.rel_url.raw_path_qs
        if not model:
            async with self.pipe.upstream.ask("GET", target, headers=headers, decode=True) as answer:
                request[EXCHANGE].answered()
                body = await answer.read_all(self.pipe.limits.frame)
                return self._list(answer, body, await by_size(body, _json), backend)
        async with self.pipe.upstream.ask("GET", target, headers=headers, decode=True) as answer:
            request[EXCHANGE].answered()
            body = await answer.read_all(self.pipe.limits.frame)
            said = await by_size(body, _json)
            if said.get("id") or (answer.status >= 400 and answer.status not in (404, 405)):
                return _relayed(answer, body)
        async with self.pipe.upstream.ask("GET", _PATH, headers=asking(headers), decode=True) as answer:
            listed = await answer.read_all(self.pipe.limits.frame)
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
