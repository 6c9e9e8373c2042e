"""Engines that reject what their own model writes: the chat is asked for once more, in another way."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama, line, stream
from tests.fake_openai import MODEL, FakeOpenAI
from tests.server.conftest import CALL, OPENAI, PATHS, QUESTION, WEATHER, Bridge, InFront, calls, text

OSLO = [("get_weather", {"city": "Oslo"})]
WORDS = "Unexpected empty grammar stack"
REJECTION = {
    "error": {"code": 500, "message": f"got exception: {WORDS} after accepting piece: x (4)", "type": "server"}
}
SYNTAX = "XML syntax error on line 7: element <parameter> closed by </function>"


def rejects(fake: FakeOpenAI, ahead: str = "", seen: asyncio.Event | None = None, *, always: bool = False) -> None:
    """llama.cpp's server, whose grammar fails. A stream begins all the same, with text `ahead` that is to be seen."""
    says, error = fake.saying(CALL), REJECTION

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if "tools" not in body and not always:
            return await says(request, body)
        if not body.get("stream"):
            return web.json_response(error, status=500)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        for delta in ({"role": "assistant", "content": None}, {"content": ahead})[: 1 + bool(ahead)]:
            piece = {"id": "c1", "model": MODEL, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
            await answer.write(b"data: " + json.dumps(piece).encode() + b"\n\n")
        if seen is not None:
            await seen.wait()
        await answer.write(b"data: " + json.dumps(error).encode() + b"\n\n")
        await answer.write_eof()
        return answer

    fake.chat = chat


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", [*PATHS, "/v1/messages"])
async def test_the_chat_is_asked_for_again_with_a_prompt_and_so_are_the_next_ones(
    in_front: InFront, path: str, streamed: bool
) -> None:
    bridge, fake = await in_front("llama.cpp")
    rejects(fake)
    tool = WEATHER
    if path == "/v1/messages":
        tool = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
    for _ in range(2):
        answer = await bridge.ask(path, model=MODEL, tools=[tool], stream=streamed, max_tokens=50)
        assert (answer.status, text(answer), calls(answer)) == (200, "", OSLO)
        mode = answer.headers["X-Toolbridge-Mode"]
        assert mode.startswith("prompted; xml; the engine rejected the calls, dialect: ")
        assert mode.endswith("as the engine rejects its own (hermes)")
    assert ["tools" in sent.json for sent in fake.chats] == [True, False, False]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_second_failure_gives_the_client_the_backends_error_and_nothing_is_remembered(
    in_front: InFront, streamed: bool
) -> None:
    bridge, fake = await in_front("llama.cpp")
    rejects(fake, always=True)
    answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], stream=streamed)
    assert answer.status == 500
    assert WORDS in answer.json["error"]["message"]
    assert len(fake.chats) == 2
    fake.calls("get_weather", {"city": "Oslo"})
    answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], stream=streamed)
    assert answer.headers["X-Toolbridge-Mode"].startswith("native;")


async def test_behind_the_first_text_it_is_an_error_in_the_stream(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    seen = asyncio.Event()
    rejects(fake, "Let me look.", seen)
    got = await bridge.read_while(OPENAI, seen.set, model=MODEL, tools=[WEATHER], stream=True)
    assert b"Let me look." in got.partition(b"error")[0]
    assert WORDS.encode() in got.partition(b"error")[2]
    assert len(fake.chats) == 1


async def test_a_client_that_wants_native_tools_sees_the_error(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    rejects(fake)
    answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], headers={"X-Toolbridge-Tools": "native"})
    assert (answer.status, len(fake.chats)) == (500, 1)


async def test_words_that_a_client_brought_along_are_not_remembered(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    rejects(fake)
    quoting = [{"role": "user", "content": f"What does '{WORDS}' mean?"}]
    answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], messages=quoting)
    assert calls(answer) == OSLO
    await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], messages=QUESTION)
    assert ["tools" in sent.json for sent in fake.chats] == [True, False, True, False]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("words", [SYNTAX, "EOF", "expected element type <function> but have <parameter>"])
async def test_the_errors_of_ollamas_parsers_are_known(
    bridge: Bridge, backend: FakeOllama, words: str, streamed: bool
) -> None:
    says = backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if "tools" not in body:
            return await says(request, body)
        if body["stream"]:
            return await stream(request, [json.dumps({"error": words}).encode() + b"\n"])
        return web.json_response({"error": words}, status=500)

    backend.chat = chat
    for _ in range(2):
        answer = await bridge.ask(model="able:8b", tools=[WEATHER], stream=streamed)
        assert (answer.status, calls(answer)) == (200, OSLO)
    assert ["tools" in sent.json for sent in backend.chats] == [True, False, False]


async def test_a_prompt_in_the_models_own_notation_is_asked_for_in_another(bridge: Bridge, backend: FakeOllama) -> None:
    """An old Ollama that does not tell of its parser."""
    backend.shows["qwen3-coder:30b"] = {"capabilities": ["completion"], "details": {}}
    says = backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if "<function=" in str(body["messages"]):
            return await stream(request, [line("Sure. "), json.dumps({"error": SYNTAX}).encode() + b"\n"])
        return await says(request, body)

    backend.chat = chat
    answer = await bridge.ask(model="qwen3-coder:30b", tools=[WEATHER], stream=False)
    assert (answer.status, calls(answer)) == (200, OSLO)
    assert len(backend.chats) == 2
