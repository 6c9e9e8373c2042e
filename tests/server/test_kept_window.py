"""`/api/generate` of an Ollama backend: passed on with the window that the model is loaded with."""

import gzip
import json
from typing import Any

import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge, Start
from tests.server.test_chat_window import MANY

GENERATE = "/api/generate"
PROMPT: dict[str, Any] = {"model": "plain:1b", "prompt": "A title?", "stream": False}


def generated(backend: FakeOllama) -> list[bytes]:
    """The bodies that came to `/api/generate`."""
    return [one.body for one in backend.received if one.target.startswith(GENERATE)]


async def test_a_finished_prompt_between_two_chats_loads_the_model_no_more(bridge: Bridge, backend: FakeOllama) -> None:
    """Open WebUI asks for titles and tags by either route."""
    for _ in range(2):
        await bridge.ask(tools=MANY)
        answer = await bridge.send(GENERATE, json.dumps(PROMPT).encode())
        assert answer.status == 200
        assert answer.headers["X-Toolbridge-Mode"] == "passthrough; -; no tools, window: 8192 as loaded"
    assert backend.loads == [("plain:1b", 8192)]
    assert [json.loads(body) for body in generated(backend)] == [PROMPT | {"options": {"num_ctx": 8192}}] * 2


async def test_its_other_options_stay(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(tools=MANY)
    await bridge.send(GENERATE, json.dumps(PROMPT | {"options": {"seed": 7, "num_ctx": None}}).encode())
    assert json.loads(generated(backend)[0])["options"] == {"seed": 7, "num_ctx": 8192}


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"other:1b", "prompt":"x", "stream":false}',
        b'{"model":"plain:1b", "prompt":"x", "options":{"num_ctx":2048}, "stream":false}',
        b'{"prompt": 1.0}',
        b"[1]",
        b"hello",
        b"",
    ],
)
async def test_every_other_body_goes_on_as_it_came(bridge: Bridge, backend: FakeOllama, body: bytes) -> None:
    await bridge.ask(tools=MANY)
    answer = await bridge.send(GENERATE, body)
    assert generated(backend) == [body]
    assert "X-Toolbridge-Mode" not in answer.headers


async def test_without_a_window_of_the_bridges_nothing_is_read(bridge: Bridge, backend: FakeOllama) -> None:
    body = b'{"model" : "plain:1b", "prompt": "x", "stream": false}'
    answer = await bridge.send(GENERATE, body)
    assert (answer.status, generated(backend)) == (200, [body])
    assert backend.loads == [("plain:1b", 4096)]


async def test_a_packed_body_and_one_over_the_limit_go_on_as_they_came(start: Start, backend: FakeOllama) -> None:
    bridge = await start(limits={"body": 20_000})
    await bridge.ask(tools=MANY)
    packed, long = gzip.compress(json.dumps(PROMPT).encode()), json.dumps(PROMPT | {"x": "y" * 30_000}).encode()
    await bridge.send(GENERATE, packed, headers={"Content-Encoding": "gzip"})
    await bridge.send(GENERATE, long)
    assert generated(backend) == [packed, long]


async def test_the_operator_can_leave_its_window_alone(start: Start, backend: FakeOllama) -> None:
    bridge = await start(tools={"models": {"plain:*": {"mode": "off"}}})
    await bridge.ask(tools=MANY, headers={"X-Toolbridge-Tools": "prompt"})
    body = json.dumps(PROMPT).encode()
    await bridge.send(GENERATE, body)
    assert generated(backend) == [body]


async def test_a_client_that_streams_gets_the_backends_bytes(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(tools=MANY)
    answer = await bridge.send(GENERATE, json.dumps(PROMPT | {"stream": True}).encode())
    assert b"".join(answer.body.splitlines(keepends=True)) == answer.body
    assert [line["done"] for line in answer.lines] == [False, True]
