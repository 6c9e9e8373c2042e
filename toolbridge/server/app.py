"""Which path is which, and what every answer has in common.

    POST /api/chat, /v1/chat/completions    chat
    POST /api/show                          the backend's answer with our capabilities
    GET, HEAD /; /api/*; /v1/*              the backend's, whatever they are
    GET, HEAD /healthz, /readyz             ours: the process lives; the backend answers, and chats are taken
    everything else                         404 or 405, as Ollama writes them

No answer shows the program underneath: no default header, page or error text of aiohttp leaves. (It does answer by
itself what is no HTTP at all.)
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import orjson
from aiohttp import hdrs, web
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11
from aiohttp.typedefs import Handler

from toolbridge.errors import BackendError, ToolbridgeError
from toolbridge.events import Error
from toolbridge.server.access import UNLOCKED, Access
from toolbridge.server.catalogue import Catalogue
from toolbridge.server.chat import PATHS, Chat
from toolbridge.server.exchange import EXCHANGE, GONE, Exchange
from toolbridge.server.faults import PLAIN, fault, not_allowed, not_found
from toolbridge.server.life import WHY, Life
from toolbridge.server.logs import Log, ServerLog, make_log
from toolbridge.server.passthrough import Pipe, is_text
from toolbridge.server.settings import Settings
from toolbridge.server.upstream import HEADER, Upstream

_CHATS: Mapping[str, str] = {path: wire for wire, path in PATHS.items()}
_READY_SECONDS = 5.0
_SLASHES = re.compile(r"//+")
_DOTS = re.compile(r"(?:^|/)\.\.?(?:/|$)")
_READY_PATHS = {"ollama": "/api/version", "openai": "/v1/models"}
_READS = ("GET", "HEAD")
LIFE = web.AppKey("life", Life)
"""How a running bridge is told to come to its end; runners that only clean up need not know."""


def create_app(settings: Settings, log: Log | None = None) -> web.Application:
    """The bridge as an application of aiohttp, for `web.run_app` or any runner of aiohttp's."""
    log = log or make_log(settings.log)
    bridge = _Bridge(settings, log)
    app = web.Application(
        middlewares=[bridge.answer],
        client_max_size=0,
        handler_args={
            # A client that goes away takes its request to the backend with it.
            "handler_cancellation": True,
            # What a client packed goes on as it packed it.
            "auto_decompress": False,
            "max_line_size": HEADER,
            "max_field_size": HEADER,
            "access_log": None,
            "logger": ServerLog(log),
        },
    )
    app.router.add_route("*", "/{path:.*}", bridge.route, expect_handler=_continue)
    app.cleanup_ctx.append(bridge.connected)
    app.on_response_prepare.append(bridge.dress)
    app[LIFE] = bridge.life
    app.on_shutdown.append(bridge.end)
    return app


class _Bridge:
    """The parts, and the way from a path to one of them."""

    def __init__(self, settings: Settings, log: Log) -> None:
        backend = settings.backend
        self._log = log
        self._backend = backend
        self._access = Access(settings)
        self._upstream = Upstream(backend, settings.timeouts)
        self.life = Life(settings.server.grace, self._upstream.end)
        catalogue = Catalogue(backend, self._upstream, settings.limits)
        self._pipe = Pipe(backend, self._upstream, catalogue, settings.limits, keeps_keys=self._access.has_keys)
        self._chat = Chat(settings, self._pipe)
        self._own: Mapping[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "/": self._pipe.answer,
            "/healthz": self._lives,
            "/readyz": self._is_ready,
        }

    async def connected(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep connections to the backend for as long as the application runs."""
        async with self._upstream:
            yield

    async def end(self, _app: web.Application) -> None:
        """Let running answers finish, and end those that do not."""
        await self.life.drain()

    async def route(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that may be answered."""
        path = request[EXCHANGE].path
        if own := self._own.get(path):
            return await own(request) if request.method in _READS else not_allowed(_READS)
        if not path.startswith(("/api/", "/v1/")) or _DOTS.search(request.path) or not is_text(path):
            return not_found()
        if request.method == "POST":
            if source := _CHATS.get(path):
                return await self._chat.answer(request, source)
            if path == "/api/show":
                return await self._pipe.show(request)
        return await self._pipe.answer(request)

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer any request and log it."""
        exchange = Exchange(request, _SLASHES.sub("/", request.rel_url.raw_path))
        request[EXCHANGE] = exchange
        status = GONE
        try:
            with self.life.running():
                response = await self._answer(request, exchange, handler)
        except ConnectionError:
            if exchange.response is None:
                raise
            # The client went away while it was written to, which is nothing for aiohttp to report.
            return exchange.response
        else:
            status = response.status
            return response
        finally:
            write = self._log.debug if exchange.path in UNLOCKED else self._log.info
            facts = {"id": exchange.id, "status": status, "outcome": exchange.outcome_of(status)}
            ms = exchange.elapsed()
            # An answer in one piece leaves when this is written.
            facts |= {"ms": ms, "first_ms": ms} | exchange.facts
            write("request", method=request.method, path=exchange.path, **facts)

    async def _answer(self, request: web.Request, exchange: Exchange, handler: Handler) -> web.StreamResponse:
        """Turn whatever goes wrong into an answer."""
        try:
            refusal = self._access.refusal(request, exchange) or self._too_late(exchange)
            return await handler(request) if refusal is None else refusal
        except web.HTTPException:
            return not_found()
        except ToolbridgeError as error:
            # Others may quote what a client or a model has said.
            exchange.note(error=error.message if isinstance(error, BackendError) else type(error).__name__)
            exchange.failed(error)
            return _failed(request, exchange, error)
        except ConnectionError:
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self.life.over or task is None:
                raise
            task.uncancel()
            ending = BackendError(WHY)
            exchange.failed(ending)
            return _failed(request, exchange, ending)
        except Exception as problem:  # noqa: BLE001 # the last line of defence: client and operator are both told
            self._log.error("failed", id=exchange.id, path=exchange.path, exc_info=problem)
            exchange.failed(problem)
            return _failed(request, exchange, ToolbridgeError("the bridge failed; its log says how"))

    def _too_late(self, exchange: Exchange) -> web.Response | None:
        """The answer to what comes over a kept connection while the bridge drains; probes are told what they ask."""
        if not self.life.draining or exchange.path in UNLOCKED:
            return None
        refusal = fault(exchange.wire, Error(WHY, "api_error", 503))
        refusal.force_close()
        return refusal

    async def _lives(self, _request: web.Request) -> web.Response:
        return web.Response(body=b"ok", headers={"Content-Type": PLAIN})

    async def _is_ready(self, request: web.Request) -> web.Response:
        problem = await self._problem(request)
        said = {"ready": not problem, "backend": self._backend.name} | ({"error": problem} if problem else {})
        headers = {"Content-Type": "application/json"}
        return web.Response(status=503 if problem else 200, body=orjson.dumps(said), headers=headers)

    async def _problem(self, request: web.Request) -> str:
        """What keeps a chat from being answered; empty if nothing does."""
        if self.life.draining:
            return "draining"
        target = _READY_PATHS[self._backend.wire]
        try:
            async with (
                asyncio.timeout(_READY_SECONDS),
                self._upstream.ask("GET", target, headers=self._pipe.onward(request)) as answer,
            ):
                return f"{self._upstream.name} answers with status {answer.status}" if answer.status >= 500 else ""
        except TimeoutError:
            return f"{self._upstream.name} does not answer within {_READY_SECONDS:g} s"
        except BackendError as error:
            return error.message

    async def dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on an answer what all have in common, and take off what aiohttp put there."""
        exchange, headers = request[EXCHANGE], response.headers
        if headers.get(hdrs.SERVER) == SERVER_SOFTWARE:
            del headers[hdrs.SERVER]
        if exchange.untyped:
            headers.popall(hdrs.CONTENT_TYPE, None)
        headers.setdefault("X-Request-Id", exchange.id)
        if exchange.mode:
            headers["X-Toolbridge-Mode"] = exchange.mode
        if response.content_type == "text/event-stream":
            headers.setdefault(hdrs.CACHE_CONTROL, "no-cache")
        self._access.dress(request, headers)
        exchange.started(response)


def _failed(request: web.Request, exchange: Exchange, error: ToolbridgeError) -> web.StreamResponse:
    """An error as an answer; one that has begun can only break off."""
    if exchange.response is None:
        return fault(exchange.wire, error)
    exchange.broke_off()
    if request.transport is not None:
        request.transport.close()
    return exchange.response


async def _continue(request: web.Request) -> None:
    """Let a client that waits for it send its body."""
    if request.version >= HttpVersion11 and request.headers[hdrs.EXPECT].lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # It is no part of the answer, which has not begun.
        request.writer.output_size = 0
