"""A backend that speaks Ollama's wire and does as it is told: a real server on loopback that keeps what it received.

fake.says("It ", "rains.")                      the next chats answer with these pieces
fake.chat = fake.answering(400, {"error": …})   or with a status
fake.chat = …                                   or with any coroutine of (request, body)
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

TAGS = b'{ "models":[ {"size":1.0, "name":"plain:1b","x-new":{"b":2,"a":"\\u003c\\u00e9"}, "model":"plain:1b"}]}\n'
"""Odd on purpose: the order of its names, its blanks, an unknown field, escapes."""
CREATED = "2026-01-02T03:04:05.678901234Z"
Chat = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """A request as the backend saw it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def line(content: str = "", *, model: str = "plain:1b", **fields: Any) -> bytes:
    """A line of a reply as Go writes it, with `<` escaped."""
    message = {"role": "assistant", "content": content} | fields.pop("message", {})
    body = {"model": model, "created_at": CREATED, "message": message, "done": False} | fields
    return json.dumps(body, separators=(",", ":")).replace("<", "\\u003c").encode() + b"\n"


def last(**fields: Any) -> bytes:
    """The line that ends a reply."""
    counted = {"eval_count": 7, "prompt_eval_count": 11, "total_duration": 5}
    return line(done=True, done_reason="stop", **(counted | fields))


class FakeOllama:
    """The backend."""

    def __init__(self) -> None:
        self.loaded: dict[str, int] = {}
        """The windows with which its models are loaded, as `/api/ps` shows them."""
        self.loads: list[tuple[str, int]] = []
        """Every model that it has loaded, with the window: again and again if requests want other windows."""
        self.received: list[Received] = []
        self.shows: dict[str, dict[str, Any]] = {
            "plain:1b": {"details": {"family": "llama"}, "model_info": {}, "capabilities": ["completion"]},
            "able:8b": {"details": {"family": "qwen3"}, "model_info": {}, "capabilities": ["completion", "tools"]},
        }
        self.gone = asyncio.Event()
        """A client of ours went away before its answer was whole."""
        self.port = 0
        self.chat: Chat = self.saying()
        self.more: dict[str, Chat] = {}
        """What it says on other paths."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def chats(self) -> list[Received]:
        """The chats that came."""
        return [one for one in self.received if one.target.startswith("/api/chat")]

    @property
    def questions(self) -> list[Received]:
        """How often it was asked about a model."""
        return [one for one in self.received if one.target == "/api/show"]

    def says(self, *pieces: str) -> None:
        """The following chats get these pieces of text."""
        self.chat = self.saying(*pieces)

    def saying(self, *pieces: str) -> Chat:
        async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
            if body.get("stream") is False:
                return whole("".join(pieces))
            return await stream(request, [*(line(piece) for piece in pieces), last()])

        return chat

    @staticmethod
    def answering(status: int, body: object, **headers: str) -> Chat:
        """A chat with one answer, of JSON or of bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
            return web.Response(status=status, body=data, headers={"Content-Type": "application/json"} | headers)

        return chat

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve on a free port."""
        app = web.Application(client_max_size=0, middlewares=[self._notice])
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(
            app, handler_cancellation=True, auto_decompress=False, shutdown_timeout=0, access_log=None
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _notice(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except (asyncio.CancelledError, ConnectionError):
            self.gone.set()
            raise

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/api/blobs/"):
            return await self._take_blob(request)
        body = await request.read()
        self.received.append(Received(request.method, request.rel_url.raw_path_qs, request.headers.copy(), body))
        if request.path in self.more:
            return await self.more[request.path](request, {})
        match request.path:
            case "/api/chat":
                self._load(json.loads(body))
                return await self.chat(request, json.loads(body))
            case "/api/generate":
                return await self._generate(request, body)
            case "/api/ps":
                return self._ps()
            case "/api/show":
                return self._show(json.loads(body))
            case "/api/tags":
                return web.Response(body=TAGS, content_type="application/json")
            case "/":
                return web.Response(text="Ollama is running")
            case "/api/version":
                return web.json_response({"version": "0.12.0"})
            case "/api/copy" | "/api/delete":
                return web.Response()
            case "/api/pull":
                return await stream(request, [b'{"status":"pulling manifest"}\n', b'{"status":"success"}\n'])
            case "/api/echo":
                return web.Response(body=body, headers={"X-Kept": "yes", "Connection": "X-Dropped", "X-Dropped": "1"})
            case _:
                return web.Response(status=404, body=b"404 page not found", content_type="text/plain")

    def _load(self, body: dict[str, Any]) -> None:
        """Load the model of a chat, as Ollama does whenever the model is not loaded with the window that is wanted."""
        name, window = str(body.get("model")), (body.get("options") or {}).get("num_ctx") or 4096
        if self.loaded.get(name) != window:
            self.loaded[name] = window
            self.loads.append((name, window))

    async def _generate(self, request: web.Request, body: bytes) -> web.StreamResponse:
        """A finished prompt loads the model as a chat does."""
        try:
            asked = json.loads(body)
            self._load(asked)
        except (ValueError, AttributeError):
            return web.json_response({"error": "invalid request"}, status=400)
        text, end = {"response": "It rains.", "done": False}, {"response": "", "done": True, "done_reason": "stop"}
        if asked.get("stream") is False:
            return web.json_response(text | {"done": True})
        return await stream(request, [json.dumps(line).encode() + b"\n" for line in (text, end)])

    def _ps(self) -> web.Response:
        entries = [{"name": name, "model": name, "context_length": window} for name, window in self.loaded.items()]
        return web.json_response({"models": entries})

    def _show(self, body: dict[str, Any]) -> web.Response:
        name = body.get("model") or body.get("name") or ""
        if name not in self.shows:
            return web.json_response({"error": f"model '{name}' not found"}, status=404)
        return web.json_response(self.shows[name])

    async def _take_blob(self, request: web.Request) -> web.Response:
        size = 0
        async for data in request.content.iter_any():
            size += len(data)
        self.received.append(
            Received(request.method, request.rel_url.raw_path_qs, request.headers.copy(), str(size).encode())
        )
        return web.Response(status=201)


def whole(content: str, **message: Any) -> web.Response:
    """A reply in one piece."""
    data = last(message={"content": content} | message)
    return web.Response(body=data.rstrip(b"\n"), headers={"Content-Type": "application/json; charset=utf-8"})


async def stream(
    request: web.Request,
    lines: list[bytes],
    *,
    before_each: Callable[[int], Awaitable[Any]] | None = None,
    finish: bool = True,
) -> web.StreamResponse:
    """Lines in a write each; `before_each` is awaited with the number of the line. Without `finish` more may come."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    for number, data in enumerate(lines):
        if before_each:
            await before_each(number)
        await response.write(data)
    if finish:
        await response.write_eof()
    return response
