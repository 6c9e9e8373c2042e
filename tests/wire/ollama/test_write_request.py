"""Bodies of `/api/chat` for an Ollama backend."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.wire.codec import write_json
from toolbridge.wire.ollama.read_request import read_request
from toolbridge.wire.ollama.write_request import write_request

HI = {"role": "user", "content": "Hi"}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [HI], "stream": True} | fields


@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"num_ctx": 1}, {"temperature": None}])
def test_what_was_sent_comes_back_and_what_was_not_stays_away(options: dict[str, Any]) -> None:
    sent = body(options=options, truncate=False, keep_alive=-1, custom={"a": [1]})
    assert write_request(read_request(sent)) == sent
    assert "options" not in write_request(read_request(body()))


def test_options_have_ollamas_names_again_and_the_others_come_back() -> None:
    options = {"num_predict": 9, "stop": "X", "top_k": 4.0, "temperature": None, "num_ctx": 4096, "mirostat": None}
    beside = {"logprobs": True, "top_logprobs": 2, "keep_alive": "5m"}
    written = write_request(read_request(body(options=options, **beside)))
    assert written == body(options=options | {"stop": ["X"]}, **beside)


@pytest.mark.parametrize("value", ["json", {"type": "object"}])
def test_formats(value: Any) -> None:
    assert write_request(read_request(body(format=value)))["format"] == value


@pytest.mark.parametrize("value", [True, False, "low", "medium", "high", "max"])
def test_thinking(value: Any) -> None:
    assert write_request(read_request(body(think=value)))["think"] == value


def test_a_request_from_another_wire() -> None:
    request = ChatRequest(
        "m",
        (
            Message("system", "Be short."),
            Message("user", "Look.", (Image("AA AA", "image/png"),)),
            Message(
                "assistant",
                reasoning="hm",
                tool_calls=(ToolCall("f", '{"b": 1180591620717411303424,"a":1}', "call_1"),),
            ),
            Message("tool", "7 C", tool_call_id="call_1", tool_name="f"),
        ),
        tools=(Tool("f"),),
        sampling={"max_tokens": 9, "stop": ["X"], "temperature": 0.5, "logprobs": True},
        format={"type": "object"},
        think="xhigh",
        source="openai",
        extra={"user": "someone", "n": 1},
    )
    assert write_request(request) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "Look.", "images": ["AAAA"]},
            {
                "role": "assistant",
                "content": "",
                "thinking": "hm",
                "tool_calls": [{"id": "call_1", "function": {"name": "f", "arguments": {"b": 2**70, "a": 1}}}],
            },
            {"role": "tool", "content": "7 C", "tool_name": "f", "tool_call_id": "call_1"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "stream": False,
        "format": {"type": "object"},
        "think": "max",
        "options": {"temperature": 0.5, "stop": ["X"], "num_predict": 9},
        "logprobs": True,
    }
    assert b'"arguments":{"b":1180591620717411303424,"a":1}' in write_json(write_request(request))


@pytest.mark.parametrize(("effort", "think"), [("minimal", "low"), ("high", "high"), ("ultra", "max"), (False, False)])
def test_efforts_that_ollama_has_no_word_for(effort: Any, think: Any) -> None:
    assert write_request(ChatRequest("m", think=effort, source="openai"))["think"] == think


def test_nothing_is_invented_for_a_backend() -> None:
    assert write_request(ChatRequest("m", source="openai")) == {"model": "m", "messages": [], "stream": False}


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (ToolChoice(), ["f", "g"]),
        (ToolChoice("required"), ["f", "g"]),
        (ToolChoice("none"), []),
        (ToolChoice("required", "g"), ["g"]),
    ],
)
def test_a_tool_choice_is_said_by_the_tools_that_are_sent(choice: ToolChoice, names: list[str]) -> None:
    sent = write_request(ChatRequest("m", tools=(Tool("f"), Tool("g")), tool_choice=choice))
    assert [tool["function"]["name"] for tool in sent.get("tools", [])] == names
    assert ("tools" in sent) == bool(names)


def test_an_image_that_would_have_to_be_fetched_is_refused() -> None:
    with pytest.raises(RequestError, match="image URLs are not currently supported"):
        write_request(ChatRequest("m", (Message("user", images=(Image(url="https://e.x/a.png"),)),)))
