"""`/healthz` and `/readyz`: whether the process lives, and whether a chat would be answered now.

Probes ask both without a key. So nothing of their question goes to the backend, and a stranger reads the problem in one
word only. The backend's address and its own words are told to clients that may ask the backend things. However many
clients ask at a time, the backend is asked once.
"""

import asyncio
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from toolbridge.errors import BackendError
from toolbridge.models import Backend
from toolbridge.server.access import Access
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.draining import Draining
from toolbridge.server.error_answers import PLAIN
from toolbridge.server.recognition import Recognition
from toolbridge.server.upstream import Upstream

_SECONDS = 5.0
"""Within which a backend has to answer; orchestrators ask every few seconds."""


@dataclass(slots=True)
class Readiness:
    """Answers both routes."""

    access: Access
    backend: Backend
    draining: Draining
    headers: BackendHeaders
    recognition: Recognition
    upstream: Upstream
    _question: asyncio.Task[tuple[str, str]] | None = field(default=None, init=False)
    """The question that is under way. It has its own task: a client who leaves does not end it for the others."""

    async def alive(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.Response(body=b"ok", headers={"Content-Type": PLAIN})

    async def ready(self, request: web.Request) -> web.Response:
        """Whether chats are answered, by the status too."""
        word, sentence = await self._problem()
        report: dict[str, object] = {"ready": not word}
        if self.access.trusts(request):
            report["backend"] = self.backend.name
            word = sentence
        if word:
            report["error"] = word
        headers = {"Content-Type": "application/json"}
        return web.Response(status=503 if word else 200, body=orjson.dumps(report), headers=headers)

    async def _problem(self) -> tuple[str, str]:
        """Why chats would not be answered, in a word and in a sentence; both are empty if chats are answered."""
        if self.draining.begun:
            return "draining", "draining"
        if self._question is None:
            self._question = asyncio.create_task(self._asked())
        return await asyncio.shield(self._question)

    async def _asked(self) -> tuple[str, str]:
        try:
            return await self._answered()
        finally:
            self._question = None

    async def _answered(self) -> tuple[str, str]:
        """What the backend's answer says of its problem."""
        headers = self.headers.of_bridge()
        try:
            async with asyncio.timeout(_SECONDS):
                backend = await self.recognition.backend(headers, "openai")
                async with self.upstream.ask("GET", backend.traits.ready, headers=headers) as answer:
                    if answer.status < 500:
                        return "", ""
                    return "failing", f"{self.upstream.name} answers with status {answer.status}"
        except TimeoutError:
            return "silent", f"{self.upstream.name} does not answer within {_SECONDS:g} s"
        except BackendError as error:
            self.recognition.forget()
            return "unreachable", error.message
