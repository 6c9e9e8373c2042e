"""The `openai` package as the judge of what is written: its types, strictly, and its own assembly of the stream."""

import json
from typing import Any

import openai
import pytest
from openai.types.responses import (
    Response,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseErrorEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)

from tests.wire.responses.heard import events_of
from tests.wire.responses.test_write_reply import CALL, START, writer, written
from tests.wire.test_sdks import openai_client, served
from toolbridge.events import ContentDelta, Error, Event, Finish, ReasoningDelta, ToolCallEnd, Usage
from toolbridge.wire import wire
from toolbridge.wire.responses.read_request import read_request

STREAM, WHOLE = "text/event-stream", "application/json"
TYPES: dict[str, Any] = {
    "error": ResponseErrorEvent,
    "response.output_item.added": ResponseOutputItemAddedEvent,
    "response.output_item.done": ResponseOutputItemDoneEvent,
    "response.content_part.added": ResponseContentPartAddedEvent,
    "response.content_part.done": ResponseContentPartDoneEvent,
    "response.output_text.delta": ResponseTextDeltaEvent,
    "response.output_text.done": ResponseTextDoneEvent,
    "response.function_call_arguments.delta": ResponseFunctionCallArgumentsDeltaEvent,
    "response.function_call_arguments.done": ResponseFunctionCallArgumentsDoneEvent,
    "response.reasoning_summary_part.added": ResponseReasoningSummaryPartAddedEvent,
    "response.reasoning_summary_part.done": ResponseReasoningSummaryPartDoneEvent,
    "response.reasoning_summary_text.delta": ResponseReasoningSummaryTextDeltaEvent,
    "response.reasoning_summary_text.done": ResponseReasoningSummaryTextDoneEvent,
}
ALL: list[Event] = [
    START,
    ReasoningDelta("Hm."),
    ContentDelta("Look"),
    ContentDelta("ing."),
    *CALL,
    Finish("tool_calls", Usage(3, 4)),
]
TOOL: Any = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}


@pytest.mark.parametrize("end", [Finish("stop"), Finish("length"), Error("gone")])
def test_every_event_is_one_of_the_package(end: Event) -> None:
    cut = [*CALL[:2], ToolCallEnd(0, "truncated")] if end == Finish("length") else CALL
    for event in events_of(written(START, ReasoningDelta("Hm."), ContentDelta("a"), *cut, end, tools=[TOOL])):
        if response := event.get("response"):
            Response.model_validate(response, strict=True)
        else:
            TYPES[event["type"]].model_validate(event, strict=True)


def test_a_response_in_one_piece_is_one_of_the_package() -> None:
    one = json.loads(written(*ALL, stream=False, tools=[TOOL], metadata={"a": "b"}))
    response = Response.model_validate(one, strict=True)
    assert response.output_text == "Looking."


def test_the_package_puts_the_stream_together() -> None:
    with (
        served(written(*ALL), STREAM) as url,
        openai_client(url) as client,
        client.responses.stream(model="m", input="hi", tools=[TOOL]) as stream,
    ):
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[-1] == "response.completed"
    assert final.output_text == "Looking."
    thought, _, call = final.output
    assert thought.type == "reasoning"
    assert [part.text for part in thought.summary] == ["Hm."]
    assert call.type == "function_call"
    assert (call.name, call.arguments, call.call_id) == ("f", '{"a":1}', "call_1")
    assert final.usage
    assert final.usage.total_tokens == 7


def test_the_package_reads_it_whole() -> None:
    with served(written(*ALL, stream=False), WHOLE) as url, openai_client(url) as client:
        response = client.responses.create(model="m", input="hi")
    assert (response.status, response.output_text) == ("completed", "Looking.")


def test_an_error_in_the_stream_is_raised_behind_its_text() -> None:
    broken = written(START, ContentDelta("Par"), *CALL[:2], Error("upstream closed the connection"))
    texts: list[str] = []
    with served(broken, STREAM) as url, openai_client(url) as client:
        stream = client.responses.create(model="m", input="hi", stream=True)
        with stream, pytest.raises(openai.APIError, match="upstream closed the connection"):
            texts.extend(event.delta for event in stream if event.type == "response.output_text.delta")
        helper = client.responses.stream(model="m", input="hi")
        with helper as running, pytest.raises(openai.APIError, match="upstream closed the connection"):
            running.get_final_response()
    assert texts == ["Par"]


def test_an_incomplete_stream_is_no_completed_one() -> None:
    cut = written(START, *CALL[:2], ToolCallEnd(0, "truncated"), Finish("length"))
    with (
        served(cut, STREAM) as url,
        openai_client(url) as client,
        client.responses.stream(model="m", input="hi") as stream,
    ):
        last = list(stream)[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details
    assert last.response.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize(
    ("status", "raised"),
    [(400, openai.BadRequestError), (404, openai.NotFoundError), (429, openai.RateLimitError)],
)
def test_the_package_raises_what_an_error_answer_says(status: int, raised: type[openai.APIStatusError]) -> None:
    body = wire("responses").write_error(Error("no such thing", status=status))
    with (
        served(body, WHOLE, status) as url,
        openai_client(url) as client,
        pytest.raises(raised, match="no such thing"),
    ):
        client.responses.create(model="m", input="hi")


def test_what_the_package_sends_back_is_read_as_it_was_made() -> None:
    one = writer(read_request({"model": "m", "input": "hi"}))
    response = Response.model_validate_json(one.feed(ALL) + one.finish())
    items = [item.model_dump(exclude_none=True) for item in response.output]
    result = {"type": "function_call_output", "call_id": "call_1", "output": "4"}
    turn, answer = read_request({"model": "m", "input": [*items, result]}).messages
    assert (turn.content, turn.reasoning) == ("Looking.", "Hm.")
    assert [(call.name, call.arguments, call.id) for call in turn.tool_calls] == [("f", {"a": 1}, "call_1")]
    assert (answer.content, answer.tool_call_id) == ("4", "call_1")
