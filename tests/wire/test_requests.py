"""Requests of every wire: there and back, from one to the other, and bodies that nobody should send."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import EXCHANGES, Exchange
from tests.wire.requests import anthropic_requests, ollama_requests, openai_requests
from tests.wires import NAMES
from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest
from toolbridge.wire import backend_wire, wire
from toolbridge.wire.codec import write_json
from toolbridge.wire.request_json import read_json


@given(ollama_requests())
def test_an_ollama_request_is_read_as_it_was_written(request: ChatRequest) -> None:
    one = backend_wire("ollama")
    assert one.read_request(read_json(write_json(one.write_request(request)))) == request


@given(openai_requests(own=True))
def test_an_openai_request_is_read_as_it_was_written(request: ChatRequest) -> None:
    one = backend_wire("openai")
    assert one.read_request(read_json(write_json(one.write_request(request)))) == request


@given(anthropic_requests())
def test_an_anthropic_request_is_read_as_it_was_written(request: ChatRequest) -> None:
    one = backend_wire("anthropic")
    assert one.read_request(read_json(write_json(one.write_request(request)))) == request


@pytest.mark.parametrize("target", ["ollama", "openai"])
@given(request=anthropic_requests())
def test_an_anthropic_request_says_the_same_to_a_backend_of_another_wire(target: str, request: ChatRequest) -> None:
    again = wire(target).read_request(read_json(write_json(backend_wire(target).write_request(request))))
    messages = [
        message for message in again.messages if message.content or message.tool_calls or message.role == "tool"
    ]
    assert [call for message in messages for call in message.tool_calls] == [
        call for message in request.messages for call in message.tool_calls
    ]
    results = [message for message in request.messages if message.role == "tool"]
    assert [(message.tool_call_id, message.tool_name) for message in messages if message.role == "tool"] == [
        (message.tool_call_id, message.tool_name) for message in results
    ]
    assert sum(len(message.images) for message in again.messages) == sum(
        len(message.images) for message in request.messages
    )
    known = {"temperature", "top_p", "stop", "max_tokens"} | ({"top_k"} if target == "ollama" else set())
    assert again.sampling == {name: value for name, value in request.sampling.items() if name in known}
    assert again.format == request.format
    assert again.stream == request.stream


@pytest.mark.parametrize("make", [ollama_requests, openai_requests])
@given(data=st.data())
def test_any_request_can_be_put_to_a_backend_of_anthropics_wire(make: Any, data: st.DataObject) -> None:
    request = data.draw(make())
    again = wire("anthropic").read_request(read_json(write_json(backend_wire("anthropic").write_request(request))))
    assert [call.name for message in again.messages for call in message.tool_calls] == [
        call.name for message in request.messages for call in message.tool_calls
    ]
    told = "\n\n".join(message.content for message in again.messages)
    assert all(message.content in told for message in request.messages)
    assert [tool.name for tool in again.tools] == [tool.name for tool in request.tools]
    assert (again.tool_choice, again.parallel) == (request.tool_choice, request.parallel)


@given(openai_requests())
def test_an_openai_request_says_the_same_to_an_ollama_backend(request: ChatRequest) -> None:
    again = wire("ollama").read_request(read_json(write_json(backend_wire("ollama").write_request(request))))
    assert [(message.role, message.content, message.tool_calls) for message in again.messages] == [
        (message.role, message.content, message.tool_calls) for message in request.messages
    ]
    assert again.sampling == request.sampling
    assert (again.stream, again.format) == (request.stream, request.format)
    assert again.extra == {}


@given(ollama_requests())
def test_an_ollama_request_gives_an_openai_backend_ids_that_match(request: ChatRequest) -> None:
    body = backend_wire("openai").write_request(request)
    known = {call.id for message in request.messages for call in message.tool_calls if call.id}
    calls = [call["id"] for message in body["messages"] for call in message.get("tool_calls", ())]
    assert all(calls)
    assert len(set(calls) - known) == sum(not call.id for message in request.messages for call in message.tool_calls)


@pytest.mark.parametrize("one", EXCHANGES, ids=lambda one: one.name)
def test_a_golden_request_is_read_as_it_was_written(one: Exchange) -> None:
    body = backend_wire(one.wire).write_request(wire(one.wire).read_request(one.body))
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
SOURCE = some(
    type=st.sampled_from(["base64", "url", "text", "content"]) | VALUES, data=VALUES, url=VALUES, content=VALUES
)
PART = some(type=st.sampled_from(["text", "image_url", "x"]), text=VALUES, image_url=VALUES) | some(
    type=st.sampled_from(["tool_use", "tool_result", "image", "document", "thinking"]),
    id=st.just("c") | VALUES,
    name=st.just("f") | VALUES,
    input=VALUES,
    tool_use_id=st.just("c") | VALUES,
    content=VALUES,
    source=SOURCE,
    thinking=VALUES,
)
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
    tool_choice=st.sampled_from(["auto", "none", "any"]) | CHOICE | some(type=VALUES, name=VALUES),
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
    max_tokens=st.just(9) | VALUES,
    system=listed(PART),
    thinking=some(type=st.sampled_from(["enabled", "adaptive"]) | VALUES),
    output_config=some(effort=VALUES, format=some(schema=VALUES)),
)


@pytest.mark.parametrize("name", NAMES)
@given(body=BODIES)
def test_any_body_is_a_request_or_a_request_error(name: str, body: Any) -> None:
    try:
        request = wire(name).read_request(body)
    except RequestError:
        return
    for target in NAMES:
        try:
            out = write_json(backend_wire(target).write_request(request))
        except RequestError:
            assert name != target
            continue
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
    message: dict[str, Any] = {"role": "assistant", "tool_calls": calls}
    if name == "anthropic":
        message = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": deep}]}
    with pytest.raises(RequestError, match="nested too deeply"):
        wire(name).read_request({"model": "m", "max_tokens": 1, "messages": [message]})
    while deep:  # unwound by hand: dropping it would recurse as deep
        deep = deep.pop("a")
