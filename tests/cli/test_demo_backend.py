"""The demo's backend against the `ollama` package and against what Ollama answers."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from ollama import AsyncClient, ResponseError

from toolbridge.cli.demo_backend import MODEL, create_backend
from toolbridge.cli.scripted.model import GREETING

HI = [{"role": "user", "content": "hi"}]
TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
async def backend(aiohttp_client: Any) -> Any:
    """A client of a backend that writes at full speed."""
    return await aiohttp_client(create_backend())


def ollama(backend: Any) -> AsyncClient:
    return AsyncClient(host=str(backend.make_url("/")), trust_env=False)


async def test_the_ollama_package_accepts_every_answer(backend: Any) -> None:
    async with ollama(backend) as client:
        assert [model.model for model in (await client.list()).models] == [MODEL]
        shown = await client.show("scripted")
        assert shown.capabilities == ["completion"]
        assert (shown.details and shown.details.family) == "scripted"
        parts = [part async for part in await client.chat("scripted", HI, stream=True)]
        assert "".join(part.message.content or "" for part in parts) == GREETING
        assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
        assert len(parts) > 10
        whole = await client.chat("scripted", HI)
        assert (whole.message.content, whole.done_reason) == (GREETING, "stop")
        assert whole.eval_count == len(parts) - 1
        generated = await client.generate("scripted", "hi", system="Be nice.")
        assert generated.response == GREETING
        assert (
            "".join([part.response async for part in await client.generate("scripted", "hi", stream=True)]) == GREETING
        )


async def test_a_model_is_loaded_while_it_was_used_and_not_unloaded(backend: Any) -> None:
    async with ollama(backend) as client:
        assert (await client.ps()).models == []
        assert (await client.chat("scripted", [])).done_reason == "load"
        assert [model.model for model in (await client.ps()).models] == [MODEL]
        assert (await client.generate("scripted", "", keep_alive=0)).done_reason == "unload"
        assert (await client.ps()).models == []


async def test_num_predict_cuts_the_answer_short(backend: Any) -> None:
    async with ollama(backend) as client:
        reply = await client.chat("scripted", HI, options={"num_predict": 2})
        assert (reply.message.content, reply.done_reason, reply.eval_count) == (GREETING[:8], "length", 2)


async def test_tools_are_refused_as_ollama_refuses_them(backend: Any) -> None:
    async with ollama(backend) as client:
        with pytest.raises(ResponseError) as refused:
            await client.chat("scripted", HI, tools=[TOOL])
        assert refused.value.status_code == 400
        assert refused.value.error == "registry.ollama.ai/library/scripted:latest does not support tools"
        assert (await client.chat("scripted", HI, tools=[])).message.content == GREETING


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/api/chat", {"model": "nope", "messages": HI}, 404, "model 'nope' not found"),
        ("/api/chat", {"messages": HI}, 400, "model is required"),
        ("/api/chat", None, 400, "missing request body"),
        ("/api/chat", b"hi", 400, "invalid character 'h' looking for beginning of value"),
        ("/api/chat", b'{"model":', 400, "unexpected EOF"),
        ("/api/chat", b"[" * 100_000, 400, "json: exceeded max depth"),
        ("/api/chat", [1], 400, "json: cannot unmarshal array into Go value of type api.ChatRequest"),
        (
            "/api/chat",
            {"model": "scripted", "messages": "hi"},
            400,
            "json: cannot unmarshal string into Go struct field ChatRequest.messages",
        ),
        (
            "/api/chat",
            {"model": "scripted", "messages": [{"role": "user", "content": ["hi"]}]},
            400,
            "json: cannot unmarshal a value into Go struct field ChatRequest.messages",
        ),
        (
            "/api/chat",
            {"model": "scripted", "messages": HI, "think": True},
            400,
            '"scripted" does not support thinking',
        ),
        ("/api/generate", {"prompt": "hi"}, 404, "model '' not found"),
        (
            "/api/generate",
            {"model": "scripted", "prompt": 3},
            400,
            "json: cannot unmarshal a value into Go struct field GenerateRequest of type string",
        ),
        ("/api/show", {"model": "nope"}, 404, "model 'nope:latest' not found"),
        ("/api/show", {"name": 3}, 400, "model is required"),
    ],
)
async def test_errors_are_those_of_ollama(backend: Any, path: str, body: Any, status: int, error: str) -> None:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    async with backend.post(path, data=data) as answer:
        assert answer.status == status
        assert answer.content_type == "application/json"
        assert await answer.json() == {"error": error}


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/", 200, "Ollama is running"),
        ("HEAD", "/", 200, ""),
        ("HEAD", "/api/tags", 200, ""),
        ("GET", "/api/nope", 404, "404 page not found"),
        ("GET", "/api/chat", 405, "405 method not allowed"),
        ("HEAD", "/api/ps", 405, ""),
    ],
)
async def test_routes_are_those_of_ollama(backend: Any, method: str, path: str, status: int, text: str) -> None:
    async with backend.request(method, path) as answer:
        assert (answer.status, await answer.text()) == (status, text)


async def test_models_are_listed_for_clients_of_openai_too(backend: Any) -> None:
    listed = await (await backend.get("/v1/models")).json()
    assert [model["id"] for model in listed["data"]] == [MODEL]
    assert (await (await backend.get("/v1/models/scripted")).json())["id"] == "scripted"
    missing = await backend.get("/v1/models/a/b:c")
    assert (missing.status, (await missing.json())["error"]["message"]) == (404, "model 'a/b:c' not found")


async def test_json_is_escaped_as_go_escapes_it(backend: Any) -> None:
    turns = [{"role": "user", "content": '<result name="a<b">\n{"k": "&"}\n</result>'}]
    answer = await backend.post("/api/chat", json={"model": "scripted", "messages": turns, "stream": False})
    body = await answer.read()
    assert b"a\\u003cb says k \\u0026." in body
    assert json.loads(body)["message"]["content"] == "a<b says k &."


async def test_each_piece_is_watched_when_it_is_written_at_its_pace() -> None:
    seen: list[str] = []
    async with TestClient(TestServer(create_backend(pace=0.001, watch=seen.append))) as client:
        await (await client.post("/api/chat", json={"model": "scripted", "messages": HI})).read()
    assert "".join(seen) == GREETING


async def test_a_client_that_goes_away_ends_the_generation() -> None:
    written = asyncio.Event()
    pieces: list[str] = []

    def watch(piece: str) -> None:
        pieces.append(piece)
        written.set()

    async with TestClient(TestServer(create_backend(pace=0.01, watch=watch))) as client:
        answer = await client.post("/api/chat", json={"model": "scripted", "messages": HI})
        await written.wait()
        answer.close()
    assert "".join(pieces) != GREETING
