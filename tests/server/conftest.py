"""The bridge in front of a real backend, both on loopback."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from multidict import CIMultiDictProxy

from tests.fake_ollama import FakeOllama
from toolbridge.server.app import create_app
from toolbridge.server.logs import make_log
from toolbridge.server.settings import LogSettings, Settings

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = '<tool_calls>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n</tool_calls>'
QUESTION = [{"role": "user", "content": "How is Oslo?"}]


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        """The objects of a stream, NDJSON or SSE."""
        texts = (text.removeprefix(b"data: ") for text in self.body.splitlines())
        return [json.loads(text) for text in texts if text not in (b"", b"[DONE]")]


class Bridge:
    """A running bridge and a client for it."""

    def __init__(self, url: str, client: ClientSession, log: io.StringIO) -> None:
        self.url, self.client, self._log = url, client, log

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self._log.getvalue().splitlines()]

    async def ask(
        self, path: str = "/api/chat", *, method: str = "POST", headers: dict[str, str] | None = None, **body: Any
    ) -> Answer:
        """A chat of `plain:1b` that is not streamed, unless the body says otherwise; """
        full = {"model": "plain:1b", "messages": QUESTION, "stream": False} | body
        return await self.send(path, json.dumps(full).encode(), method=method, headers=headers)

    async def send(
        self, path: str, body: bytes | None = None, *, method: str = "POST", headers: dict[str, str] | None = None
    ) -> Answer:
        """Any request."""
        async with self.client.request(
            method, self.url + path, data=body, headers=headers, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


Start = Callable[..., Awaitable[Bridge]]


@pytest.fixture
async def backend() -> AsyncIterator[FakeOllama]:
    async with FakeOllama().running() as fake:
        yield fake


@pytest.fixture
async def start(backend: FakeOllama) -> AsyncIterator[Start]:
    """Starts bridges with the settings given."""
    async with AsyncExitStack() as stack:

        async def _start(**settings: Any) -> Bridge:
            log = io.StringIO()
            own = Settings(**{"backend": backend.url} | settings)
            app = create_app(own, make_log(LogSettings(format="json", level="debug"), log))
            runner = web.AppRunner(app, shutdown_timeout=1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            client = ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False)
            await stack.enter_async_context(client)
            return Bridge(f"http://127.0.0.1:{runner.addresses[0][1]}", client, log)

        yield _start


@pytest.fixture
async def bridge(start: Start) -> Bridge:
    """One with its defaults."""
    return await start()
