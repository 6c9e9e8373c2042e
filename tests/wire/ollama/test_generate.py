"""`/api/generate` as a chat of one turn."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.events import ContentDelta, Error, Finish, ReasoningDelta, ReplyStart, Usage
from toolbridge.messages import ChatRequest, Image, Message
from toolbridge.wire import wire
from toolbridge.wire.ollama.generate import NAME, read_request, unloads

START = ReplyStart(created=0.0)


def write(*events: Any, stream: bool) -> bytes:
    writer = wire(NAME).writer(request=ChatRequest("m", stream=stream), clock=lambda: 0.0, ids=str)
    return writer.feed(events) + writer.finish()


def test_a_prompt_is_one_turn_behind_the_system_text() -> None:
    asked = read_request({"model": "m", "prompt": "hi", "system": "Be brief.", "images": ["aGk="], "think": "low"})
    assert asked.messages == (Message("system", "Be brief."), Message("user", "hi", images=(Image("aGk="),)))
    assert (asked.source, asked.stream, asked.think) == (NAME, True, "low")


def test_raw_and_suffix_wait_for_who_writes_the_request() -> None:
    asked = read_request({"model": "m", "prompt": "a", "suffix": "b", "raw": True, "stream": False})
    assert asked.extra == {"raw": True, "suffix": "b"}
    assert asked.messages == (Message("user", "a"),)


@pytest.mark.parametrize("nothing", [{}, {"prompt": ""}, {"prompt": None, "images": []}, {"system": "x", "raw": False}])
def test_without_a_prompt_there_is_no_turn(nothing: dict[str, Any]) -> None:
    assert read_request({"model": "m"} | nothing).messages == ()


@pytest.mark.parametrize("empty", [{"template": ""}, {"template": None}, {"context": [1]}, {"suffix": ""}])
def test_what_says_nothing_is_no_obstacle(empty: dict[str, Any]) -> None:
    assert read_request({"model": "m", "prompt": "a"} | empty).messages == (Message("user", "a"),)


def test_a_body_without_a_model_names_none() -> None:
    with pytest.raises(RequestError, match="model '' not found") as caught:
        read_request({"prompt": "a"})
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("keep_alive", "gone"),
    [
        (0, True),
        (0.0, True),
        ("0", True),
        ("0s", True),
        ("0m0s", True),
        ("-0.0h.0ms", True),
        ("0" * 40 + "x", False),
        ("0" * 100, False),
        ("0.s0", False),
        ("+", False),
        (-1, False),
        ("5m", False),
        (False, False),
        ("10", False),
        (None, False),
        ("", False),
        ("0x", False),
    ],
)
def test_a_time_of_nothing_unloads(keep_alive: Any, gone: bool) -> None:
    assert unloads(ChatRequest("m", extra={"keep_alive": keep_alive})) is gone


def test_a_stream_has_its_text_as_response() -> None:
    written = write(START, ReasoningDelta("Hm."), ContentDelta("a\u2028b"), Finish("stop", Usage(1, 2)), stream=True)
    head = '{"model":"m","created_at":"1970-01-01T00:00:00Z"'
    assert written.decode().split("\n") == [
        f'{head},"response":"","thinking":"Hm.","done":false}}',
        f'{head},"response":"a\u2028b","done":false}}',
        f'{head},"response":"","done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}}',
        "",
    ]


def test_a_reply_in_one_piece_has_it_too() -> None:
    assert write(START, ContentDelta("a"), Finish("load"), stream=False) == (
        b'{"model":"m","created_at":"1970-01-01T00:00:00Z","response":"a","done":true,"done_reason":"load"}'
    )


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_is_written_as_every_other_of_ollamas(stream: bool) -> None:
    assert write(START, Error("no"), stream=stream).strip() == b'{"error":"no"}'
