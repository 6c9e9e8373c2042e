"""The way of a request, what every answer has in common, and that no answer shows the program underneath."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientPayloadError, web

from tests.fake_ollama import FakeOllama, line, stream
from tests.server.conftest import QUESTION, WEATHER, Bridge, Start
from toolbridge.server.app import create_app
from toolbridge.server.chat import Chat
from toolbridge.server.settings import Settings


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_root_is_the_backends(bridge: Bridge, backend: FakeOllama, method: str) -> None:
    answer = await bridge.send("/", method=method)
    assert (answer.status, answer.body) == (200, b"Ollama is running" if method == "GET" else b"")
    assert backend.received[0].method == method


@pytest.mark.parametrize(
    "target",
    ["/nothing", "/api", "/v1", "/apis/tags", "/API/tags", "/metrics", "/api/../tags", "/v1/%2e%2e/x", "/api/./a"],
)
async def test_an_unknown_path_is_a_404_as_ollama_writes_it(bridge: Bridge, backend: FakeOllama, target: str) -> None:
    for method in ("GET", "POST"):
        answer = await bridge.send(target, method=method)
        assert (answer.status, answer.body) == (404, b"404 page not found")
        assert answer.headers["Content-Type"] == "text/plain"
    assert backend.received == []


@pytest.mark.parametrize("target", ["/", "/healthz", "/readyz"])
async def test_a_wrong_method_is_a_405_as_ollama_writes_it(bridge: Bridge, backend: FakeOllama, target: str) -> None:
    answer = await bridge.send(target, b"{}")
    assert (answer.status, answer.body) == (405, b"405 method not allowed")
    assert (answer.headers["Content-Type"], answer.headers["Allow"]) == ("text/plain", "GET, HEAD")
    assert backend.received == []


@pytest.mark.parametrize("target", [b"*", b"127.0.0.1:22"])
async def test_what_aiohttp_refuses_by_itself_is_an_answer_like_others(bridge: Bridge, target: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    method = b"OPTIONS" if target == b"*" else b"CONNECT"
    writer.write(
        b"%b %b HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\nConnection: close\r\n\r\n" % (method, target)
    )
    got = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert got.startswith(b"HTTP/1.1 417 ")
    assert b"X-Request-Id" in got
    assert b"aiohttp" not in got


async def test_options_for_everything_is_no_path(bridge: Bridge) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    writer.write(b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    got = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert got.startswith(b"HTTP/1.1 404 ")
    assert got.endswith(b"\r\n\r\n404 page not found")


@pytest.mark.parametrize("target", ["/api/tags", "/nothing", "/healthz", "/api/echo", "/"])
async def test_no_answer_names_the_program_underneath(bridge: Bridge, target: str) -> None:
    for method in ("GET", "POST", "PATCH"):
        answer = await bridge.send(target, method=method)
        assert "Server" not in answer.headers
        assert b"aiohttp" not in answer.body
        assert "aiohttp" not in str(answer.headers)


async def test_the_backends_own_server_header_stays(bridge: Bridge, backend: FakeOllama) -> None:
    backend.more["/api/x"] = backend.answering(200, {}, Server="llama.cpp")
    assert (await bridge.send("/api/x", method="GET")).headers["Server"] == "llama.cpp"


@pytest.mark.parametrize(
    ("given", "kept"), [("mine-1", True), ("x" * 128, True), ("x" * 129, False), ("two words", False), ("", False)]
)
async def test_a_request_id_is_echoed_or_made(bridge: Bridge, given: str, kept: bool) -> None:
    answer = await bridge.send("/healthz", method="GET", headers={"X-Request-Id": given})
    shown = answer.headers["X-Request-Id"]
    assert (shown == given) == kept
    assert kept or shown.startswith("req_")
    assert bridge.log[-1]["id"] == shown


async def test_a_fault_of_ours_is_a_500_in_the_clients_words_and_a_trace_in_the_log(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> web.StreamResponse:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(Chat, "answer", fail)
    native, shim = await bridge.ask(), await bridge.ask("/v1/chat/completions")
    assert (native.status, shim.status) == (500, 500)
    assert native.json == {"error": "the bridge failed; its log says how"}
    assert shim.json["error"]["message"] == native.json["error"]
    assert native.headers["x-should-retry"] == "false"
    failed = [line for line in bridge.log if line["event"] == "failed"]
    assert len(failed) == 2
    assert "ValueError: a fault of ours" in failed[0]["exception"]


async def test_what_is_no_http_is_refused_and_not_quoted_in_the_log(bridge: Bridge) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    writer.write(b"GET / HTTP/1.1\r\nAuthorization secret-key\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    await writer.wait_closed()
    assert bridge.log
    assert "secret" not in str(bridge.log)


async def test_the_app_runs_under_any_runner(backend: FakeOllama) -> None:
    """The bridge brings along all that it needs of a runner: clients that go away, bodies as they are packed."""
    arguments = create_app(Settings(backend=backend.url))._handler_args
    assert arguments
    assert arguments["handler_cancellation"] is True
    assert arguments["auto_decompress"] is False


async def test_an_answer_that_does_not_end_is_ended_with_the_bridge(start: Start, backend: FakeOllama) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("One")], finish=False)
        await asyncio.Event().wait()
        return response

    bridge = await start(server={"grace": 0.05})
    backend.chat = chat
    body = json.dumps({"model": "plain:1b", "messages": QUESTION, "tools": [WEATHER]}).encode()
    async with bridge.client.post(f"{bridge.url}/api/chat", data=body) as answer:
        assert b"One" in await answer.content.readany()
        stopping = asyncio.create_task(bridge.stop())
        assert json.loads(await answer.content.readline()) == {"error": "the bridge is shutting down"}
        with pytest.raises(ClientPayloadError):
            await answer.content.read()
        await stopping
    await backend.gone.wait()
