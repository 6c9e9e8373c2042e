"""The clients that people use, as judges: what the writers write is read by the `ollama` and `openai` packages."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import ollama
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.wire.exchanges import EXCHANGES, Exchange, events_of, objects, pieces, written
from toolbridge.events import ContentDelta, Error, Event, Reply, ToolCall, collect
from toolbridge.wire import wire

REPLIES = [one for one in EXCHANGES if one.name not in ("ollama_chat_load", "ollama_chat_unload")]
BROKEN: list[Event] = [ContentDelta("Par"), Error("upstream closed the connection")]
MESSAGES: Any = [{"role": "user", "content": "Hi"}]
every_reply = pytest.mark.parametrize("one", REPLIES, ids=lambda one: one.name)


@contextmanager
def served(reply: bytes, kind: str, status: int = 200) -> Iterator[str]:
    """A server on loopback that gives one answer, in pieces of seven bytes; its URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            for piece in pieces(reply, 7):
                self.wfile.write(piece)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def openai_client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def events(one: Exchange) -> list[Event]:
    return events_of(one.wire, [one.reply], stream=one.stream)


def expected_reply(one: Exchange) -> Reply:
    return collect(events(one))


def sdk_calls(calls: Any) -> list[ToolCall]:
    return [ToolCall(call.function.name, call.function.arguments, call.id) for call in calls or ()]


@every_reply
def test_every_line_is_a_chat_response_of_the_ollama_package(one: Exchange) -> None:
    reply = expected_reply(one)
    lines = [line for line in objects(written("ollama", events(one))) if "error" not in line]
    parts = [ollama.ChatResponse(**line) for line in lines]
    assert "".join(part.message.content or "" for part in parts) == reply.content
    assert "".join(part.message.thinking or "" for part in parts) == reply.reasoning
    calls = [call.function for part in parts for call in part.message.tool_calls or ()]
    assert [(call.name, call.arguments) for call in calls] == [(call.name, call.arguments) for call in reply.tool_calls]
    assert [part.done for part in parts].count(True) == (reply.error is None)
    assert not any(part.done for part in parts[:-1])
    if reply.error is None:
        (whole,) = objects(written("ollama", events(one), stream=False))
        assert ollama.ChatResponse(**whole).message.content == reply.content


@every_reply
def test_every_chunk_is_one_of_the_openai_package(one: Exchange) -> None:
    for body in objects(written("openai", events(one), include_usage=True))[:-1]:
        ChatCompletionChunk.model_validate(body, strict=True)
    if expected_reply(one).error is None:
        ChatCompletion.model_validate(objects(written("openai", events(one), stream=False))[0], strict=True)


@every_reply
def test_the_ollama_client_streams_it(one: Exchange) -> None:
    reply = expected_reply(one)
    texts: list[str] = []
    with served(written("ollama", events(one)), "application/x-ndjson") as url, ollama.Client(url) as client:
        stream = (part.message.content or "" for part in client.chat("m", MESSAGES, stream=True))
        if reply.error:
            with pytest.raises(ollama.ResponseError, match=reply.error.message):
                texts.extend(stream)
        else:
            texts.extend(stream)
    assert "".join(texts) == reply.content


@every_reply
def test_the_openai_client_puts_the_stream_together(one: Exchange) -> None:
    reply = expected_reply(one)
    out = written("openai", events(one), include_usage=True)
    with served(out, "text/event-stream") as url, openai_client(url) as client:
        stream = client.chat.completions.stream(model="m", messages=MESSAGES, stream_options={"include_usage": True})
        if reply.error:
            with pytest.raises(openai.APIError, match=reply.error.message), stream as running:
                running.until_done()
            return
        with stream as running:
            final = running.get_final_completion()
    (choice,) = final.choices
    assert (choice.message.role, choice.message.content or "") == ("assistant", reply.content)
    assert sdk_calls(choice.message.tool_calls) == list(reply.tool_calls)
    assert (getattr(choice.message, "reasoning", None) or "") == reply.reasoning
    assert choice.finish_reason == reply.finish_reason
    assert final.usage
    assert final.usage.prompt_tokens == (reply.usage.prompt_tokens if reply.usage else 0)


@every_reply
def test_the_openai_client_reads_it_whole(one: Exchange) -> None:
    reply = expected_reply(one)
    if reply.error:
        return
    with served(written("openai", events(one), stream=False), "application/json") as url, openai_client(url) as client:
        (choice,) = client.chat.completions.create(model="m", messages=MESSAGES).choices
    assert choice.message.content == reply.content
    assert sdk_calls(choice.message.tool_calls) == list(reply.tool_calls)


def test_the_clients_raise_what_an_error_answer_says() -> None:
    error = Error("model 'nope' not found", status=404)
    with served(wire("openai").write_error(error), "application/json", 404) as url, openai_client(url) as client:
        with pytest.raises(openai.NotFoundError, match="model 'nope' not found") as openais:
            client.chat.completions.create(model="m", messages=MESSAGES)
        assert openais.value.type == "not_found_error"
    with served(wire("ollama").write_error(error), "application/json", 404) as url, ollama.Client(url) as client:
        with pytest.raises(ollama.ResponseError, match="model 'nope' not found") as ollamas:
            client.chat("m", MESSAGES)
        assert ollamas.value.status_code == 404


def test_an_error_in_the_stream_is_raised_behind_its_text() -> None:
    texts: list[str] = []
    with served(written("openai", BROKEN), "text/event-stream") as url, openai_client(url) as client:
        stream = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        with stream, pytest.raises(openai.APIError, match="upstream closed the connection"):
            texts.extend(part.choices[0].delta.content or "" for part in stream)
    assert "".join(texts) == "Par"
