"""The worst day of a backend: every fault, for every client, streamed or not, in every way that a request can go.

Each case is judged on the bytes, and, where tools are prompted, by the
package of its client. Afterwards the bridge answers a
plain request, its log knows of no fault of its own, and tasks, sockets and files are as many as before.
"""

import asyncio
import io
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import ollama
import openai
import pytest
from aiohttp import ClientPayloadError, ClientSession, DummyCookieJar, web

from tests.backend_faults import DEADLINE, FAULTS, HALF, ODDITIES, Fault, Oddity
from tests.faulty_backend import GATE, SILENCE, SPEECHES, FaultyBackend, Speech, known
from tests.server.conftest import CALL, OLLAMA, OPENAI, QUESTION, WEATHER, Answer, Bridge, calls, text
from toolbridge.server.app import create_app
from toolbridge.server.logs import make_log
from toolbridge.server.settings import LogSettings, Settings

faults = pytest.mark.faults
PATIENCE = 60.0
"""Seconds, far above every deadline and the delays of a busy machine: a request that takes longer hangs."""
CLIENTS = {"ollama": OLLAMA, "openai": OPENAI, "anthropic": "/v1/messages"}
MODES = ("prompt", "native", "plain")
ANTHROPICS = {"name": "get_weather", "input_schema": WEATHER["function"]["parameters"]}  # type: ignore[index] # OpenAI's shape
LONG = 1000
"""Tokens of a reply, which Anthropic's clients must name."""


@dataclass(frozen=True)
class Way:
    """How a request goes: who asks, in which wire the backend speaks, streamed or not, with tools or without."""

    speech: Speech
    client: str
    streamed: bool
    mode: str

    @property
    def path(self) -> str:
        return CLIENTS[self.client]

    @property
    def piped(self) -> bool:
        """Whether the backend's bytes go on unread."""
        return self.mode == "plain" and self.client == self.speech.wire

    @property
    def tools(self) -> list[Any]:
        if self.mode == "plain":
            return []
        return [ANTHROPICS] if self.client == "anthropic" else [WEATHER]

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.mode == "plain" else {"X-Toolbridge-Tools": self.mode}

    def __str__(self) -> str:
        shape = "stream" if self.streamed else "whole"
        return f"{self.client} client, {self.speech.wire} backend, {shape}, {self.mode}"


WAYS = [
    Way(speech, client, streamed, mode)
    for speech in SPEECHES
    for client in CLIENTS
    for streamed in (False, True)
    for mode in MODES
]


@pytest.fixture
async def faulty() -> AsyncIterator[FaultyBackend]:
    async with FaultyBackend().running() as backend:
        yield backend


@asynccontextmanager
async def bridge_to(backend: FaultyBackend, speech: Speech, **settings: Any) -> AsyncIterator[Bridge]:
    """A bridge, and a client that keeps no connection, so that every open one was forgotten."""
    log = io.StringIO()
    own = Settings(backend=backend.url, backends=known(speech), **settings)
    runner = web.AppRunner(
        create_app(own, make_log(LogSettings(format="json", level="debug"), log)), shutdown_timeout=1
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession(cookie_jar=DummyCookieJar(), headers={"Connection": "close"}) as client:
            yield Bridge(runner, client, log)
    finally:
        await runner.cleanup()


def resources() -> tuple[int, int]:
    """Tasks of the loop and open files of the process, sockets among them."""
    return len(asyncio.all_tasks()), sum(1 for _ in Path("/proc/self/fd").iterdir())


@asynccontextmanager
async def unharmed(
    bridge: Bridge, backend: FaultyBackend, way: Way, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[None]:
    """Check that the block leaves a bridge that works, holds nothing, and logs no fault of its own."""
    before = resources()
    async with asyncio.timeout(PATIENCE):
        # Count them when nothing has been asked yet, and not while an earlier connection is still closing.
        await works(bridge, backend, way)
        await until(lambda: resources() == before and not backend.open)
        yield
        await works(bridge, backend, way)
        await until(lambda: resources() == before and not backend.open)
    assert [line for line in bridge.log if line["event"] != "request"] == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def until(true: Callable[[], bool]) -> None:
    """Let the loop turn until this holds."""
    while not true():  # noqa: ASYNC110 # what is waited for is the loop itself, which has no event for it
        await asyncio.sleep(0)


async def works(bridge: Bridge, backend: FaultyBackend, way: Way) -> None:
    """A plain request gets its answer; a busy machine may miss a short deadline, and is asked again."""
    before, backend.script = (
        backend.script,
        [
            way.speech.head(streamed=way.streamed),
            way.speech.body("All is well.", streamed=way.streamed),
        ],
    )
    while (answer := await bridge.ask(way.path, stream=way.streamed, max_tokens=LONG)).status == 504:
        pass
    assert (answer.status, text(answer)) == (200, "All is well.")
    backend.script = before


async def ask(bridge: Bridge, backend: FaultyBackend, way: Way) -> Answer:
    """Ask, and let the backend go on once something of the answer is here."""
    body = {"model": "m", "messages": QUESTION, "stream": way.streamed, "max_tokens": LONG}
    body |= {"tools": way.tools} if way.tools else {}
    async with bridge.client.post(bridge.url + way.path, json=body, headers=way.headers) as answer:
        got = b""
        try:
            got = await answer.content.readany()
            backend.client_read.set()
            while data := await answer.content.readany():
                got += data
        except ClientPayloadError:
            return Answer(answer.status, answer.headers, got, broke=True)
        except OSError as broken:
            got += f"\n{type(broken).__name__}".encode()
        return Answer(answer.status, answer.headers, got)


def message_of(error: Any, client: str) -> str:
    """The message of an error, whose shape is that of the client's wire."""
    if client == "ollama":
        assert error.keys() == {"error"}
        assert isinstance(error["error"], str)
        return error["error"]
    inner = error["error"]
    assert isinstance(inner["message"], str)
    return str(inner["message"])


def no_success(answer: Answer) -> None:
    """Check that nothing in the answer says that the reply is whole."""
    assert b"[DONE]" not in answer.body
    for one in answer.lines:
        assert not one.get("done")
        assert not one.get("done_reason")
        assert one.get("type") not in ("message_delta", "message_stop")
        assert not any(choice.get("finish_reason") for choice in one.get("choices", ()))


def judge(answer: Answer, way: Way, fault: Fault) -> None:
    """Check that the error is there, in the client's wire, and that nothing beside it says otherwise."""
    if answer.status == 200:
        assert way.streamed
        no_success(answer)
        # Open WebUI skips lines with errors, and takes a proper end for the end of the reply.
        assert answer.broke is (way.client == "ollama")
        assert re.search(fault.says, message_of(answer.lines[-1], way.client))
        assert not any("error" in one for one in answer.lines[:-1])
        judge_beginning(answer, way, fault)
    else:
        assert not (way.streamed and fault.begun), "the stream had begun"
        assert answer.status == fault.status
        assert answer.headers["Content-Type"].startswith("application/json")
        assert re.search(fault.says, message_of(answer.json, way.client))


def judge_beginning(answer: Answer, way: Way, fault: Fault) -> None:
    """Held text is released. An open call has gone in pieces to clients that take pieces, and is not whole."""
    begun, got = fault.begun, text(answer)
    if got != begun:
        assert way.client != "ollama"
        assert got == begun.partition("<tool_calls>")[0].rstrip() or got == begun
        assert b'"name":"get_weather"' in answer.body
    pieces = [
        call["function"]["arguments"]
        for one in answer.lines
        for choice in one.get("choices", ())
        for call in choice.get("delta", {}).get("tool_calls", ())
    ]
    if way.client == "ollama":
        assert b'tool_calls":' not in answer.body
    elif pieces:
        with pytest.raises(json.JSONDecodeError):
            json.loads("".join(pieces))


# The packages as judges.


@asynccontextmanager
async def package(bridge: Bridge, way: Way) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A chat with the client's own package; any success in it is refused."""
    if way.client == "ollama":
        native = ollama.AsyncClient(host=bridge.url, trust_env=False, verify=False, headers={"Connection": "close"})

        async def chat() -> None:
            options: dict[str, Any] = {"messages": QUESTION, "tools": way.tools or None}
            if way.streamed:
                async for part in await native.chat("m", stream=True, **options):
                    assert not part.done
            else:
                await native.chat("m", **options)

        native._client.headers.update(way.headers)
        yield chat
        await native._client.aclose()
        return
    if way.client == "anthropic":
        async with (
            anthropic.DefaultAsyncHttpxClient(trust_env=False, verify=False, headers={"Connection": "close"}) as http,
            anthropic.AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0, http_client=http) as messages,
        ):

            async def chat() -> None:
                asked: Any = {"model": "m", "max_tokens": LONG, "messages": QUESTION, "tools": way.tools}
                if way.streamed:
                    async with messages.messages.stream(**asked, extra_headers=way.headers) as running:
                        async for event in running:
                            assert event.type != "message_stop"
                else:
                    await messages.messages.create(**asked, extra_headers=way.headers)

            yield chat
        return
    async with (
        openai.DefaultAsyncHttpxClient(trust_env=False, verify=False, headers={"Connection": "close"}) as http,
        openai.AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0, http_client=http) as shim,
    ):

        async def chat() -> None:
            options: dict[str, Any] = {"messages": QUESTION, "extra_headers": way.headers}
            if way.tools:
                options["tools"] = way.tools
            if way.streamed:
                async for piece in await shim.chat.completions.create(model="m", stream=True, **options):
                    assert not any(choice.finish_reason for choice in piece.choices)
            else:
                await shim.chat.completions.create(model="m", **options)

        yield chat


async def judge_with_package(bridge: Bridge, way: Way, fault: Fault) -> None:
    """The package raises its own error, with the message, and with the status if there is a status."""
    async with package(bridge, way) as chat:
        with pytest.raises((ollama.ResponseError, openai.APIError, anthropic.APIError)) as caught:
            await chat()
    error = caught.value
    assert not isinstance(error, openai.APIConnectionError | anthropic.APIConnectionError)
    # Anthropic's package gives an error of a stream the status that the stream began with.
    status = getattr(error, "status_code", None)
    status = None if status == 200 else status
    if not way.streamed:
        assert status == fault.status
    assert status in (None, -1, fault.status)
    if isinstance(error, ollama.ResponseError):
        assert re.search(fault.says, error.error)
    else:
        body: Any = getattr(error, "body", None)
        assert re.search(fault.says, (body["error"] if isinstance(error, anthropic.APIError) else body)["message"])


# The matrix.


ALWAYS = [
    way for way in WAYS if way.speech.wire == "ollama" and way.client in ("ollama", "openai") and way.mode == "prompt"
]
"""Ways that are tried in every run of the tests; the others take minutes."""
MATRIX = [
    pytest.param(fault, way, id=f"{fault.name} ({way})", marks=[] if way in ALWAYS else faults)
    for fault in FAULTS
    for way in WAYS
    if not way.piped
]


@pytest.mark.parametrize(("fault", "way"), MATRIX)
async def test_a_fault_is_told_in_the_clients_wire_and_harms_nobody(
    faulty: FaultyBackend, fault: Fault, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    async with bridge_to(faulty, way.speech, **fault.settings) as bridge, unharmed(bridge, faulty, way, caplog):
        faulty.plays(*fault.say(way.speech, way.streamed))
        judge(await ask(bridge, faulty, way), way, fault)
        assert bridge.log[-1]["outcome"] != "ok"
        if way.mode == "prompt":
            await judge_with_package(bridge, way, fault)


PIPED = [
    pytest.param(fault, way, id=f"{fault.name} ({way})")
    for fault in FAULTS
    for way in WAYS
    if way.piped and fault.piped and (fault.begun == "" or way.streamed)
]


@faults
@pytest.mark.parametrize(("fault", "way"), PIPED)
async def test_a_fault_of_the_connection_is_told_where_bytes_go_on_unread(
    faulty: FaultyBackend, fault: Fault, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    """The backend's own words go on as they are."""
    async with bridge_to(faulty, way.speech, **fault.settings) as bridge, unharmed(bridge, faulty, way, caplog):
        script = fault.say(way.speech, way.streamed)
        faulty.plays(*script)
        answer = await ask(bridge, faulty, way)
        assert bridge.log[-1]["outcome"] != "ok"
        assert answer.status == (200 if fault.begun else fault.status)
        if fault.begun:
            no_success(answer)
            assert answer.broke is (way.client == "ollama")
            assert text(answer) == fault.begun
            message_of(answer.lines[-1], way.client)
        elif fault.status in (502, 504):
            assert re.search(fault.says, message_of(answer.json, way.client))
        else:
            assert answer.body == script[1]


@faults
@pytest.mark.parametrize("way", WAYS, ids=str)
async def test_a_backend_that_refuses_is_reached_again_once_it_is_back(
    faulty: FaultyBackend, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    fault = Fault("refuses", lambda _speech, _streamed: [], "Connection refused")
    async with bridge_to(faulty, way.speech) as bridge, unharmed(bridge, faulty, way, caplog):
        faulty.refuse()
        judge(await ask(bridge, faulty, way), way, fault)
        assert bridge.log[-1]["outcome"] == "backend_unreachable"
        await faulty.listen()


ODD = [
    pytest.param(oddity, way, id=f"{oddity.name} ({way})")
    for oddity in ODDITIES
    for way in WAYS
    if way.speech.wire in oddity.wires and way.streamed in oddity.streams and not way.piped
]


@faults
@pytest.mark.parametrize(("oddity", "way"), ODD)
async def test_an_oddity_is_no_fault(
    faulty: FaultyBackend, oddity: Oddity, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    full = f"{HALF}wer. {CALL}" if way.tools else f"{HALF}wer."
    async with bridge_to(faulty, way.speech) as bridge, unharmed(bridge, faulty, way, caplog):
        faulty.plays(*oddity.say(way.speech, way.speech.body(full, streamed=way.streamed), way.streamed))
        answer = await ask(bridge, faulty, way)
        assert answer.status == 200
        assert text(answer).rstrip() == f"{HALF}wer."
        assert calls(answer) == ([("get_weather", {"city": "Oslo"})] if way.tools else [])
        assert bridge.log[-1]["outcome"] == "ok"
        assert "Content-Encoding" not in answer.headers


NOTED = [way for way in WAYS if way.client == "ollama" and way.streamed]


@faults
@pytest.mark.parametrize("way", NOTED, ids=str)
async def test_an_error_in_mid_stream_can_be_a_note_for_clients_that_show_none(
    faulty: FaultyBackend, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"errors": {"midstream": "note"}, "timeouts": {"idle": DEADLINE}}
    async with bridge_to(faulty, way.speech, **settings) as bridge, unharmed(bridge, faulty, way, caplog):
        faulty.plays(way.speech.head(streamed=True), way.speech.piece(HALF), GATE, SILENCE)
        answer = await ask(bridge, faulty, way)
        assert re.search(r"^Half an ans\n\n\[The answer broke off: .*timeouts\.idle.*\]$", text(answer))
        assert not any("error" in one for one in answer.lines)
        assert [one["done_reason"] for one in answer.lines if one["done"]] == ["error"]
        assert answer.lines[-1]["model"] == "m"
        assert bridge.log[-1]["outcome"] != "ok"
