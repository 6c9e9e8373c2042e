"""What a server of OpenAI's wire says of its models, asked each time: their list, and what it says beside the list."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote

from toolbridge.errors import BackendAnswered, BackendError, BackendUnreachable, FrameError
from toolbridge.frames import Frame
from toolbridge.limits import Limits
from toolbridge.model_cards import Card, find_card, read_cards
from toolbridge.models import Backend
from toolbridge.server.aside import aside, by_size
from toolbridge.server.headers import asking
from toolbridge.server.upstream import Upstream
from toolbridge.wire.codec import decode
from toolbridge.wire.failures import read_error

_PROPS = "/props"
_PATIENCE = 30.0
"""Seconds to wait for what can be done without."""


@dataclass(frozen=True, slots=True)
class BackendModels:
    """The models of such a server."""

    upstream: Upstream
    limits: Limits

    async def cards(self, backend: Backend, headers: Mapping[str, str]) -> list[Card]:
        """Its models, in its order. Raises `BackendAnswered` in its words where it does not tell, and `BackendError`.

        A server whose list is not what it serves may fail here and still serve: of it, nothing is known.
        """
        status, listed, said = await self._ask("/v1/models", headers)
        more = None
        for path in backend.traits.describes:
            if path != _PROPS and isinstance(listed, Mapping):
                more = await self._aside(path, headers)
            if more is not None and not more.get("error"):
                break
        cards = await by_size(said, lambda _: read_cards(listed, more))
        if cards is not None:
            return cards
        if not backend.traits.lists:
            return []
        if status >= 400:
            error = await by_size(said, partial(read_error, status))
            raise BackendAnswered(error.message, status)
        raise BackendError(f"{self.upstream.name} answers /v1/models with what is no list of models")

    async def card(self, name: str, backend: Backend, headers: Mapping[str, str]) -> Card | None:
        """What is known of one model; None where there is none of this name. Raises as `cards`."""
        found = await aside(find_card, await self.cards(backend, headers), name)
        if found is None and backend.traits.lists:
            return None
        return await self.looked_into(found or Card(name), backend, headers)

    async def looked_into(self, card: Card, backend: Backend, headers: Mapping[str, str]) -> Card:
        """The card with what the server says of this one model only."""
        if _PROPS not in backend.traits.describes:
            return card
        # A router of llama.cpp's has many models, and would load one to tell.
        props = await self._aside(f"{_PROPS}?model={quote(card.name, safe='')}&autoload=false", headers)
        return card if props is None else replace(card, props=props)

    async def _aside(self, path: str, headers: Mapping[str, str]) -> Mapping[str, Any] | None:
        """An object that is good to have."""
        try:
            async with asyncio.timeout(_PATIENCE):
                status, value, _ = await self._ask(path, headers)
        except BackendUnreachable:
            raise
        except (BackendError, TimeoutError):
            return None
        return value if isinstance(value, Mapping) and status < 400 else None

    async def _ask(self, path: str, headers: Mapping[str, str]) -> tuple[int, Any, bytes]:
        async with self.upstream.ask("GET", path, headers=asking(headers), decode=True) as answer:
            body = await answer.read_all(self.limits.frame)
        return answer.status, await by_size(body, _value), body


def _value(body: bytes) -> Any:
    """The JSON of an answer; None for what is none."""
    try:
        return decode(Frame(body, body))
    except FrameError:
        return None
