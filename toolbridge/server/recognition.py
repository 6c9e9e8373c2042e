"""Which server the backend is: the bridge asks it some paths, once, and looks at what the answers hold.

A status tells nothing: LM Studio answers 200 to every path, `transformers serve` may answer 500 for its list of models,
llama.cpp answers 503 to every path while it loads. So an answer counts only if it has the expected shape. The questions
come in an order in which no server is taken for another. All are GET requests, and none makes a model work.

A recognised server is believed until no connection can be made any more, as another server may then come up at that
address. A server that was not recognised is asked again soon; meanwhile a request goes on in the wire of its client. A
server may hide what it is from a bad key. So such a result holds for that key alone, as does a question under way.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from toolbridge.errors import BackendError, BackendUnreachable
from toolbridge.models import Backend
from toolbridge.server.headers import asking
from toolbridge.server.json_answers import json_value
from toolbridge.server.logs import Log
from toolbridge.server.settings import BackendSettings, Settings
from toolbridge.server.upstream import Upstream
from toolbridge.server.whose import whose
from toolbridge.traits import TRAITS, ServerName, WireName, presumed_wire, servers_differ

_PATIENCE = 10.0
"""Seconds for one question; mlx-lm answers no other request while it generates."""
_SOON = 5.0
"""Seconds until a server that was not recognised is asked again."""
_MOST_KEYS = 512
"""Keys of which it is remembered that the server was not recognised."""
_MOST = 32 << 20
"""Bytes of an answer that are read; OpenRouter's list has some hundred KiB."""

_HOSTS: tuple[tuple[str, ServerName], ...] = (("openai.com", "openai"), ("openrouter.ai", "openrouter"))
"""Services known by their address. Gateways say `owned_by: openai` of models that are not OpenAI's."""
_OWNERS: Mapping[str, ServerName] = {"llamacpp": "llama.cpp", "vllm": "vllm", "sglang": "sglang"}
"""The `owned_by` that servers write beside each of their models; a gateway in front of several writes several."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer: its JSON, if it is JSON, and its text."""

    json: Any = None
    text: str = ""

    @property
    def object(self) -> Mapping[str, Any]:
        return self.json if isinstance(self.json, Mapping) else {}

    def entries(self, key: str) -> list[Mapping[str, Any]]:
        """The objects of a list."""
        values = self.object.get(key)
        return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []

    @property
    def error(self) -> Any:
        return self.object.get("error")


class Recognition:
    """Recognises the backend and remembers it. `clock` counts seconds."""

    def __init__(
        self, settings: Settings, upstream: Upstream, log: Log, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._found = settings.backend
        """The backend as far as it is known to all; `server` is None while it is not recognised."""
        self._guesses: dict[str, tuple[float, Backend]] = {}
        """For each key whose answers did not suffice: until when, and what the backend is taken for."""
        self._upstream = upstream
        self._log = log
        self._clock = clock
        self._asks = _leaves_open(settings.backends)
        self._spoken: WireName | None = None if settings.backends.wire == "auto" else settings.backends.wire
        self._sure = not self._asks
        self._questions: dict[str, asyncio.Task[Backend]] = {}
        self._told = False

    @property
    def known(self) -> Backend | None:
        """The backend, if it need not be asked; else None."""
        return self._found if self._sure else None

    async def backend(self, headers: Mapping[str, str], spoken: str) -> Backend:
        """The backend; `spoken` is the client's wire, which an unknown backend is taken to speak, too.

        `headers` are those of the request that wants to know. Raises `BackendUnreachable`: then this request has
        nowhere to go.
        """
        found, key = self._found, whose(headers)
        if not self._sure:
            until, found = self._guesses.get(key, (-math.inf, found))
            if self._clock() >= until:
                question = self._questions.get(key)
                if question is None:
                    question = self._questions[key] = asyncio.create_task(self._recognise(key, asking(headers)))
                    question.add_done_callback(lambda done: self._answered(key, done))
                # A client that goes away must not end the question for the others.
                found = await asyncio.shield(question)
        return found if found.server or not self._asks else replace(found, wire=self._spoken or presumed_wire(spoken))

    def forget(self) -> None:
        """Ask anew: there was no connection, so that another server may come up there; or the operator wants it."""
        self._sure = not self._asks
        self._guesses.clear()

    async def _recognise(self, key: str, headers: Mapping[str, str]) -> Backend:
        answers: dict[str, _Reply] = {}

        async def ask(path: str) -> _Reply:
            if path not in answers:
                answers[path] = await self._ask(path, headers)
            return answers[path]

        named = next((name for host, name in _HOSTS if _is_at(self._found.url, host)), None)
        server = named or await find(ask, self._spoken)
        sure = server is not None
        if server is None and (self._spoken is not None or isinstance((await ask("/v1/models")).error, Mapping)):
            # The list is missing, or a key for it: the error has the shape of OpenAI's.
            server = "unknown"
        if sure and server != self._found.server:
            self._log.info("backend recognised", server=server, wire=TRAITS[server or "unknown"].wire)
        elif not sure and not self._told:
            self._told = True
            self._log.warning("backend not recognised", help="set backends.wire or backends.server if it stays so")
        found = replace(self._found, wire=TRAITS[server or "ollama"].wire, server=server)
        if sure:
            self._found, self._sure = found, True
        elif not self._sure:
            self._guesses[key] = self._clock() + _SOON, found
            if len(self._guesses) > _MOST_KEYS:
                del self._guesses[next(iter(self._guesses))]
        return self._found if self._sure else found

    async def _ask(self, path: str, headers: Mapping[str, str]) -> _Reply:
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                self._upstream.ask("GET", path, headers=headers, decode=True) as answer,
            ):
                body = await answer.beginning(_MOST)
        except BackendUnreachable:
            raise
        except (BackendError, TimeoutError):
            return _Reply()
        return _Reply(json_value(body), body.decode("utf-8", "replace"))

    def _answered(self, key: str, question: "asyncio.Task[Backend]") -> None:
        if self._questions.get(key) is question:
            del self._questions[key]
        if not question.cancelled():
            question.exception()  # the requests that wait raise it; asyncio must not complain if all went away


async def find(ask: Callable[[str], Awaitable[_Reply]], spoken: WireName | None) -> ServerName | None:
    """The server whose shapes the answers have; None if they have no server's shapes.

    Ollama is asked for first, by two routes together: llama.cpp's server, SGLang and proxies have some of its routes,
    but not these two. A server that names itself in its list of models is believed. Other servers are known by a route
    that no other server has. mlx-lm and transformers have no such route, and are known by their words for an unknown
    path.
    """
    version = await ask("/api/version")
    if server := _by_refusal(version):
        return server
    has_version = spoken is None and isinstance(version.object.get("version"), str)
    if has_version:
        if "Ollama is running" in (await ask("/")).text:
            return "ollama"
        if isinstance((await ask("/api/ps")).object.get("models"), list):
            return "ollama"
    models = await ask("/v1/models")
    if server := _by_refusal(models) or _by_list(models):
        return server
    if "default_generation_settings" in (await ask("/props")).object:
        return "llama.cpp"
    if any("compatibility_type" in one or "state" in one for one in (await ask("/api/v0/models")).entries("data")):
        return "lmstudio"
    if any("loaded_instances" in one for one in (await ask("/api/v1/models")).entries("models")):
        return "lmstudio"
    if list((await ask("/version")).object) == ["version"]:
        return "vllm"
    if (await ask("/health")).json == {"status": "ok"}:
        unknown_path = await ask("/")
        if unknown_path.text.strip() == "Not Found":
            return "mlx-lm"
        if unknown_path.json == {"detail": "Not Found"}:
            return "transformers"
    is_list = isinstance(models.object.get("data"), list) or models.object.get("object") == "list"
    if not is_list:
        return None
    # Ollama behind a proxy that lets only some of its routes through has a version, and no second route confirms it.
    return "ollama" if has_version else "unknown"


def _by_refusal(reply: _Reply) -> ServerName | None:
    """The server that answers every path with this: LM Studio, or llama.cpp while it loads its model."""
    if isinstance(reply.error, str) and reply.error.startswith("Unexpected endpoint or method"):
        return "lmstudio"
    if isinstance(reply.error, Mapping) and reply.error.get("type") == "unavailable_error":
        return "llama.cpp"
    return None


def _by_list(models: _Reply) -> ServerName | None:
    entries = models.entries("data")
    owners = {str(entry.get("owned_by")) for entry in entries}
    if len(owners) == 1 and (server := _OWNERS.get(owners.pop())):
        return server
    if entries and all("supported_parameters" in entry and "pricing" in entry for entry in entries):
        return "openrouter"
    return None


def _is_at(url: str, host: str) -> bool:
    name = urlsplit(url).hostname or ""
    return name == host or name.endswith(f".{host}")


def _leaves_open(own: BackendSettings) -> bool:
    """Whether the settings leave open which wire it is, or which of several servers that speak the wire."""
    return own.server == "auto" and (own.wire == "auto" or servers_differ(own.wire))
