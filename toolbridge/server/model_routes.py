"""`/v1/models` and `/v1/models/{id}` in front of every backend, and `/api/show` in front of Ollama.

The backend answers, and its bytes go on. Where it has no answer under `/v1` that a client could read, its list helps:
Ollama finds no name with a slash here and writes null for an empty list, `transformers serve` fails if its machine has
no cache, and other servers have the list but not its entries. Clients of Anthropic's wire are known by their header and
get the same answer in the shape of their wire.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from toolbridge.events import Error
from toolbridge.limits import Limits
from toolbridge.model_cards import Card, find_card, read_cards
from toolbridge.models import Backend
from toolbridge.server.aside import by_size
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.error_answers import error_answer
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import asking, own_bytes, reply_headers
from toolbridge.server.json_answers import json_object
from toolbridge.server.passthrough import sent_on
from toolbridge.server.show_answer import enriched
from toolbridge.server.upstream import Answer, Upstream
from toolbridge.wire import Wire
from toolbridge.wire.codec import write_json
from toolbridge.wire.openai import WIRE as OPENAI

_PATH = "/v1/models"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class ModelRoutes:
    """Answers these routes."""

    upstream: Upstream
    headers: BackendHeaders
    limits: Limits

    async def answer(self, request: web.Request, backend: Backend) -> web.Response:
        """`/v1/models`, or one of its entries. Raises `BackendError`."""
        name = unquote(request[EXCHANGE].path.removeprefix(_PATH)[1:])
        answer = await (self._entry(request, name) if name else self._list(request, backend))
        spoken = request[EXCHANGE].wire
        if spoken.write_listed is None:
            return answer
        body = answer.body if isinstance(answer.body, bytes) else b""
        return await by_size(body, partial(_in_words_of, spoken, spoken.write_listed, answer.status))

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

    async def _list(self, request: web.Request, backend: Backend) -> web.Response:
        async with self._asked(request) as answer:
            body = await answer.read_all(self.limits.frame)
        listed = await by_size(body, json_object)
        if "data" in listed and listed["data"] is None:
            return web.Response(body=write_json({**listed, "data": []}), headers=_JSON)
        if answer.status >= 500 and not listed and not backend.traits.lists:
            return web.Response(body=write_json({"object": "list", "data": []}), headers=_JSON)
        return _relayed(answer, body)

    async def _entry(self, request: web.Request, name: str) -> web.Response:
        async with self._asked(request) as answer:
            body = await answer.read_all(self.limits.frame)
        entry = await by_size(body, json_object)
        if entry.get("id") or (answer.status >= 400 and answer.status not in (404, 405)):
            return _relayed(answer, body)
        headers = asking(self.headers.of_client(request))
        async with self.upstream.ask("GET", _PATH, headers=headers, decode=True) as answer:
            listed = await answer.read_all(self.limits.frame)
        card = await by_size(listed, partial(_found, name))
        if card is not None:
            return web.Response(body=write_json(card.entry), headers=_JSON)
        return error_answer(OPENAI, Error(f"model '{name}' not found", "not_found_error", 404))

    @asynccontextmanager
    async def _asked(self, request: web.Request) -> AsyncIterator[Answer]:
        """The backend's answer to the client's own question, which goes on as it came."""
        headers = own_bytes(self.headers.of_client(request))
        headers["Accept-Encoding"] = "identity"
        target = request.rel_url.raw_path_qs
        async with self.upstream.ask("GET", target, headers=headers, decode=True) as answer:
            request[EXCHANGE].answered()
            yield answer


def _found(name: str, listed: bytes) -> Card | None:
    """The model of this name in a list; None where the list lacks it."""
    return find_card(read_cards(json_object(listed)) or [], name)


def _in_words_of(
    wire: Wire, write: Callable[[Mapping[str, Any]], Mapping[str, Any]], status: int, body: bytes
) -> web.Response:
    """The same list, model or error for a client of another wire than OpenAI's."""
    if status >= 400:
        return error_answer(wire, OPENAI.read_error(status, body))
    return web.Response(body=write_json(write(json_object(body))), headers=_JSON)


def _relayed(answer: Answer, body: bytes) -> web.Response:
    headers = own_bytes(reply_headers(answer.headers))
    return web.Response(status=answer.status, reason=answer.reason, body=body, headers=headers)
