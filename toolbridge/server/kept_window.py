"""Ollama's own `/api/generate`, passed on with the window that the bridge loaded the model with.

A finished prompt has no tools and needs no translation, so it is passed on as it came. But a request that names no
window would make Ollama load the model again, and the next chat would load it once more (`windows`). So it gets the
window that the model is loaded with, and nothing else of it changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from toolbridge.budget import Budget
from toolbridge.errors import RequestError
from toolbridge.lenient import mapping, text
from toolbridge.plan import Plan
from toolbridge.server.aside import by_size
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.bodies import received_body
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import own_bytes
from toolbridge.server.passthrough import Passthrough
from toolbridge.server.relay import relay
from toolbridge.server.settings import Settings
from toolbridge.server.upstream import Upstream
from toolbridge.server.windows import Windows
from toolbridge.wire.codec import write_json
from toolbridge.wire.ollama.write_request import with_window
from toolbridge.wire.request_json import read_json

_WHY = "no tools, window: {} as loaded"


@dataclass(frozen=True, slots=True)
class KeptWindow:
    """Answers requests with a finished prompt in front of an Ollama."""

    settings: Settings
    upstream: Upstream
    headers: BackendHeaders
    windows: Windows
    passthrough: Passthrough

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The backend's answer. Raises `RequestError` and `BackendError`."""
        packed = "Content-Encoding" in request.headers
        large = (request.content_length or 0) > self.settings.limits.body
        if packed or large or not self.windows.known:
            return await self.passthrough.answer(request)
        data = await received_body(request, self.settings.limits)
        headers = own_bytes(self.headers.of_client(request))
        body = await by_size(data, partial(_read, budget=Budget(self.settings.limits)))
        name = text(body.get("model"))
        window = await self._window(name, body, headers)
        if window is not None:
            data = await by_size(data, lambda _: write_json(with_window(body, window)))
            request[EXCHANGE].decided(Plan("passthrough", _WHY.format(window)))
        path = request.rel_url.raw_path_qs
        async with (
            self.windows.asked(name, window, body.get("keep_alive")),
            self.upstream.ask("POST", path, headers=headers, body=data) as answer,
        ):
            request[EXCHANGE].answered()
            return await relay(request, answer)

    async def _window(self, name: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> int | None:
        """The window that the request gets: that of the loaded model, unless the request or the operator says more."""
        policy = self.settings.policy_for(name)
        if mapping(body.get("options")).get("num_ctx") is not None or not policy.widens or policy.mode == "off":
            return None
        return await self.windows.held(name, headers) if name else None


def _read(data: bytes, budget: Budget) -> Mapping[str, Any]:
    """The object in a body; an empty one for a body that Ollama itself is to refuse."""
    try:
        return read_json(data, budget)
    except RequestError:
        return {}
