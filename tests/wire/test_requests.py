"""Requests of every wire: there and back, from one to the other, and bodies that nobody should send."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import EXCHANGES, Exchange
from tests.wire.requests import ollama_requests, openai_requests
from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest
from toolbridge.wire import NAMES, wire
from toolbridge.wire.codec import read_body, write_json


@given(ollama_requests())
def test_an_ollama_request_is_read_as_it_was_written(request: ChatRequest) -> None:
    one = wire("ollama")
    assert one.read_request(read_body(write_json(one.write_request(request)))) == request


@given(openai_requests())
def test_an_openai_request_is_read_as_it_was_written(request: ChatRequest) -> None:
    one = wire("openai")
    assert one.read_request(read_body(write_json(one.write_request(request)))) == request


@given(openai_requests())
def test_an_openai_request_says_the_same_to_an_ollama_backend(request: ChatRequest) -> None:
    again = wire("ollama").read_request(read_body(write_json(wire("ollama").write_request(request))))
    assert [(message.role, message.content, message.tool_calls) for message in again.messages] == [
        (message.role, message.content, message.tool_calls) for message in request.messages
    ]
    assert again.sampling == request.sampling
    assert again.stream == request.stream
    assert again.extra == {}


@given(ollama_requests())
def test_an_ollama_request_gives_an_openai_backend_ids_that_match(request: ChatRequest) -> None:
    body = wire("openai").write_request(request)
    given = {call.id for message in request.messages for call in message.tool_calls if call.id}
    calls = [call["id"] for message in body["messages"] for call in message.get("tool_calls", ())]
    assert all(calls)
    assert len(set(calls) - given) == sum(not call.id for message in request.messages for call in message.tool_calls)


@pytest.mark.parametrize("one", EXCHANGES, ids=lambda one: one.name)
def test_a_golden_request_is_read_as_it_was_written(one: Exchange) -> None:
    body = wire(one.wire).write_request(wire(one.wire).read_request(one.body))
    assert body | one.body == body
    if one.wire == "ollama":
        assert body.keys() == one.body.keys() | {"stream"}


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["user", "data:x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "name", "url", "a"]), inner),
    max_leaves=6,
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=fields) | VALUES


def listed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | VALUES


FUNCTION = some(name=VALUES, arguments=VALUES, parameters=VALUES, description=VALUES)
PART = some(type=st.sampled_from(["text", "image_url", "x"]), text=VALUES, image_url=VALUES)
MESSAGE = some(
    role=st.sampled_from(["user", "Assistant", "tool", "developer", "control"]) | VALUES,
    content=listed(PART),
    images=listed(VALUES),
    thinking=VALUES,
    name=VALUES,
    tool_calls=listed(some(id=VALUES, function=FUNCTION, custom=FUNCTION)),
    function_call=FUNCTION,
    tool_call_id=VALUES,
    tool_name=VALUES,
)
CHOICE = some(
    type=st.sampled_from(["function", "allowed_tools", "custom", "auto"]) | VALUES,
    function=FUNCTION,
    allowed_tools=some(mode=VALUES, tools=listed(some(function=FUNCTION))),
)
BODIES = some(
    model=st.just("m") | VALUES,
    messages=listed(MESSAGE),
    tools=listed(some(type=st.just("function") | VALUES, function=FUNCTION)),
    functions=listed(FUNCTION),
    tool_choice=st.sampled_from(["auto", "none", "any"]) | CHOICE,
    function_call=VALUES,
    options=some(temperature=VALUES, stop=VALUES, num_predict=VALUES, num_ctx=VALUES),
    format=VALUES,
    think=VALUES,
    stream=VALUES,
    stream_options=some(include_usage=VALUES),
    response_format=some(
        type=st.sampled_from(["json_object", "json_schema"]) | VALUES, json_schema=some(schema=VALUES)
    ),
    reasoning=some(effort=VALUES),
    reasoning_effort=VALUES,
    stop=VALUES,
    n=VALUES,
    max_completion_tokens=VALUES,
    top_logprobs=VALUES,
)


@pytest.mark.parametrize("name", NAMES)
@given(body=BODIES)
def test_any_body_is_a_request_or_a_request_error(name: str, body: Any) -> None:
    try:
        request = wire(name).read_request(body)
    except RequestError:
        return
    for target in NAMES:
        out = write_json(wire(target).write_request(request))
        assert isinstance(json.loads(out, parse_constant=pytest.fail), dict)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_a_body_that_is_no_object_is_refused(name: str, body: Any) -> None:
    with pytest.raises(RequestError, match="the body must be an object"):
        wire(name).read_request(body)


@pytest.mark.parametrize("name", NAMES)
def test_arguments_nested_without_end_are_refused(name: str) -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    calls = [{"function": {"name": "f", "arguments": deep}}]
    with pytest.raises(RequestError, match="nested too deeply"):
        wire(name).read_request({"model": "m", "messages": [{"role": "assistant", "tool_calls": calls}]})
    while deep:  # unwound by hand: dropping it would recurse as deep
        deep = deep.pop("a")
