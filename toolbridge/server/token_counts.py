"""`/v1/messages/count_tokens`: how long a prompt would be, by an estimate that learns.

No backend but one of Anthropic's wire has such a route, and none can be asked without a generation. So the bridge
estimates (`wire.anthropic.counting`) and corrects by what the backend counted of this model's earlier requests, where
there were some: its own tokenizer, its template, and the prompt that the bridge put in are all in that figure.

Each key teaches for itself. Clients without one, or with the same, share what is learnt, and the texts of one say
little of those of another: so one request moves the correction by a few per cent, and all together by a factor of two.
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
"""Bounds of a correction. What lies outside teaches nothing: a backend that counts only what its cache did not hold, or
a text made to be miscounted."""
_STEP = 0.03
"""How far one request moves the correction at most, as a part of it."""
_ENOUGH = 256
"""Tokens of a request, by the estimate, below which the template around it counts for more than its text."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """What was counted, by model and key."""

    limits: Limits
    _corrections: OrderedDict[str, float] = field(default_factory=OrderedDict)

    async def learn(
        self, data: bytes, request: ChatRequest, end: Finish | Error | None, headers: Mapping[str, str]
    ) -> None:
        """Compare what a backend has counted with the estimate. Only clients that may ask for it teach.

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
        """Answer a question for a count. Raises `RequestError`."""
        data = await received_body(request, self.limits)
        asked, estimate = await by_size(data, self._read)
        request[EXCHANGE].note(model=asked.model, wire=NAME)
        counted = self.corrected(asked.model, estimate, request.headers)
        return web.Response(body=write_json({"input_tokens": counted}), headers={"Content-Type": "application/json"})

    def _read(self, data: bytes) -> tuple[ChatRequest, int]:
        # What is counted is the prompt, and of a reply this body says nothing.
        budget = Budget(self.limits)
        asked = read_request(read_json(data, budget) | {"max_tokens": 1}, budget)
        return asked, estimated_tokens(asked)
