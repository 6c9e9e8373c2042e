"""`/api/generate` bodies as a chat of one turn."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest, Image, Message
from toolbridge.wire.generate.read_request import NAME, read_request, unloads


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
