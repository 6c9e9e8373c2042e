"""A summary in place of a conversation: how it is asked for, written and read again."""

from typing import Any

import pytest

from tests.wire.exchanges import NOW
from tests.wire.responses.heard import heard
from toolbridge.errors import BackendError, RequestError
from toolbridge.events import ContentDelta, Error, Event, Finish, ReasoningDelta, ReplyStart, Usage
from toolbridge.messages import ChatRequest, Message, ToolChoice
from toolbridge.wire import wire
from toolbridge.wire.codec import object_of
from toolbridge.wire.responses.compaction import at_path
from toolbridge.wire.responses.read_request import read_request

ASKED: Any = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Mend a.py."}]}
SAID: Any = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}]}
TRIGGER = {"type": "compaction_trigger"}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}
SUMMARY = 'a.py: "mended"\nNext: b.py.'
REPLY: list[Event] = [ReplyStart("r"), ReasoningDelta("Hm."), ContentDelta(SUMMARY[:9]), ContentDelta(SUMMARY[9:])]


def read(*items: Any, **fields: Any) -> ChatRequest:
    return read_request({"model": "m", "input": list(items)} | fields)


def written(request: ChatRequest, *events: Event) -> bytes:
    one = wire("responses").writer(request=request, clock=lambda: NOW, ids=lambda: "call_new")
    return one.feed(events) + one.finish()


def test_a_trigger_asks_for_a_summary_without_tools() -> None:
    request = read(ASKED, SAID, TRIGGER, tools=[TOOL, {"type": "web_search"}], tool_choice="required", stream=True)
    assert (request.tools, request.tool_choice, request.dropped, request.stream) == ((), ToolChoice(), (), True)
    *before, last = request.messages
    assert before == [Message("user", "Mend a.py."), Message("assistant", "Done.")]
    assert last.role == "user"
    assert last.content.startswith("Summarise this conversation")


def test_the_question_joins_the_last_turn_of_the_user() -> None:
    (only,) = read(ASKED, TRIGGER).messages
    assert only.content.startswith("Mend a.py.\n\nSummarise")


def test_a_trigger_of_the_past_asks_for_nothing() -> None:
    request = read(ASKED, TRIGGER, SAID, ASKED, tools=[TOOL])
    assert len(request.messages) == 3
    assert len(request.tools) == 1


def test_the_answer_is_one_item() -> None:
    request = read(ASKED, TRIGGER, stream=True)
    response = heard(written(request, *REPLY, Finish("stop", Usage(9, 5))))
    (item,) = response.output
    assert (response.status, item["type"]) == ("completed", "compaction")
    assert "response.output_text.delta" not in response.kinds
    (summary,) = read(item).messages
    assert summary == Message("user", f"This is a summary of the conversation so far:\n\n{SUMMARY}")


def test_in_one_piece_it_is_a_response_too() -> None:
    response = object_of(written(read(ASKED, TRIGGER), *REPLY, Finish("stop")))
    assert [item["type"] for item in response["output"]] == ["compaction"]


def test_at_its_own_path_the_users_messages_stand_before_it() -> None:
    body = at_path({"model": "m", "input": [ASKED, SAID, ASKED], "stream": True})
    out = object_of(written(read_request(body), *REPLY, Finish("stop", Usage(9, 5))))
    assert (out["object"], out["usage"]["input_tokens"]) == ("response.compaction", 9)
    assert [item["type"] for item in out["output"]] == ["message", "message", "compaction"]
    assert out["output"][0]["content"] == ASKED["content"]


@pytest.mark.parametrize(
    ("given", "items"),
    [
        ("hi", [{"role": "user", "content": "hi"}, TRIGGER]),
        ([ASKED], [ASKED, TRIGGER]),
        (None, None),
        ("", ""),
        (5, 5),
    ],
)
def test_a_body_of_that_path_gets_the_trigger(given: Any, items: Any) -> None:
    assert at_path({"model": "m", "input": given})["input"] == items


def test_a_conversation_that_is_kept_needs_no_input() -> None:
    assert at_path({"model": "m", "previous_response_id": "resp_1"})["input"] == [TRIGGER]


@pytest.mark.parametrize("end", [Finish("stop"), Error("out of memory")])
def test_without_a_summary_there_is_an_error_and_no_empty_conversation(end: Event) -> None:
    response = heard(written(read(ASKED, TRIGGER, stream=True), ReplyStart("r"), ReasoningDelta("Hm."), end))
    assert response.status == "failed"
    if isinstance(end, Finish):
        with pytest.raises(BackendError, match="the model wrote no summary"):
            written(read(ASKED, TRIGGER), ReplyStart("r"), end)


def test_a_summary_that_was_cut_is_an_error() -> None:
    with pytest.raises(BackendError, match="longer than the limit"):
        written(read(ASKED, TRIGGER), *REPLY, Finish("length"))
    assert heard(written(read(ASKED, TRIGGER, stream=True), *REPLY, Finish("length"))).status == "incomplete"


def test_a_summary_of_another_server_cannot_be_read() -> None:
    for kind in ("compaction", "compaction_summary"):
        with pytest.raises(RequestError, match=r"^input\[0\]: only the server that wrote this compaction can read it"):
            read({"type": kind, "encrypted_content": "gAAAAAB"}, ASKED)
