"""Chats that fail: whose fault it is, and in which words the client learns of it."""

import asyncio
import json
import zlib
from typing import Any

import pytest
from aiohttp import web
from ollama import ResponseError

from tests.fake_ollama import FakeOllama, line, stream
from tests.server.conftest import OLLAMA, OPENAI, PATHS, QUESTION, WEATHER, Answer, Bridge, OfOllama, Start

# What a client does wrong.


MISTAKES: list[tuple[str, bytes, str]] = [
    ("bad JSON", b"hello", "not valid JSON"),
    ("nothing", b"", "missing request body"),
    ("a list", b"[]", "must be a JSON object"),
    ("no model", b'{"messages":[{"role":"user","content":"hi"}]}', "model is required"),
    ("messages of the wrong type", b'{"model":"plain:1b","messages":"hi"}', "messages must be an array"),
    ("an unknown role", b'{"model":"plain:1b","messages":[{"role":"chef","content":"hi"}]}', "messages[0].role"),
    (
        "a tool without a name",
        b'{"model":"plain:1b","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{}}]}',
        "tools[0]",
    ),
    ("endless depth", b'{"model":"plain:1b","messages":' + b"[" * 100_000, "nested too deeply"),
    ("bytes that are no UTF-8", b'{"model":"\xff"}', "not valid JSON"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("body", "says"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
async def test_a_mistake_is_named_in_the_clients_words_and_nothing_reaches_the_backend(
    bridge: Bridge, backend: FakeOllama, path: str, body: bytes, says: str
) -> None:
    answer = await bridge.send(path, body)
    assert answer.status == 400
    assert says in problem(answer, path)
    assert backend.received == []


def problem(answer: Answer, path: str) -> str:
    """The message of an error, whose shape is checked."""
    if path == OLLAMA:
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.json.keys() == {"error"}
        return str(answer.json["error"])
    error = answer.json["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] in ("invalid_request_error", "not_found_error", "api_error", "authentication_error")
    return str(error["message"])


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_over_the_limit_is_refused(start: Start, backend: FakeOllama, path: str) -> None:
    bridge = await start(limits={"body": 1000})
    long = json.dumps({"model": "plain:1b", "messages": QUESTION, "x": "y" * 1000}).encode()

    async def in_pieces() -> Any:
        yield long[:900]
        yield long[900:]

    packed = zlib.compress(long)
    assert len(packed) < 1000
    for body, headers in ((long, {}), (in_pieces(), {}), (packed, {"Content-Encoding": "deflate"})):
        answer = await bridge.send(path, body, headers=headers)
        assert answer.status == 413
        assert "larger than 1000 bytes, which limits.body allows" in problem(answer, path)
    assert backend.received == []


async def test_an_image_by_url_is_the_clients_mistake_on_an_ollama_backend(bridge: Bridge, backend: FakeOllama) -> None:
    picture = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    answer = await bridge.ask(OPENAI, messages=[{"role": "user", "content": picture}])
    assert answer.status == 400
    assert "image URLs are not currently supported" in problem(answer, OPENAI)
    assert backend.received == []


# What the backend does wrong.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_backend_that_is_down_is_named(start: Start, path: str, tools: list[Any]) -> None:
    bridge = await start(backend="http://127.0.0.1:9", backends={"name": "gpu box"})
    answer = await bridge.ask(path, tools=tools)
    assert answer.status == 502
    told = problem(answer, path)
    assert "no connection to the backend 'gpu box' at http://127.0.0.1:9: Connection refused" in told
    assert "backends.url" in told
    assert bridge.log[-1]["error"] == told


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, {"error": "model 'plain:1b' not found"}, "model 'plain:1b' not found"),
        (500, {"error": '{"error":{"code":500,"message":"out of memory"}}'}, "out of memory"),
        (503, b"<html><title>Service Unavailable</title></html>", "Service Unavailable"),
        (400, b"", "the backend answered with status 400 (Bad Request) and no message"),
    ],
)
async def test_the_backends_error_comes_in_the_clients_words(
    bridge: Bridge, backend: FakeOllama, *, path: str, status: int, body: object, says: str
) -> None:
    backend.chat = backend.answering(status, body, **{"Retry-After": "7"})
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert (answer.status, problem(answer, path)) == (status, says)
    assert answer.headers["Retry-After"] == "7"
    assert "x-should-retry" not in answer.headers


async def test_an_error_of_a_request_that_went_as_it_came_comes_as_it_is(bridge: Bridge, backend: FakeOllama) -> None:
    refusal = b'{"error": "unauthorized", "signin_url":"https://example.com"}'
    backend.chat = backend.answering(401, refusal)
    for answer in (await bridge.ask(), await bridge.ask(model="able:8b", tools=[WEATHER])):
        assert (answer.status, answer.body) == (401, refusal)


async def test_an_error_that_no_client_can_read_is_put_into_words(bridge: Bridge, backend: FakeOllama) -> None:
    backend.chat = backend.answering(503, b"<html><title>Service Unavailable</title></html>")
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert (answer.status, answer.json) == (503, {"error": "Service Unavailable"})


@pytest.mark.parametrize("path", PATHS)
async def test_a_model_that_nobody_knows_gets_the_backends_own_error(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    backend.chat = backend.answering(404, {"error": "model 'gone' not found"})
    answer = await bridge.ask(path, model="gone", tools=[WEATHER])
    assert (answer.status, problem(answer, path)) == (404, "model 'gone' not found")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"error":"cannot load"}\n', "cannot load"),
        (b'{"error":{"message":"cannot load"}}', "cannot load"),
        (b"", "broke off"),
        (b"\n", "broke off"),
        (b"what?", "not JSON"),
    ],
)
async def test_an_error_before_the_first_frame_is_a_status(
    bridge: Bridge, backend: FakeOllama, *, path: str, streamed: bool, body: bytes, says: str
) -> None:
    backend.chat = backend.answering(200, body)
    answer = await bridge.ask(path, tools=[WEATHER], stream=streamed)
    assert answer.status == 502
    assert says in problem(answer, path)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
async def test_an_error_in_mid_stream_is_said_in_the_stream(
    bridge: Bridge, backend: FakeOllama, path: str, model: str
) -> None:
    read = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def second(number: int) -> None:
            if number:
                await read.wait()

        return await stream(request, [line("Half an ans"), b'{"error":"out of memory"}\n'], before_each=second)

    backend.chat = chat
    got = await bridge.read_while(path, read.set, model=model, tools=[WEATHER], stream=True)
    assert b"Half an ans" in got
    end = got.strip().split(b"\n")[-1].removeprefix(b"data: ")
    assert b"out of memory" in end
    assert b"[DONE]" not in got
    assert b'"done":true' not in got
    assert json.loads(end).keys() == {"error"}


def dying(read: asyncio.Event) -> Any:
    """A backend's chat that breaks off in the middle of the answer, once the client has read the beginning."""

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("Half an ans")], finish=False)
        await read.wait()
        assert request.transport is not None
        request.transport.abort()
        return response

    return chat


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_a_backend_that_breaks_off_is_an_error_in_the_stream(
    bridge: Bridge, backend: FakeOllama, path: str, tools: list[Any]
) -> None:
    read = asyncio.Event()
    backend.chat = dying(read)
    got = await bridge.read_while(path, read.set, tools=tools, stream=True)
    end = json.loads(got.strip().split(b"\n")[-1].removeprefix(b"data: "))
    assert b"Half an ans" in got
    assert "broke off" in json.dumps(end["error"])


LAST_CHUNK = b"\r\n0\r\n\r\n"
"""The end of a body in chunks that came whole."""


@pytest.mark.parametrize(
    ("path", "midstream"),
    # In front of Ollama a generation is no chat, and gets no notes.
    [(OLLAMA, "error"), (OLLAMA, "note"), ("/api/generate", "error"), (OPENAI, "error"), (OPENAI, "note")],
)
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_behind_the_line_of_an_error_the_connection_breaks_off(
    start: Start, backend: FakeOllama, path: str, tools: list[Any], midstream: str
) -> None:
    """Open WebUI skips lines with errors: after a proper end it shows the half answer as a whole answer."""
    read, bridge = asyncio.Event(), await start(errors={"midstream": midstream})
    backend.chat = backend.more["/api/generate"] = dying(read)
    asked = {"model": "plain:1b", "messages": QUESTION, "prompt": "hi", "stream": True}
    data = json.dumps(asked | ({"tools": tools} if tools else {})).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    got = await reader.readuntil(b"ans")
    read.set()
    got += await reader.read()
    writer.close()
    assert b"Transfer-Encoding: chunked" in got
    assert b"broke off its answer" in got
    breaks = path != OPENAI and midstream == "error"
    assert got.endswith(LAST_CHUNK) is not breaks
    assert (b'"done":true' in got) is (path != OPENAI and midstream == "note")


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_ollamas_package_raises_the_error_ahead_of_the_break(
    bridge: Bridge, backend: FakeOllama, of_ollama: OfOllama, tools: list[Any]
) -> None:
    read = asyncio.Event()
    backend.chat = dying(read)
    client = await of_ollama(bridge)
    parts = await client.chat("plain:1b", QUESTION, tools=tools or None, stream=True)
    assert (await anext(parts)).message.content == "Half an ans"
    read.set()
    with pytest.raises(ResponseError, match="broke off its answer"):
        await anext(parts)


@pytest.mark.parametrize("path", PATHS)
async def test_a_stream_without_an_end_is_no_success(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [line("Half"), line(" an ans")])

    backend.chat = chat
    answer = await bridge.ask(path, tools=[WEATHER], stream=True)
    assert b'"done":true' not in answer.body
    assert b"[DONE]" not in answer.body
    assert "error" in (answer.lines[-1] if answer.status == 200 else answer.json)


async def test_a_redirect_is_not_followed_but_explained(bridge: Bridge, backend: FakeOllama) -> None:
    backend.chat = backend.answering(308, b"", Location="https://gpu.lan/api/chat")
    answer = await bridge.ask(tools=[WEATHER])
    assert answer.status == 502
    assert "redirects to https://gpu.lan/api/chat; set backends.url" in answer.json["error"]


async def test_a_late_answer_is_a_timeout(start: Start, backend: FakeOllama) -> None:
    async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    backend.chat = chat
    bridge = await start(timeouts={"headers": 0.05})
    answer = await bridge.ask()
    assert (answer.status, answer.headers["x-should-retry"]) == (504, "false")
    assert "did not begin to answer within 0.05 s (timeouts.headers)" in answer.json["error"]
    await backend.gone.wait()


@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "tools"])
async def test_silence_in_mid_stream_is_an_error_in_the_stream(
    start: Start, backend: FakeOllama, tools: list[Any]
) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await stream(request, [line("Half an ans")], finish=False)
        await asyncio.Event().wait()
        return response

    backend.chat = chat
    bridge = await start(timeouts={"idle": 0.05})
    answer = await bridge.ask(tools=tools, stream=True)
    assert [*answer.lines[0]["message"].values()] == ["assistant", "Half an ans"]
    assert "sent nothing for 0.05 s (timeouts.idle)" in answer.lines[-1]["error"]
    await backend.gone.wait()
