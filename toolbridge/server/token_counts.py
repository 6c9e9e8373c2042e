"""`/v1/messages/count_tokens`: how long a prompt would be, by an estimate that learns.

Only a backend of Anthropic's wire has such a route. Other backends cannot count without a generation. So the bridge
estimates (`wire.anthropic.counting`), and corrects the estimate by what the backend counted for earlier requests of the
same model: its tokenizer, its template, and the prompt that the bridge wrote are all in that figure.

Each key teaches for itself. Clients with the same key, or without a key, share one correction, though the texts of
one client tell little about those of another. So one request moves the correction by a few per cent, and all requests
together by a factor of two.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from toolbridge.budget import Budget
from toolbridge.events import Error, Finish
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.server.aside import by_size
from toolbridge.server.bodies import received_body
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.whose import whose
from toolbridge.wire.anthropic.counting import estimated_tokens
from toolbridge.wire.anthropic.read_request import NAME, read_request
from toolbridge.wire.codec import write_json
from toolbridge.wire.request_json import read_json

PATH = "/v1/messages/count_tokens"
_MOST = 512
"""Models that are remembered at most; a client chooses the names."""
_LONGEST = 512
"""Characters of the longest name that is remembered."""
_LEAST, _GREATEST = 0.5, 2.0
"""Bounds of a correction. A figure outside them teaches nothing: the backend may count only what its cache did not
hold, or the text may be made to be miscounted."""
_STEP = 0.03
"""The part of the correction by which one request moves it at most."""
_ENOUGH = 256
"""Tokens of a request, by the estimate, below which the template around it counts for more than its text."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """The corrections that were learnt, by model and key."""

    limits: Limits
    _corrections: OrderedDict[str, float] = field(default_factory=OrderedDict)

    async def learn(
        self, data: bytes, request: ChatRequest, end: Finish | Error | None, headers: Mapping[str, str]
    ) -> None:
        """Compare the backend's count with the estimate. Only requests of Anthropic's wire teach, as only they ask.

        `data` is the client's body, and `headers` are those of the client's own request, with its key.
        """
        if request.source != NAME or not isinstance(end, Finish) or len(request.model) > _LONGEST:
            return
        counted = end.usage.prompt_tokens if end.usage else None
        if not counted:
            return
        estimate = await by_size(data, lambda _: estimated_tokens(request))
        if estimate < _ENOUGH or not _LEAST <= counted / estimate <= _GREATEST:
            return
        key = f"{request.model} {whose(headers)}"
        known = self._corrections.pop(key, 1.0)
        self._corrections[key] = min(max(counted / estimate, known * (1 - _STEP)), known * (1 + _STEP))
        if len(self._corrections) > _MOST:
            self._corrections.popitem(last=False)

    def corrected(self, model: str, estimate: int, headers: Mapping[str, str]) -> int:
        """Tokens of a request by what was learnt of the model, at least 1."""
        correction = self._corrections.get(f"{model} {whose(headers)}", 1.0)
        return max(1, round(estimate * correction))

    def forget(self) -> None:
        """Estimate as if nothing had been counted yet."""
        self._corrections.clear()

    async def answer(self, request: web.Request) -> web.Response:
        """The answer with a count. Raises `RequestError`."""
        data = await received_body(request, self.limits)
        asked, estimate = await by_size(data, self._read)
        request[EXCHANGE].note(model=asked.model, wire=NAME)
        counted = self.corrected(asked.model, estimate, request.headers)
        return web.Response(body=write_json({"input_tokens": counted}), headers={"Content-Type": "application/json"})

    def _read(self, data: bytes) -> tuple[ChatRequest, int]:
        # Only the prompt is counted. The reader wants a length for the reply, which this body lacks.
        budget = Budget(self.limits)
        asked = read_request(read_json(data, budget) | {"max_tokens": 1}, budget)
        return asked, estimated_tokens(asked)
