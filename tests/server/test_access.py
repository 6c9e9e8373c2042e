"""Who may ask: hosts, origins and keys, as Ollama treats them."""

import asyncio
from socket import gethostname
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge, Start
from toolbridge.server.access import Access
from toolbridge.server.settings import Settings

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
    assert status == 200 or "server.allowed_hosts" in answer.json["error"]


NETWORK = [
    ("192.168.1.5:3100", 200),
    ("8.8.8.8", 200),
    ("[2001:db8::1]:3100", 200),
    ("localhost", 200),
    (gethostname(), 200),
    (gethostname().upper() + ":3100", 200),
    ("toolbridge:3100", 200),
    ("box.local", 200),
    ("box.lan.", 200),
    ("llm.home.arpa", 200),
    ("toolbridge.tools.svc:3100", 200),
    ("toolbridge.tools.svc.cluster.local", 200),
    ("host.docker.internal", 200),
    ("", 200),
    ("evil.example", 403),
    ("evil.example:3100", 403),
    ("local.evil.example", 403),
    (gethostname() + ".evil.example", 403),
    ("127.0.0.1.evil.example", 403),
    ("127.0.0.1.nip.io", 403),
    ("evillan", 200),
    ("evil.example@localhost", 403),
    ("localhost, evil.example", 403),
]


@pytest.mark.parametrize("listens", ["0.0.0.0", "192.0.2.7"])
@pytest.mark.parametrize(("host", "status"), NETWORK)
async def test_a_bridge_for_the_network_is_asked_by_names_that_nobody_else_can_own(
    start: Start, backend: FakeOllama, *, listens: str, host: str, status: int
) -> None:
    """A page may point its own name at the bridge; for the browser, both are then one origin."""
    bridge = await start(host=listens)
    for headers in ({"Host": host}, {"Host": host, "Origin": f"http://{host}"}):
        answer = await bridge.send("/api/delete", b"{}", method="DELETE", headers=headers)
        assert answer.status == status
    assert len(backend.received) == (2 if status == 200 else 0)


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        (["llm.example.com"], "llm.example.com:443", 200),
        (["LLM.example.com."], "llm.EXAMPLE.com", 200),
        (["llm.example.com:443"], "llm.example.com", 200),
        (["llm.example.com"], "x.llm.example.com", 403),
        (["llm.example.com"], "evil-llm.example.com", 403),
        (["*.example.com"], "a.b.example.com", 200),
        (["*.example.com"], "example.com", 403),
        (["*.example.com"], "evilexample.com", 403),
        (["*"], "evil.example", 200),
        (["*"], "evil.example/x", 403),
        (["2001:db8::1"], "[2001:db8::1]", 200),
        (["8.8.8.8"], "8.8.8.8", 200),
    ],
)
@pytest.mark.parametrize("listens", ["127.0.0.1", "0.0.0.0"])
async def test_the_operator_adds_names(
    start: Start, *, listens: str, allowed: list[str], host: str, status: int
) -> None:
    bridge = await start(server={"host": listens, "allowed_hosts": allowed})
    assert (await bridge.send("/api/tags", method="GET", headers={"Host": host})).status == status


async def test_the_name_that_it_listens_on_is_its_own(start: Start) -> None:
    bridge = await start(host="llm.example.com")
    for host, status in (("llm.example.com:3100", 200), ("example.com", 403)):
        assert (await bridge.send("/api/tags", method="GET", headers={"Host": host})).status == status


@pytest.mark.parametrize("path", ["/api/tags", "/v1/models", "/v1/messages"])
async def test_a_foreign_name_is_told_in_the_clients_words_what_mends_it(start: Start, path: str) -> None:
    bridge = await start(host="0.0.0.0")
    answer = await bridge.send(path, b"{}", headers={"Host": "llm.example.com"})
    answered = answer.json["error"]
    assert "server.allowed_hosts" in (answered if isinstance(answered, str) else answered["message"])


@pytest.mark.parametrize("origin", ["chrome-extension://localhost:3100", "evil://localhost:3100"])
async def test_one_origin_is_one_of_the_web(bridge: Bridge, backend: FakeOllama, origin: str) -> None:
    answer = await bridge.send("/api/tags", method="GET", headers={"Host": "localhost:3100", "Origin": origin})
    assert (answer.status, backend.received) == (403, [])


METHODS = ["TRACE", "CONNECT", "PROPFIND", "PURGE", "SEARCH", "LINK"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [b"/", b"/api/tags", b"/api/chat", b"/healthz", b"localhost:22", b"*"])
async def test_methods_that_no_client_needs_reach_nobody(
    start: Start, backend: FakeOllama, method: str, target: bytes
) -> None:
    bridge = await start(backends={"api_key": "the-key-of-the-backend"})
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    writer.write(b"%b %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (method.encode(), target))
    answered = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answered.split()[1] in (b"405", b"400")  # 400 where the target does not fit the method
    assert answered.split()[1] == b"405" or (method != "CONNECT" and not target.startswith(b"/"))
    assert (b"405 method not allowed" in answered) == (answered.split()[1] == b"405")
    assert b"the-key-of-the-backend" not in answered
    assert backend.received == []


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


# Who may change the backend.

CHANGES = [
    ("POST", "/api/create"),
    ("POST", "/api/pull"),
    ("POST", "//api//pull"),
    ("POST", "/api/%70ull"),
    ("POST", "/api/push"),
    ("POST", "/api/copy"),
    ("DELETE", "/api/delete"),
    ("POST", "/api/blobs/sha256:0"),
    ("POST", "/api/signout"),
    ("POST", "/api/anything/new"),
    ("PUT", "/api/chat"),
    ("PATCH", "/v1/models/a"),
    ("DELETE", "/v1/models/a"),
    ("DELETE", "/v1/responses/a"),
    ("POST", "/v1/files"),
    ("POST", "/v1/load_lora_adapter"),
    ("POST", "/api/v1/models/load"),
    ("POST", "/api/v1/models/unload"),
    ("POST", "/api/v1/models/download"),
    ("POST", "/api/chat/"),
]
"""Uses of every kind that is forwarded, under the names of several servers."""
USES = [
    ("GET", "/api/tags", None),
    ("HEAD", "/api/blobs/sha256:0", None),
    ("POST", "/api/show", b'{"model":"plain:1b"}'),
    ("POST", "/api/embed", b"{}"),
    ("POST", "/v1/embeddings", b"{}"),
    ("POST", "/v1/messages/count_tokens", b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'),
]


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_what_changes_the_backend_is_for_whom_the_operator_says(
    start: Start, backend: FakeOllama, method: str, path: str
) -> None:
    key, boss = {"Authorization": "Bearer k"}, {"x-api-key": "boss"}
    nobody = await start(security={"manage": "none", "api_keys": ["k"]})
    some = await start(security={"manage": ["boss"], "api_keys": ["k"]})
    open_but = await start(security={"manage": "boss"})
    for bridge, headers in ((nobody, key), (some, key), (open_but, key), (open_but, {})):
        answer = await bridge.send(path, b"{}", method=method, headers=headers)
        assert answer.status == 403
        assert b"security.manage" in answer.body
    for bridge in (nobody, some):
        assert (await bridge.send(path, b"{}", method=method)).status == 401
    assert backend.received == []
    for bridge in (some, open_but):
        assert (await bridge.send(path, b"{}", method=method, headers=boss)).status not in (401, 403)
    for sent in backend.received:
        assert "boss" not in str(sent.headers)


@pytest.mark.parametrize("security", [{"manage": "none"}, {"manage": ["boss"]}])
async def test_what_uses_the_models_is_for_everybody_who_may_ask(
    start: Start, backend: FakeOllama, security: dict[str, Any]
) -> None:
    bridge = await start(security=security)
    for method, path, body in USES:
        assert (await bridge.send(path, body, method=method)).status not in (401, 403)
    for path in ("/api/chat", "/v1/chat/completions", "/v1/responses", "/v1/messages"):
        more = {"input": "hi"} if path == "/v1/responses" else {"max_tokens": 9}
        assert (await bridge.ask(path, headers={"Authorization": "Bearer of-the-backend"}, **more)).status == 200
    assert backend.chats[0].headers["Authorization"] == "Bearer of-the-backend"


async def test_who_may_manage_may_ask(start: Start, backend: FakeOllama) -> None:
    bridge = await start(security={"manage": ["boss"], "api_keys": ["k"]})
    assert (await bridge.ask(headers={"Authorization": "Bearer boss"})).status == 200
    assert "Authorization" not in backend.chats[0].headers


async def test_health_needs_no_key_and_a_preflight_has_none(start: Start) -> None:
    bridge = await start(security=KEYS)
    assert (await bridge.send("/healthz", method="GET")).status == 200
    assert (await bridge.send("/readyz", method="GET")).status == 200
    preflight = await bridge.send("/api/chat", method="OPTIONS", headers={"Origin": "http://localhost"})
    assert preflight.status == 204


@pytest.mark.parametrize(
    ("security", "shown", "kept"),
    [
        ({}, "any", False),
        ({"api_keys": ["k"]}, "k", True),
        ({"api_keys": ["k"]}, "another", True),
        ({"manage": ["m"]}, "m", True),
        ({"manage": ["m"]}, "another", False),
    ],
)
def test_a_key_is_the_bridges_where_it_has_keys_or_where_it_is_one_of_its_own(
    security: dict[str, list[str]], shown: str, kept: bool
) -> None:
    request = make_mocked_request("POST", "/api/chat", headers={"Authorization": f"Bearer {shown}"})
    assert Access(Settings(security=security)).takes_key(request) is kept
