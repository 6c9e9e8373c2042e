"""A conversation in our own words: what its types promise to those that read and write them."""

from dataclasses import FrozenInstanceError

import pytest

from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice

HELLO = Message("user", "hi")
CALL = Message("assistant", tool_calls=(ToolCall("now"),))
RESULT = Message("tool", "12:00", tool_name="now")


@pytest.mark.parametrize(
    ("messages", "has"),
    [((), False), ((HELLO,), False), ((HELLO, CALL), True), ((RESULT,), True), ((HELLO, CALL, RESULT, HELLO), True)],
)
def test_a_past_call_and_a_past_result_are_tool_history(messages: tuple[Message, ...], has: bool) -> None:
    assert ChatRequest("m", messages).has_tool_history is has


def test_offered_tools_alone_are_no_tool_history() -> None:
    assert not ChatRequest("m", (HELLO,), (Tool("now"),)).has_tool_history


def test_a_request_demands_nothing_that_its_client_left_out() -> None:
    """An absent field stays absent: a backend's own default is to hold."""
    request = ChatRequest("m")
    assert request.tool_choice == ToolChoice("auto")
    assert request.parallel
    assert not request.sampling
    assert (request.format, request.think) == (None, None)


def test_requests_share_no_mapping_that_one_of_them_could_change() -> None:
    first, second = ChatRequest("m"), ChatRequest("m")
    assert first.sampling is not second.sampling
    assert Tool("a").parameters is not Tool("b").parameters


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        HELLO.content = "other"  # type: ignore[misc]  # frozen: this is what is tested
