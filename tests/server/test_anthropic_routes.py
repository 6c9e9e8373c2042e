"""Anthropic's clients beside chats that go well: errors, keys, and the routes beside `/v1/messages`."""

import asyncio
import json
from typing import Any

import anthropic
import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, line, stream
from tests.server.conftest import Bridge, OfAnthropic, Start
from tests.server.test_anthropic_sdk import HI, PATIENCE, TOOL

# Errors.


CLASSES = {
    400: (anthropic.BadRequestError, "invalid_request_error"),
    401: (anthropic.AuthenticationError, "authentication_error"),
    403: (anthropic.PermissionDeniedError, "permission_error"),
    404: (anthropic.NotFoundError, "not_found_error"),
    429: (anthropic.RateLimitError, "rate_limit_error"),
    500: (anthropic.InternalServerError, "api_error"),
    503: (anthropic.InternalServerError, "overloaded_error"),
}


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("streamed", [False, True])
async def test_an_error_is_of_the_class_of_its_status(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama, status: int, streamed: bool
) -> None:
    kind, word = CLASSES[status]
    backend.chat = backend.answering(status, {"error": "no such thing"})
    with pytest.raises(anthropic.APIStatusError) as caught:
        await of_anthropic(bridge).messages.create(model="plain:1b", max_tokens=9, messages=HI, stream=streamed)
    assert isinstance(caught.value, kind)
    body: Any = caught.value.body
    assert body["error"] == {"type": word, "message": "no such thing"}
    assert body["request_id"] == caught.value.request_id
    assert str(body["request_id"]).startswith("req_")


async def test_a_body_that_cannot_be_used_is_a_bad_request(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama
) -> None:
    url: Any = {"type": "image", "source": {"type": "url", "url": "https://e.x/a.png"}}
    bodies: list[tuple[Any, str]] = [
        ([], "send at least one"),
        ([{"role": "user", "content": [url]}], "image URLs are not"),
    ]
    for messages, says in bodies:
        with pytest.raises(anthropic.BadRequestError, match=says):
            await of_anthropic(bridge).messages.create(model="plain:1b", max_tokens=9, messages=messages)
    assert not backend.chats


@pytest.mark.parametrize("fails", ["says so", "breaks off"])
@pytest.mark.parametrize("tools", [[], [TOOL]])
async def test_an_error_in_mid_stream_is_raised_behind_its_text(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama, tools: list[Any], fails: str
) -> None:
    read = asyncio.Event()
    texts: list[str] = []

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def rest(number: int) -> None:
            if number:
                await read.wait()

        bad = b'{"error":"CUDA error"}\n' if fails == "says so" else b"{"
        return await stream(request, [line("Half an ans"), bad], before_each=rest)

    async def listen() -> None:
        asked: Any = {"model": "plain:1b", "max_tokens": 9, "messages": HI, "tools": tools}
        async with asyncio.timeout(PATIENCE), of_anthropic(bridge).messages.stream(**asked) as running:
            async for text in running.text_stream:
                texts.append(text)
                read.set()

    backend.chat = chat
    with pytest.raises(anthropic.APIStatusError, match="CUDA error" if fails == "says so" else "not JSON"):
        await listen()
    assert "".join(texts) == "Half an ans"


# Keys and paths.


async def test_a_key_of_the_bridge_is_shown_in_either_header_and_goes_no_further(
    start: Start, of_anthropic: OfAnthropic, backend: FakeOllama
) -> None:
    bridge = await start(security={"api_keys": "sesame"})
    body = json.dumps({"model": "plain:1b", "max_tokens": 9, "messages": HI}).encode()
    for headers in ({"x-api-key": "sesame"}, {"Authorization": "Bearer sesame"}):
        assert (await bridge.send("/v1/messages?beta=true", body, headers=headers)).status == 200
        assert not {"authorization", "x-api-key"} & {name.lower() for name in backend.chats[-1].headers}
    with pytest.raises(anthropic.AuthenticationError, match="API key of this bridge"):
        await of_anthropic(bridge).messages.create(model="plain:1b", max_tokens=9, messages=HI)


async def test_without_keys_of_the_bridge_the_clients_key_is_for_the_backend(
    bridge: Bridge, backend: FakeOllama
) -> None:
    body = json.dumps({"model": "plain:1b", "max_tokens": 9, "messages": HI}).encode()
    await bridge.send("/v1/messages", body, headers={"x-api-key": "k"})
    await bridge.send("/v1/messages", body, headers={"Authorization": "Bearer t", "x-api-key": "k"})
    assert [one.headers["Authorization"] for one in backend.chats] == ["Bearer k", "Bearer t"]


async def test_what_coding_agents_ask_first(bridge: Bridge) -> None:
    assert (await bridge.send("/", method="HEAD")).status == 200


async def test_other_routes_of_anthropics_are_the_backends(bridge: Bridge, backend: FakeOllama) -> None:
    assert (await bridge.send("/v1/messages/batches", method="GET")).body == b"404 page not found"
    assert backend.received[-1].target == "/v1/messages/batches"


async def test_models_are_listed_for_the_clients_of_both_wires(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama
) -> None:
    entry = {"id": "qwen3:8b", "object": "model", "created": 1785571872, "owned_by": "library"}
    listed = json.dumps({"object": "list", "data": [entry]}).encode()

    async def models(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=listed, content_type="application/json")

    backend.more["/v1/models"] = models
    models_of = of_anthropic(bridge).models
    page = await models_of.list()
    assert [(model.id, model.type, model.created_at.year) async for model in page] == [("qwen3:8b", "model", 2026)]
    assert (await models_of.retrieve("qwen3:8b")).display_name == "qwen3:8b"
    with pytest.raises(anthropic.NotFoundError, match="model 'gone' not found"):
        await models_of.retrieve("gone")
    assert (await bridge.send("/v1/models", method="GET")).body == listed


async def test_a_backend_that_does_not_list_its_models_says_so_in_anthropics_words(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama
) -> None:
    backend.more["/v1/models"] = backend.answering(401, {"error": "no key"})
    with pytest.raises(anthropic.AuthenticationError, match="no key"):
        await of_anthropic(bridge).models.list()
