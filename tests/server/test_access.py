"""Who may ask: hosts, origins and keys, as Ollama treats them."""

from typing import Any

import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge, Start
from toolbridge.server.access import is_loopback

LOCAL = [
    "http://localhost",
    "http://localhost:5173",
    "https://127.0.0.1:8080",
    "http://0.0.0.0:80",
    "app://obsidian.md",
    "file:///home/me/page.html",
    "tauri://localhost",
    "vscode-webview://abc",
    "vscode-file://vscode-app",
]
FOREIGN = [
    "http://example.com",
    "https://localhost.example.com",
    "http://127.0.0.1.example.com",
    "null",
    "http://localhost:x",
]


@pytest.mark.parametrize("origin", LOCAL)
async def test_a_local_page_may_ask_and_read(bridge: Bridge, backend: FakeOllama, origin: str) -> None:
    answer = await bridge.send("/api/tags", method="GET", headers={"Origin": origin})
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "X-Toolbridge-Mode" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Vary"] == "Origin"
    assert "Origin" not in backend.received[0].headers


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_a_foreign_page_may_not(bridge: Bridge, backend: FakeOllama, origin: str, method: str) -> None:
    answer = await bridge.send("/api/tags", method=method, headers={"Origin": origin})
    assert (answer.status, answer.body) == (403, b"")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert backend.received == []


async def test_a_preflight_is_answered_here(bridge: Bridge, backend: FakeOllama) -> None:
    headers = {"Origin": "http://localhost:1", "Access-Control-Request-Method": "POST"}
    answer = await bridge.send("/v1/chat/completions", method="OPTIONS", headers=headers)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:1"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    for name in ("Authorization", "x-api-key", "anthropic-version", "x-stainless-os", "X-Toolbridge-Tools"):
        assert name in answer.headers["Access-Control-Allow-Headers"]
    assert backend.received == []


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        ("https://chat.lan", "https://chat.lan", 200),
        ("https://chat.lan", "https://chat.lan.example.com", 403),
        ("https://*.lan", "https://a.b.lan", 200),
        ("https://*.lan", "https://lan", 403),
        ("*", "https://example.com", 200),
    ],
)
async def test_the_operator_lets_others_in(start: Start, allowed: str, origin: str, status: int) -> None:
    bridge = await start(server={"cors_origins": [allowed]})
    answer = await bridge.send("/api/tags", method="GET", headers={"Origin": origin})
    assert answer.status == status
    if status == 200:
        assert answer.headers["Access-Control-Allow-Origin"] == ("*" if allowed == "*" else origin)


async def test_a_page_of_the_bridges_own_origin_is_nothing_special(bridge: Bridge) -> None:
    answer = await bridge.send("/api/tags", method="GET", headers={"Origin": bridge.url})
    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:3100", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1", 200),
        ("[::1]:3100", 200),
        ("192.168.1.5:3100", 200),
        ("0.0.0.0", 200),
        ("my.localhost", 200),
        ("box.local:80", 200),
        ("host.docker.internal:3100", 200),
        ("", 200),
        ("example.com", 403),
        ("8.8.8.8", 403),
        ("localhost.example.com:3100", 403),
        ("[::1", 403),
    ],
)
async def test_only_local_names_reach_a_bridge_on_loopback(bridge: Bridge, host: str, status: int) -> None:
    answer = await bridge.send("/api/tags", method="GET", headers={"Host": host})
    assert answer.status == status
    assert status == 200 or answer.body == b""


async def test_a_bridge_for_the_network_has_any_name(start: Start) -> None:
    bridge = await start(host="0.0.0.0")
    assert (await bridge.send("/api/tags", method="GET", headers={"Host": "llm.example.com"})).status == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("LocalHost", True), ("0.0.0.0", False), ("::", False)],
)
def test_what_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback


KEYS = {"api_keys": ["key-1", "ключ-2"]}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer key-1"},
        {"authorization": "bearer  key-1 "},
        {"x-api-key": "key-1"},
        {"Authorization": "Bearer ключ-2"},
        {"Authorization": "Bearer wrong", "x-api-key": "key-1"},
    ],
)
async def test_a_key_opens_and_ends_here(start: Start, backend: FakeOllama, headers: dict[str, str]) -> None:
    bridge = await start(security=KEYS)
    for answer in (await bridge.send("/api/tags", method="GET", headers=headers), await bridge.ask(headers=headers)):
        assert answer.status == 200
    for sent in backend.received:
        assert "Authorization" not in sent.headers
        assert "x-api-key" not in sent.headers


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer key-"}, {"Authorization": "Basic key-1"}, {"x-api-key": "key-11"}]
)
async def test_without_a_key_nothing_opens(start: Start, backend: FakeOllama, headers: dict[str, str]) -> None:
    bridge = await start(security=KEYS)
    native = await bridge.ask(headers=headers)
    shim = await bridge.ask("/v1/chat/completions", headers=headers)
    other = await bridge.send("/api/tags", method="GET", headers=headers)
    assert [answer.status for answer in (native, shim, other)] == [401, 401, 401]
    assert native.headers["WWW-Authenticate"] == "Bearer"
    assert "API key" in native.json["error"]
    error: dict[str, Any] = shim.json["error"]
    assert (error["type"], error["message"]) == ("authentication_error", native.json["error"])
    assert backend.received == []
    assert "key-" not in str(bridge.log)


async def test_health_needs_no_key_and_a_preflight_has_none(start: Start) -> None:
    bridge = await start(security=KEYS)
    assert (await bridge.send("/healthz", method="GET")).status == 200
    assert (await bridge.send("/readyz", method="GET")).status == 200
    preflight = await bridge.send("/api/chat", method="OPTIONS", headers={"Origin": "http://localhost"})
    assert preflight.status == 204
