"""The bridge in front of a real backend, both on loopback."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

import anthropic
import ollama
import openai
import pytest
from aiohttp import ClientPayloadError, ClientResponse, ClientSession, DummyCookieJar, web
from multidict import CIMultiDictProxy
from yarl import URL

from tests.fake_ollama import FakeOllama
from tests.fake_openai import FakeOpenAI
from toolbridge.server.app import create_app
from toolbridge.server.logs import make_log
from toolbridge.server.settings import LogSettings, Settings
from toolbridge.traits import ServerName

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = '<tool_calls>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n</tool_calls>'
OLLAMA, OPENAI = "/api/chat", "/v1/chat/completions"
PATHS = (OLLAMA, OPENAI)
SHAPES = [(path, streamed) for path in PATHS for streamed in (False, True)]
QUESTION = [{"role": "user", "content": "How is Oslo?"}]


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    broke: bool = False
    """Whether the connection broke off instead of a proper end."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        """The objects of a stream, NDJSON or SSE, without its comments and the names of its events."""
        texts = (text.removeprefix(b"data:").strip() for text in self.body.splitlines())
        return [
            json.loads(text)
            for text in texts
            if text not in (b"", b"[DONE]") and not text.startswith((b":", b"event:", b"id:", b"retry:"))
        ]


class Bridge:
    """A running bridge and a client for it."""

    def __init__(self, runner: web.AppRunner, client: ClientSession, log: io.StringIO) -> None:
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.stop = runner.cleanup
        self.client, self._log = client, log

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self._log.getvalue().splitlines()]

    async def ask(
        self, path: str = "/api/chat", *, method: str = "POST", headers: dict[str, str] | None = None, **body: Any
    ) -> Answer:
        """A chat of `plain:1b` that is not streamed, unless the body says otherwise."""
        full = {"model": "plain:1b", "messages": QUESTION, "stream": False} | body
        return await self.send(path, json.dumps(full).encode(), method=method, headers=headers)

    async def read_while(self, path: str, on_first: Callable[[], None], **body: Any) -> bytes:
        """The bytes of a streamed chat; `on_first` is called once the first have come."""
        full = json.dumps({"model": "plain:1b", "messages": QUESTION} | body).encode()
        async with self.client.post(self.url + path, data=full) as answer:
            got = await answer.content.readany()
            on_first()
            return got + (await read_on(answer))[0]

    async def send(
        self, path: str, body: Any = None, *, method: str = "POST", headers: dict[str, str] | None = None
    ) -> Answer:
        """Send any request."""
        async with self.client.request(
            method, URL(self.url + path, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers, *await read_on(answer))


async def read_on(answer: ClientResponse) -> tuple[bytes, bool]:
    """The rest of an answer, and whether it broke off behind the line of an error."""
    got = bytearray()
    try:
        while data := await answer.content.readany():
            got += data
    except ClientPayloadError:
        if not got.splitlines()[-1:] or not got.splitlines()[-1].startswith(b'{"error":'):
            raise
        return bytes(got), True
    return bytes(got), False


def text(answer: Answer) -> str:
    """The text of a chat's answer, on any wire, streamed or not."""
    return "".join(message.get("content") or "" for message in _messages(answer))


def calls(answer: Answer) -> list[tuple[str, Any]]:
    """The calls of a chat's answer, as names and arguments; pieces are joined as clients join them."""
    found: dict[int, tuple[str, Any]] = {}
    for message in _messages(answer):
        for number, call in enumerate(message.get("tool_calls") or ()):
            function = call["function"]
            given = function["arguments"]
            index = call.get("index", function.get("index", number))
            name, before = found.get(index, (function.get("name"), ""))
            found[index] = name, before + given if isinstance(given, str) else given
    return [
        (name, json.loads(arguments) if isinstance(arguments, str) else arguments)
        for _, (name, arguments) in sorted(found.items())
    ]


def _messages(answer: Answer) -> Iterator[dict[str, Any]]:
    for one in answer.lines:
        if "type" in one:
            yield from _blocks(one)
            continue
        for choice in one.get("choices", [one]):
            yield choice.get("delta") or choice.get("message") or {}


def _blocks(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The text and the calls of a message of Anthropic's, or of an event of its stream, in the words of OpenAI."""
    index, delta, start = one.get("index", 0), one.get("delta", {}), one.get("content_block")
    whole = one.get("content", ())
    yield {"content": delta.get("text") or "".join(block.get("text", "") for block in whole)}
    if "partial_json" in delta:
        yield {"tool_calls": [{"index": index, "function": {"arguments": delta["partial_json"]}}]}
    for at, block in enumerate([start] if start else whole):
        if block["type"] == "tool_use":
            function = {"name": block["name"], "arguments": "" if start else block["input"]}
            yield {"tool_calls": [{"index": index + at, "function": function}]}


Start = Callable[..., Awaitable[Bridge]]


@pytest.fixture
async def backend() -> AsyncIterator[FakeOllama]:
    async with FakeOllama().running() as fake:
        yield fake


@pytest.fixture
async def start(backend: FakeOllama) -> AsyncIterator[Start]:
    """Starts bridges with these settings. The wire is Ollama's unless they name another, so that none looks for it."""
    async with AsyncExitStack() as stack:

        async def _start(**settings: Any) -> Bridge:
            log = io.StringIO()
            backends = {"wire": "ollama"} | settings.get("backends", {})
            own = Settings(**{"backend": backend.url} | settings | {"backends": backends})
            app = create_app(own, make_log(LogSettings(format="json", level="debug"), log))
            runner = web.AppRunner(app, shutdown_timeout=1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            client = ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False)
            await stack.enter_async_context(client)
            return Bridge(runner, client, log)

        yield _start


@pytest.fixture
async def bridge(start: Start) -> Bridge:
    """A bridge with the default settings."""
    return await start()


OfOllama = Callable[[Bridge], Awaitable[ollama.AsyncClient]]
OfOpenAI = Callable[[Bridge], Awaitable[openai.AsyncOpenAI]]


@pytest.fixture
async def of_ollama() -> AsyncIterator[OfOllama]:
    """Makes clients of a bridge."""
    async with AsyncExitStack() as stack:

        async def _of(bridge: Bridge) -> ollama.AsyncClient:
            client = ollama.AsyncClient(host=bridge.url, trust_env=False)
            stack.push_async_callback(client._client.aclose)
            return client

        yield _of


@pytest.fixture
async def of_openai(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OfOpenAI]:
    """Makes clients of a bridge that do not try again."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with AsyncExitStack() as stack:

        async def _of(bridge: Bridge) -> openai.AsyncOpenAI:
            client = openai.AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0)
            return await stack.enter_async_context(client)

        yield _of


OfAnthropic = Callable[[Bridge], anthropic.AsyncAnthropic]


@pytest.fixture
async def of_anthropic() -> AsyncIterator[OfAnthropic]:
    """Makes clients of a bridge that do not try again."""
    async with AsyncExitStack() as stack:

        def _of(bridge: Bridge) -> anthropic.AsyncAnthropic:
            http = anthropic.DefaultAsyncHttpxClient(trust_env=False)
            client = anthropic.AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0, http_client=http)
            stack.push_async_callback(client.close)
            return client

        yield _of


class Front(NamedTuple):
    """A bridge in front of a backend of OpenAI's wire, which it has to recognise."""

    bridge: Bridge
    fake: FakeOpenAI


InFront = Callable[..., Awaitable[Front]]


@pytest.fixture
async def in_front(start: Start) -> AsyncIterator[InFront]:
    """Starts a bridge in front of a server of this name."""
    async with AsyncExitStack() as stack:

        async def _in_front(server: ServerName, /, **settings: Any) -> Front:
            fake = await stack.enter_async_context(FakeOpenAI(server).running())
            # On loopback OpenAI itself cannot be known by its address.
            backends = {"server": server} if server == "openai" else {}
            return Front(await start(backend=fake.url, backends={"wire": "auto"} | backends, **settings), fake)

        yield _in_front
