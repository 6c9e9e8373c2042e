"""`/v1/messages/count_tokens`: how long a prompt would be, by an estimate that learns.

No backend but one of Anthropic's wire has such a route, and none can be asked without a generation. So the bridge
estimates (`wire.anthropic.counting`) and corrects by what the backend counted of this model's earlier requests, where
there were some: its own tokenizer, its template, and the prompt that the bridge put in are all in that figure.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from aiohttp import web

from toolbridge.events import Error, Finish
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.server.bodies import read_object
from toolbridge.server.exchange import EXCHANGE
from toolbridge.wire.anthropic.counting import estimated_tokens
from toolbridge.wire.anthropic.requests import NAME, read_request
from toolbridge.wire.codec import write_json

PATH = "/v1/messages/count_tokens"
_MOST = 512
"""Models that are remembered at most; a client chooses the names."""
_LONGEST = 512
"""Characters of the longest name that is remembered."""
_LEAST, _GREATEST = 0.25, 4.0
"""Bounds of a correction: a backend that counts only what its cache did not hold says nothing of the whole."""
_NEWEST = 0.5
"""The weight of the newest request."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """What was counted, by model."""

    limits: Limits
    _corrections: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def learn(self, request: ChatRequest, end: Finish | Error | None) -> None:
        """Compare what a backend has counted with the estimate. Only clients that may ask for it teach."""
        if request.source != NAME or not isinstance(end, Finish) or len(request.model) > _LONGEST:
            return
        counted = end.usage.prompt_tokens if end.usage else None
        estimate = estimated_tokens(request)
        if not counted or not estimate:
            return
        found = min(max(counted / estimate, _LEAST), _GREATEST)
        known = self._corrections.pop(request.model, found)
        self._corrections[request.model] = known + _NEWEST * (found - known)
        if len(self._corrections) > _MOST:
            self._corrections.popitem(last=False)

    def estimate(self, request: ChatRequest) -> int:
        """Tokens of a request, at least 1."""
        return max(1, round(estimated_tokens(request) * self._corrections.get(request.model, 1.0)))

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a question for a count. Raises `RequestError`."""
        body = await read_object(request, self.limits)
        # What is counted is the prompt, and of a reply this body says nothing.
        asked = read_request(body | {"max_tokens": 1})
        request[EXCHANGE].note(model=asked.model, wire=NAME)
        return web.Response(
            body=write_json({"input_tokens": self.estimate(asked)}), headers={"Content-Type": "application/json"}
        )
