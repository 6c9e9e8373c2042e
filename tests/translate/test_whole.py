"""Requests, and replies in one piece, from wire to wire."""

import json

import pytest

from tests.replies import TOOLS
from tests.streams import FRAMES, whole_body
from tests.wire.exchanges import events_of
from toolbridge.errors import RequestError, UnknownWire
from toolbridge.events import (
    collect,
)
from toolbridge.translate import (
    StreamTranslator,
    read_request,
    translate_reply,
    translate_request,
    write_request,
)


@pytest.mark.parametrize("source", FRAMES)
@pytest.mark.parametrize("target", FRAMES)
def test_a_reply_in_one_piece_is_translated(source: str, target: str) -> None:
    body = json.loads(whole_body(source, "Hi."))
    out = translate_reply(body, source, target)
    reply = collect(events_of(target, [json.dumps(out).encode()], stream=False))
    assert (reply.content, reply.finish_reason, out["model"]) == ("Hi.", "stop", "m")


def test_a_body_that_is_no_reply_is_an_error_body() -> None:
    assert "error" in translate_reply({}, "ollama", "ollama")
    assert translate_reply({"error": {"message": "no"}}, "openai", "ollama") == {"error": "no"}
    assert translate_reply({"error": "no"}, "ollama", "openai")["error"]["message"] == "no"
    assert "error" in translate_reply({"model": 7, "choices": []}, "openai", "ollama")


def test_a_request_is_translated_and_a_bad_one_says_what_to_mend() -> None:
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": TOOLS,
        "max_tokens": 7,
        "stream": True,
    }
    out = translate_request(body, "openai", "ollama")
    assert out["messages"] == [{"role": "user", "content": "Hi"}]
    assert out["options"] == {"num_predict": 7}
    assert [one["function"]["name"] for one in out["tools"]] == ["get_weather", "now"]
    assert write_request(read_request(body, "openai"), "ollama") == out
    with pytest.raises(RequestError):
        translate_request({"messages": 7}, "openai", "ollama")
    with pytest.raises(UnknownWire):
        translate_request(body, "openai", "grpc")
    with pytest.raises(UnknownWire):
        StreamTranslator("grpc", "ollama")
