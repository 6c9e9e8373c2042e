"""Requests as bodies of `/v1/responses`."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.requests import anthropic_requests, ollama_requests, openai_requests
from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.translate import translate_request
from toolbridge.wire.codec import write_json
from toolbridge.wire.request_json import read_json
from toolbridge.wire.responses.read_request import read_request
from toolbridge.wire.responses.write_request import write_request

HI = Message("user", "hi")
TOOL = Tool("f", "Does.", {"type": "object", "properties": {}}, True)


def test_the_least_there_is() -> None:
    assert write_request(ChatRequest("m", (HI,), source="responses")) == {
        "model": "m",
        "input": [{"type": "message", "role": "user", "content": "hi"}],
        "stream": False,
        "store": False,
    }


def test_what_was_asked_is_asked_again() -> None:
    body = {
        "model": "m",
        "instructions": "Be brief.",
        "input": [
            {
                "role": "user",
                "content": [{"type": "input_image", "image_url": "https://a.example/b.png", "detail": "low"}],
            },
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
            {"role": "assistant", "content": "Looking."},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "4"},
        ],
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}],
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "max_output_tokens": 9,
        "presence_penalty": 1,
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}, "verbosity": "low"},
        "stream": True,
    }
    request = read_request(body)
    again = read_request(write_request(request))
    assert replace(again, extra={}) == replace(request, extra={})
    assert again.extra == {"text": body["text"], "reasoning": body["reasoning"]}


@pytest.mark.parametrize("make", [ollama_requests, openai_requests, anthropic_requests])
@given(data=st.data())
def test_any_request_can_be_put_in_this_wire(make: Any, data: st.DataObject) -> None:
    request: ChatRequest = data.draw(make())
    messages = tuple(replace(message, parts=()) for message in request.messages)
    again = read_request(read_json(write_json(write_request(replace(request, messages=(HI, *messages))))))
    made = [(call.name, call.arguments) for message in messages for call in message.tool_calls]
    assert [(call.name, call.arguments) for message in again.messages for call in message.tool_calls] == made
    assert sum(message.role == "tool" for message in again.messages) == sum(one.role == "tool" for one in messages)
    assert [tool.name for tool in again.tools] == [tool.name for tool in request.tools]
    assert (again.stream, again.format) == (request.stream, request.format)


@pytest.mark.parametrize(("think", "effort"), [(True, "medium"), (False, "none"), ("high", "high")])
def test_effort(think: Any, effort: str) -> None:
    assert write_request(ChatRequest("m", (HI,), think=think))["reasoning"] == {"effort": effort}


def test_sampling_that_openai_has_no_name_for_is_left_out() -> None:
    sampling = {"temperature": 0.5, "top_k": 5, "presence_penalty": 1, "max_tokens": -1}
    body = write_request(ChatRequest("m", (HI,), sampling=sampling, source="ollama"))
    assert {name: value for name, value in body.items() if name not in ("model", "input", "stream", "store")} == {
        "temperature": 0.5
    }


@pytest.mark.parametrize(
    ("choice", "written"),
    [(ToolChoice("required"), "required"), (ToolChoice("required", "f"), {"type": "function", "name": "f"})],
)
def test_tools_and_their_choice(choice: ToolChoice, written: Any) -> None:
    body = write_request(ChatRequest("m", (HI,), (TOOL,), choice))
    assert body["tools"] == [
        {"type": "function", "name": "f", "description": "Does.", "parameters": TOOL.parameters, "strict": True}
    ]
    assert body["tool_choice"] == written


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("json", {"type": "json_object"}),
        ({"type": "object"}, {"name": "schema", "strict": True, "type": "json_schema", "schema": {"type": "object"}}),
    ],
)
def test_the_format_of_the_text(wanted: Any, written: Any) -> None:
    assert write_request(ChatRequest("m", (HI,), format=wanted))["text"] == {"format": written}


def test_results_may_hold_pictures_and_say_that_they_failed() -> None:
    result = Message("tool", "no", (Image("iVBORw0KGgo="),), tool_call_id="call_1", is_error=True)
    (item,) = write_request(ChatRequest("m", (result,)))["input"]
    assert item == {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": [
            {"type": "input_text", "text": "Error: no"},
            {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
        ],
    }


def test_parts_of_other_kinds_are_refused() -> None:
    with pytest.raises(RequestError, match="content of type 'input_audio'"):
        write_request(ChatRequest("m", (Message("user", parts=({"type": "input_audio"},)),)))


def test_the_library_translates_a_request() -> None:
    sent = translate_request({"model": "m", "messages": [{"role": "user", "content": "hi"}]}, "openai", "responses")
    assert sent["input"] == [{"type": "message", "role": "user", "content": "hi"}]


def test_freeform_tools_and_namespaces_are_written_as_they_were_offered() -> None:
    grammar = {"type": "grammar", "syntax": "regex", "definition": "a+"}
    body = {
        "model": "m",
        "input": [
            {"type": "message", "role": "user", "content": "hi"},
            {"type": "function_call", "call_id": "1", "namespace": "n", "name": "g", "arguments": "{}"},
            {"type": "custom_tool_call", "call_id": "2", "namespace": "n", "name": "x", "input": 'a"\n'},
            {"type": "function_call_output", "call_id": "1", "output": "yes"},
            {"type": "custom_tool_call_output", "call_id": "2", "output": "no"},
        ],
        "tools": [
            {
                "type": "namespace",
                "name": "n",
                "description": "",
                "tools": [
                    {
                        "type": "function",
                        "name": "g",
                        "description": None,
                        "parameters": TOOL.parameters,
                        "strict": None,
                    },
                    {"type": "custom", "name": "x", "description": None, "format": grammar},
                ],
            },
            {"type": "custom", "name": "p", "description": "Patches.", "format": {"type": "text"}},
        ],
        "tool_choice": {"type": "custom", "namespace": "n", "name": "x"},
        "stream": False,
        "store": False,
    }
    assert translate_request(body, "responses", "responses") == body
    assert translate_request(body | {"tool_choice": {"type": "function", "name": "g"}}, "responses", "openai")[
        "tool_choice"
    ] == {"type": "function", "function": {"name": "n__g"}}
