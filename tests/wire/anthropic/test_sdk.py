"""The `anthropic` package as the judge of what is written for its clients: every recorded reply, of every wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anthropic
import pytest
from anthropic.types import Message

from tests.wire.exchanges import Exchange, written
from tests.wire.test_sdks import BROKEN, MESSAGES, events, every_reply, expected_reply, served
from toolbridge.events import Error, Reply
from toolbridge.wire import wire

REASONS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"}
ASKED: Any = {"model": "m", "max_tokens": 9, "messages": MESSAGES}


@contextmanager
def client_of(url: str) -> Iterator[anthropic.Anthropic]:
    http = anthropic.DefaultHttpxClient(trust_env=False)
    with anthropic.Anthropic(base_url=url, api_key="none", max_retries=0, http_client=http) as client:
        yield client


def judge(message: Message, reply: Reply) -> None:
    assert "".join(block.text for block in message.content if block.type == "text") == reply.content
    assert "".join(block.thinking for block in message.content if block.type == "thinking") == reply.reasoning
    made = [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]
    assert made == [(call.id, call.name, call.arguments) for call in reply.tool_calls]
    assert message.stop_reason == REASONS[reply.finish_reason or ""]
    assert message.usage.output_tokens == (reply.usage.completion_tokens if reply.usage else 0)


@every_reply
def test_the_client_puts_the_stream_together(one: Exchange) -> None:
    reply = expected_reply(one)
    with served(written("anthropic", events(one)), "text/event-stream") as url, client_of(url) as client:
        running = client.messages.stream(**ASKED)
        if reply.error:
            with pytest.raises(anthropic.APIStatusError, match=reply.error.message), running as broken:
                broken.until_done()
            return
        with running as whole:
            judge(whole.get_final_message(), reply)


@every_reply
def test_the_client_reads_it_whole(one: Exchange) -> None:
    reply = expected_reply(one)
    if reply.error:
        return
    out = written("anthropic", events(one), stream=False)
    with served(out, "application/json") as url, client_of(url) as client:
        judge(client.messages.create(**ASKED), reply)
    Message.model_validate_json(out, strict=False)


def test_an_error_answer_is_raised_as_the_class_of_its_status() -> None:
    error = Error("model 'nope' not found", status=404)
    with served(wire("anthropic").write_error(error), "application/json", 404) as url, client_of(url) as client:
        with pytest.raises(anthropic.NotFoundError, match="model 'nope' not found") as caught:
            client.messages.create(**ASKED)
        assert caught.value.type == "not_found_error"


def test_an_error_in_the_stream_is_raised_behind_its_text() -> None:
    texts: list[str] = []

    def listen() -> None:
        with client.messages.create(**ASKED, stream=True) as stream:
            texts.extend(event.delta.text for event in stream if event.type == "content_block_delta")

    with (
        served(written("anthropic", BROKEN), "text/event-stream") as url,
        client_of(url) as client,
        pytest.raises(anthropic.APIStatusError, match="upstream closed the connection"),
    ):
        listen()
    assert "".join(texts) == "Par"
