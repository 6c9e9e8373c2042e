"""The bridge as an application: its parts, the way of a request to one of them, and what every answer has in common.

`routes` says what answers which path. No answer shows the program underneath: no default header, page or error text of
aiohttp leaves. Only what is no HTTP at all is answered by aiohttp itself.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from aiohttp import hdrs, web
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11
from aiohttp.typedefs import Handler

from toolbridge.errors import BackendError, BackendUnreachable, ToolbridgeError
from toolbridge.events import Error
from toolbridge.models import Backend
from toolbridge.server.access import UNLOCKED, Access
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.bodies import BODY_SECONDS
from toolbridge.server.catalogue import Catalogue
from toolbridge.server.chat import Chat
from toolbridge.server.draining import WHY, Draining
from toolbridge.server.error_answers import error_answer, not_allowed, not_found, signed
from toolbridge.server.exchange import EXCHANGE, GONE, Exchange
from toolbridge.server.headers import is_text
from toolbridge.server.kept_window import KeptWindow
from toolbridge.server.logs import Log, ServerLog, make_log
from toolbridge.server.model_routes import ModelRoutes
from toolbridge.server.ollama_routes import OllamaRoutes
from toolbridge.server.passthrough import Passthrough
from toolbridge.server.readers import Readers, break_off
from toolbridge.server.readiness import Readiness
from toolbridge.server.recognition import Recognition
from toolbridge.server.routes import Answer, find_routes, known_methods
from toolbridge.server.settings import Settings
from toolbridge.server.stored_responses import StoredResponses
from toolbridge.server.token_counts import TokenCounts
from toolbridge.server.upstream import HEADER, Upstream
from toolbridge.server.windows import Windows
from toolbridge.wire import wires

_CHATS: Mapping[str, str] = {path: each.name for each in wires().values() for path in (each.path, *each.also_at)}
_Answering = Callable[[web.Request, Backend], Awaitable[web.StreamResponse]]
_SLASHES = re.compile(r"//+")
_DOTS = re.compile(r"(?:^|/)\.\.?(?:/|$)")
_TARGET = 4 * 1024
"""Bytes of a request's first line. aiohttp looks for a route at every slash of the path, before a key is asked for; no
model has so long a name."""
_KEPT_SECONDS = 75.0
"""How long a connection may wait for its next request, or for the rest of its head. Reverse proxies mostly keep their
connections for 60 s, and must be the first to close."""
DRAINING = web.AppKey("draining", Draining)
"""Where a runner finds the drain of a running bridge; a runner that only cleans up need not know it."""
FORGET: web.AppKey[Callable[[], None]] = web.AppKey("forget")
"""Where a runner finds the function that lets the bridge forget everything it has learnt and asked."""


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
            # A packed body goes on as the client packed it.
            "auto_decompress": False,
            "max_line_size": _TARGET,
            "max_field_size": HEADER,
            # A request's head has as long to come as the next request of a kept connection.
            "keepalive_timeout": _KEPT_SECONDS,
            "access_log": None,
            "logger": ServerLog(log),
        },
    )
    app.router.add_route("*", "/{path:.*}", bridge.route, expect_handler=_continue)
    app.cleanup_ctx.append(bridge.connected)
    app.on_response_prepare.append(bridge.dress)
    app[DRAINING] = bridge.draining
    app[FORGET] = bridge.forget
    app[BODY_SECONDS] = settings.timeouts.body
    app.on_shutdown.append(bridge.end)
    return app


class _Bridge:
    """The parts, and the way of a request to one of them."""

    def __init__(self, settings: Settings, log: Log) -> None:
        backend = settings.backend
        self._log = log
        self._backend = backend
        self._access = Access(settings)
        self._upstream = Upstream(backend, settings.timeouts)
        self.draining = Draining(settings.server.grace, self._upstream.end)
        self._recognition = Recognition(settings, self._upstream, log)
        self._readers = Readers(settings.timeouts.write)
        self._headers = BackendHeaders(backend, keeps_key=self._access.takes_key)
        models = BackendModels(self._upstream, settings.limits)
        self._catalogue = Catalogue(models)
        self._counts = TokenCounts(settings.limits)
        self._windows = Windows(self._upstream, settings.limits)
        self._stored = StoredResponses(settings.responses, settings.server.workers)
        self._chat = Chat(
            settings,
            self._upstream,
            self._headers,
            models,
            self._catalogue,
            self._counts,
            self._windows,
            self._stored,
            log,
        )
        model_routes = ModelRoutes(self._upstream, self._headers, settings.limits)
        ollama_routes = OllamaRoutes(settings, self._upstream, self._headers, models)
        passthrough = Passthrough(self._upstream, self._headers, models_changed=self._catalogue.forget)
        kept_window = KeptWindow(settings, self._upstream, self._headers, self._windows, passthrough)
        readiness = Readiness(self._access, backend, self.draining, self._headers, self._recognition, self._upstream)
        self._answers: Mapping[Answer, _Answering] = {
            "alive": lambda request, _backend: readiness.alive(request),
            "ready": lambda request, _backend: readiness.ready(request),
            "chat": self._answer_chat,
            "token count": lambda request, _backend: self._counts.answer(request),
            "models": model_routes.answer,
            "finished prompt": lambda request, _backend: kept_window.answer(request),
            "show": lambda request, _backend: model_routes.show(request),
            "passthrough": lambda request, _backend: passthrough.answer(request),
            "ollama routes": ollama_routes.answer,
        }

    async def connected(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep connections to the backend for as long as the application runs."""
        async with self._upstream:
            yield

    async def end(self, _app: web.Application) -> None:
        """Let running answers finish, and end the rest."""
        await self.draining.drain()

    def forget(self) -> None:
        """Forget everything about the backend, its models and their tokens, except for the settings."""
        self._recognition.forget()
        self._catalogue.forget()
        self._counts.forget()
        self._windows.forget()
        self._log.info("forgot what was learnt")

    async def route(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that may be answered, by the first row of `routes` that fits it."""
        path = request[EXCHANGE].path
        rows = find_routes(request.method, path)
        if not rows:
            methods = known_methods(path)
            return not_allowed(methods) if methods else not_found()
        if _DOTS.search(request.path) or not is_text(path):
            return not_found()
        backend = self._backend
        if rows[0].backend is not None:
            backend = self._recognition.known or await self._recognition.backend(
                self._headers.of_client(request), request[EXCHANGE].wire.name
            )
        row = next(row for row in rows if row.is_for(backend))
        return await self._answers[row.answer](request, backend)

    async def _answer_chat(self, request: web.Request, backend: Backend) -> web.StreamResponse:
        return await self._chat.answer(request, _CHATS[request[EXCHANGE].path], backend)

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer any request and log it."""
        exchange = Exchange(request, _SLASHES.sub("/", request.rel_url.raw_path))
        request[EXCHANGE] = exchange
        self._readers.watch(request)
        status = GONE
        try:
            with self.draining.running():
                response = signed(await self._answer(request, exchange, handler), exchange.wire, exchange.id)
        except ConnectionError:
            if exchange.response is None:
                raise
            # The client went away while it was written to, which is nothing for aiohttp to report.
            return exchange.response
        else:
            status = response.status
            return response
        finally:
            level = "debug" if exchange.path in UNLOCKED else exchange.level_of(status)
            facts = {"id": exchange.id, "status": status, "outcome": exchange.outcome_of(status)}
            ms = exchange.elapsed()
            # An answer in one piece leaves after this line is written.
            facts |= {"ms": ms, "first_ms": ms} | exchange.facts
            getattr(self._log, level)("request", method=request.method, path=exchange.path, **facts)

    async def _answer(self, request: web.Request, exchange: Exchange, handler: Handler) -> web.StreamResponse:
        """The answer to a request, whatever goes wrong."""
        try:
            refusal = self._access.refusal(request, exchange) or self._too_late(exchange)
            return await handler(request) if refusal is None else refusal
        except web.HTTPException:
            return not_found()
        except ToolbridgeError as error:
            exchange.failed(error)
            if isinstance(error, BackendUnreachable):
                self._recognition.forget()
            return _failed(request, exchange, error)
        except ConnectionError:
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self.draining.cancels or task is None:
                raise
            task.uncancel()
            ending = BackendError(WHY)
            exchange.failed(ending)
            return _failed(request, exchange, ending)
        except Exception as problem:  # noqa: BLE001 # the last resort: client and operator are both told
            self._log.error("failed", id=exchange.id, path=exchange.path, exc_info=problem)
            exchange.failed(problem)
            return _failed(request, exchange, ToolbridgeError("the bridge failed; its log says how"))

    def _too_late(self, exchange: Exchange) -> web.Response | None:
        """The answer to a request over a kept connection while the bridge drains; probes are answered as ever."""
        if not self.draining.begun or exchange.path in UNLOCKED:
            return None
        refusal = error_answer(exchange.wire, Error(WHY, "api_error", 503))
        refusal.force_close()
        return refusal

    async def dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers that all answers have, and remove those that aiohttp added."""
        exchange, headers = request.get(EXCHANGE), response.headers
        if exchange is None:
            # aiohttp refused the request by itself: its Expect is unknown, and its target is no path.
            exchange = Exchange(request, request.rel_url.raw_path)
        if headers.get(hdrs.SERVER) == SERVER_SOFTWARE:
            del headers[hdrs.SERVER]
        if exchange.untyped:
            headers.popall(hdrs.CONTENT_TYPE, None)
        headers.setdefault("X-Request-Id", exchange.id)
        if exchange.wire.id_header:
            headers.setdefault(exchange.wire.id_header, exchange.id)
        if exchange.mode:
            headers["X-Toolbridge-Mode"] = exchange.mode
        if exchange.calls:
            headers["X-Toolbridge-Calls"] = exchange.calls
        if exchange.dropped:
            headers["X-Toolbridge-Dropped-Tools"] = exchange.dropped
        if response.content_type == "text/event-stream":
            headers.setdefault(hdrs.CACHE_CONTROL, "no-cache")
        self._access.dress(request, headers)
        exchange.started(response)


def _failed(request: web.Request, exchange: Exchange, error: ToolbridgeError) -> web.StreamResponse:
    """The answer for an error. An answer that has begun can only break off."""
    if exchange.response is None:
        return error_answer(exchange.wire, error)
    exchange.broke_off()
    break_off(request, exchange.response)
    return exchange.response


async def _continue(request: web.Request) -> None:
    """Let a client that waits for it send its body."""
    if request.version >= HttpVersion11 and request.headers[hdrs.EXPECT].lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # These bytes are no part of the answer, which has not begun.
        request.writer.output_size = 0
