"""Whatever a client or a backend sends: a request or an error that says why, a well-formed response or a failed one."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile import may_be_whole, replies
from tests.streams import parser
from tests.wire.exchanges import EXCHANGES, Exchange, events_of
from tests.wire.responses.heard import heard
from tests.wire.responses.test_write_reply import whole, written
from tests.wires import NAMES
from toolbridge.errors import RequestError
from toolbridge.events import Error, Finish, collect
from toolbridge.limits import Limits
from toolbridge.translate import StreamTranslator
from toolbridge.wire import backend_wire, wire
from toolbridge.wire.codec import write_json
from toolbridge.wire.responses.read_request import read_request

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}}


@pytest.mark.parametrize("one", EXCHANGES, ids=lambda one: one.name)
def test_a_golden_reply_of_any_backend_says_the_same(one: Exchange) -> None:
    events = events_of(one.wire, [one.reply], stream=one.stream)
    reply, streamed = collect(events), heard(written(*events))
    if reply.error:
        assert (streamed.status, streamed.error is None) == ("failed", False)
        assert whole(*events)["error"]["message"] == reply.error.message
        return
    calls = [(call.id, call.name, call.arguments_json) for call in reply.tool_calls]
    assert (streamed.text, streamed.reasoning, streamed.calls) == (reply.content, reply.reasoning, calls)
    items = [{name: value for name, value in item.items() if name != "id"} for item in streamed.output]
    assert [{name: value for name, value in item.items() if name != "id"} for item in whole(*events)["output"]] == items


@pytest.mark.parametrize("source", ["ollama", "openai"])
@pytest.mark.parametrize("reads", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_any_reply_is_a_well_formed_response(source: str, reads: bool, data: st.DataObject) -> None:
    asked, sent = data.draw(st.booleans()), data.draw(st.booleans())
    body = data.draw(replies(source, stream=sent))
    translator = StreamTranslator(
        source,
        "responses",
        parser=parser("xml", release="early" if asked else "whole") if reads else None,
        request=read_request({"model": "m", "input": "hi", "stream": asked, "tools": [TOOL]}),
        stream=asked,
        limits=Limits(frame=100_000, call=5_000),
    )
    out, at = b"", 0
    for size in data.draw(st.lists(st.integers(1, 400), max_size=12)):
        out += translator.feed(body[at : at + size])
        at += size
    out += translator.feed(body[at:]) + translator.finish()
    assert isinstance(translator.end, Finish | Error)
    if isinstance(translator.end, Finish):
        assert may_be_whole(source, body)
    if asked:
        assert (heard(out).status == "failed") == isinstance(translator.end, Error)
    else:
        assert (json.loads(out)["error"] is not None) == isinstance(translator.end, Error)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["user", "data:x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "name", "text", "a"]), inner),
    max_leaves=6,
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=fields) | VALUES


def listed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | VALUES


TYPES = ["message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "item_reference"]
PART = some(type=st.sampled_from(["input_text", "output_text", "input_image", "x"]), text=VALUES, image_url=VALUES)
ITEM = some(
    type=st.sampled_from(TYPES) | VALUES,
    role=st.sampled_from(["user", "assistant", "developer"]) | VALUES,
    content=listed(PART),
    summary=listed(PART),
    call_id=st.just("call_1") | VALUES,
    name=st.just("f") | VALUES,
    arguments=VALUES,
    input=VALUES,
    output=listed(PART),
)
BODIES = some(
    model=st.just("m") | VALUES,
    input=listed(ITEM),
    instructions=VALUES,
    tools=listed(some(type=st.just("function") | VALUES, name=st.just("f") | VALUES, parameters=VALUES)),
    tool_choice=st.sampled_from(["auto", "none", {"type": "function", "name": "f"}]) | VALUES,
    text=some(format=some(type=st.sampled_from(["json_schema", "text"]) | VALUES, schema=VALUES)),
    reasoning=some(effort=VALUES, summary=VALUES),
    stream=VALUES,
    include=VALUES,
    metadata=VALUES,
    max_output_tokens=VALUES,
    previous_response_id=st.none() | VALUES,
)


@given(BODIES)
def test_any_body_is_a_request_or_a_request_error(body: Any) -> None:
    try:
        request = read_request(body)
    except RequestError:
        return
    for target in NAMES:
        try:
            out = write_json(backend_wire(target).write_request(request))
        except RequestError:
            continue
        assert isinstance(json.loads(out, parse_constant=pytest.fail), dict)
    writer = wire("responses").writer(request=request, clock=lambda: 0.0, ids=lambda: "call_1")
    out = writer.feed([Finish()]) + writer.finish()
    if request.stream:
        assert heard(out).status == "completed"
    else:
        assert json.loads(out, parse_constant=pytest.fail)["status"] == "completed"
