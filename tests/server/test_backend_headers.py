"""The headers that go to the backend: whose key is in them."""

from collections.abc import Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Start
from toolbridge.models import Backend
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.traits import WireName

URL = "http://127.0.0.1:9"
THEIRS = {"Authorization": "Bearer theirs", "x-api-key": "theirs too"}


def headers_for(backend: Backend, *, keeps_key: bool = False) -> BackendHeaders:
    return BackendHeaders(backend, lambda _request: keeps_key)


def asked(headers: Mapping[str, str]) -> web.Request:
    return make_mocked_request("POST", "/api/chat", headers=headers)


def test_a_clients_keys_go_on_where_nobody_else_has_one() -> None:
    assert headers_for(Backend(URL)).of_client(asked(THEIRS)) == THEIRS


def test_a_key_of_the_bridge_ends_at_the_bridge() -> None:
    assert headers_for(Backend(URL), keeps_key=True).of_client(asked(THEIRS | {"X-Mine": "yes"})) == {"X-Mine": "yes"}


@pytest.mark.parametrize("keeps_key", [True, False])
def test_the_backends_own_key_replaces_whatever_a_client_showed(keeps_key: bool) -> None:
    sent = headers_for(Backend(URL, api_key="ours"), keeps_key=keeps_key).of_client(asked(THEIRS))
    assert sent == {"Authorization": "Bearer ours"}


@pytest.mark.parametrize("wire", ["ollama", "openai"])
def test_the_key_of_a_client_of_anthropics_wire_goes_where_other_servers_look(wire: WireName) -> None:
    sent = headers_for(Backend(URL, wire=wire)).of_client(asked({"x-api-key": "theirs"}))
    assert sent == {"x-api-key": "theirs", "Authorization": "Bearer theirs"}


def test_a_server_of_anthropics_wire_gets_its_key_where_it_looks_and_a_version() -> None:
    headers = headers_for(Backend(URL, wire="anthropic", api_key="ours"))
    ours = {"Authorization": "Bearer ours", "x-api-key": "ours", "anthropic-version": "2023-06-01"}
    assert headers.of_client(asked(THEIRS)) == headers.of_bridge() == ours
    assert headers.of_client(asked({"anthropic-version": "2024-01-01"}))["anthropic-version"] == "2024-01-01"
    theirs = headers_for(Backend(URL, wire="anthropic")).of_client(asked({"x-api-key": "theirs"}))
    assert theirs == {"x-api-key": "theirs", "anthropic-version": "2023-06-01"}


def test_a_question_of_the_bridge_has_nothing_of_a_client_in_it() -> None:
    assert headers_for(Backend(URL)).of_bridge() == {}
    assert headers_for(Backend(URL, api_key="ours"), keeps_key=True).of_bridge() == {"Authorization": "Bearer ours"}


@pytest.mark.parametrize(("own", "sent"), [(None, "Bearer theirs"), ("ours", "Bearer ours")])
async def test_the_clients_key_goes_on_unless_the_backend_has_one(
    start: Start, backend: FakeOllama, own: str | None, sent: str
) -> None:
    bridge = await start(backends={"url": backend.url, "api_key": own})
    headers = {"Authorization": "Bearer theirs", "x-api-key": "theirs too"}
    await bridge.send("/api/echo", b"{}", headers=headers)
    await bridge.ask(headers=headers)
    for one in backend.received:
        assert one.headers["Authorization"] == sent
        assert ("x-api-key" in one.headers) == (own is None)
