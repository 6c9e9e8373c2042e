"""Golden exchanges of routes that are not ours: with an Ollama backend, the client gets its bytes."""

import json
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge
from tests.wire.exchanges import CHATS, GOLDEN, on_the_wire, recorded

NAMES = [path.stem for path in sorted(GOLDEN.glob("o*.json"))]
ROUTES = [one for one in map(recorded, NAMES) if "response" in one and one["request"]["path"] not in CHATS]


@pytest.mark.parametrize("record", ROUTES, ids=lambda one: one["name"])
async def test_the_bytes_of_the_backend_arrive(bridge: Bridge, backend: FakeOllama, record: dict[str, Any]) -> None:
    original, asked = on_the_wire(record["response"]), record["request"]

    async def answer(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=original, headers=record["response"]["headers"])

    backend.more[asked["path"]] = answer
    body = json.dumps(asked["body"]).encode() if "body" in asked else None
    got = await bridge.send(asked["path"], body, method=asked["method"])
    assert (got.status, got.headers["Content-Type"]) == (200, record["response"]["headers"]["Content-Type"])
    if asked["path"] == "/api/show":
        shown, given = got.json, json.loads(original)
        assert shown | {"capabilities": given["capabilities"]} == given
        assert set(shown["capabilities"]) == {*given["capabilities"], "tools"}
    else:
        assert got.body == original
    assert backend.received[-1].body == (body or b"")
