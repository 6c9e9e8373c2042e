"""What the backend says of its models, asked anew each time: by `/api/show`, or by the list of OpenAI's wire.

A server of OpenAI's wire has a list, `/v1/models`. Some tell more elsewhere: LM Studio in a list of its own, llama.cpp
under `/props`. `Traits.describes` says where.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote

from toolbridge.errors import BackendAnswered, BackendError, BackendUnreachable
from toolbridge.limits import Limits
from toolbridge.model_cards import Card, find_card, read_card, read_cards
from toolbridge.model_converter import read_show
from toolbridge.models import Backend, Model
from toolbridge.server.aside import aside, by_size
from toolbridge.server.headers import asking
from toolbridge.server.json_answers import json_value
from toolbridge.server.upstream import Upstream
from toolbridge.wire.codec import json_text
from toolbridge.wire.failures import read_error

_PROPS = "/props"
_PATIENCE = 30.0
"""Seconds to wait for an answer that the bridge can do without."""


@dataclass(frozen=True, slots=True)
class BackendModels:
    """The models of one backend. `headers` are always those of the request because of which the bridge asks."""

    upstream: Upstream
    limits: Limits

    async def model(self, name: str, backend: Backend, headers: Mapping[str, str]) -> Model | None:
        """One model in our words; None where the backend does not describe it. Raises `BackendError`."""
        if backend.traits.native_routes:
            return await self._shown(name, headers)
        # llama.cpp with one model takes any name, so a name that is not in the list may be served all the same.
        card = await aside(find_card, await self.cards(backend, headers), name) or Card(name)
        return replace(read_card(await self.looked_into(card, backend, headers)), name=name)

    async def own_name(self, name: str, backend: Backend, headers: Mapping[str, str]) -> str:
        """The name by which the list calls this model, else the name itself. Raises `BackendError`."""
        card = await aside(find_card, await self.cards(backend, headers), name)
        return card.name if card else name

    async def cards(self, backend: Backend, headers: Mapping[str, str]) -> list[Card]:
        """The list of a server of OpenAI's wire, in its order.

        Raises `BackendAnswered` with the server's own words where it refuses to tell, and `BackendError`. A server
        whose list is not what it serves (`Traits.lists`) may fail here and still serve: then the list is empty.
        """
        status, listed, body = await self._ask("/v1/models", headers)
        more = None
        for path in backend.traits.describes:
            if path != _PROPS and isinstance(listed, Mapping):
                more = await self._aside(path, headers)
            if more is not None and not more.get("error"):
                break
        cards = await by_size(body, lambda _: read_cards(listed, more))
        if cards is not None:
            return cards
        if not backend.traits.lists:
            return []
        if status >= 400:
            error = await by_size(body, partial(read_error, status))
            raise BackendAnswered(error.message, status)
        raise BackendError(f"{self.upstream.name} answers /v1/models with what is no list of models")

    async def card(self, name: str, backend: Backend, headers: Mapping[str, str]) -> Card | None:
        """One model of such a server; None where it has no model of this name. Raises as `cards`."""
        found = await aside(find_card, await self.cards(backend, headers), name)
        if found is None and backend.traits.lists:
            return None
        return await self.looked_into(found or Card(name), backend, headers)

    async def looked_into(self, card: Card, backend: Backend, headers: Mapping[str, str]) -> Card:
        """The card, with the details that the server tells only when it is asked for this one model."""
        if _PROPS not in backend.traits.describes:
            return card
        # A router of llama.cpp's has many models, and would load this model to tell of it.
        props = await self._aside(f"{_PROPS}?model={quote(card.name, safe='')}&autoload=false", headers)
        return card if props is None else replace(card, props=props)

    async def _shown(self, name: str, headers: Mapping[str, str]) -> Model | None:
        body = json_text({"model": name, "name": name}).encode()
        sent = asking(headers)
        sent["Content-Type"] = "application/json"
        async with self.upstream.ask("POST", "/api/show", headers=sent, body=body, decode=True) as answer:
            shown = await answer.read_all(self.limits.frame) if answer.status == 200 else b""
        return await by_size(shown, partial(_described, name))

    async def _aside(self, path: str, headers: Mapping[str, str]) -> Mapping[str, Any] | None:
        """The object at this path; None where the server does not give it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                status, value, _ = await self._ask(path, headers)
        except BackendUnreachable:
            raise
        except (BackendError, TimeoutError):
            return None
        return value if isinstance(value, Mapping) and status < 400 else None

    async def _ask(self, path: str, headers: Mapping[str, str]) -> tuple[int, Any, bytes]:
        """The status, the JSON and the bytes of the answer to a GET."""
        async with self.upstream.ask("GET", path, headers=asking(headers), decode=True) as answer:
            body = await answer.read_all(self.limits.frame)
        return answer.status, await by_size(body, json_value), body


def _described(name: str, show: bytes) -> Model | None:
    described = json_value(show)
    return read_show(described, name) if isinstance(described, dict) else None
