"""The items of `input` as the turns of a conversation."""

from typing import Any

from toolbridge.events import ToolCall
from toolbridge.messages import Image, Message
from toolbridge.wire.responses.read_request import read_request

CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'}
SECOND = CALL | {"call_id": "call_2", "name": "g", "arguments": ""}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "4 degrees"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]}
SAID = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Looking."}]}
MADE = ToolCall("f", '{"a":1}', "call_1")


def messages(*items: Any) -> list[Message]:
    return list(read_request({"model": "m", "input": list(items)}).messages)


def test_what_a_model_did_in_a_turn_is_one_message() -> None:
    later = RESULT | {"call_id": "call_2", "output": [{"type": "input_text", "text": "5"}]}
    assert messages(THOUGHT, SAID, CALL, SECOND, RESULT, later, SAID) == [
        Message("assistant", "Looking.", reasoning="Hm.", tool_calls=(MADE, ToolCall("g", "{}", "call_2"))),
        Message("tool", "4 degrees", tool_call_id="call_1", tool_name="f"),
        Message("tool", "5", tool_call_id="call_2", tool_name="g"),
        Message("assistant", "Looking."),
    ]


def test_what_is_said_behind_a_call_belongs_to_the_turn_that_waits_for_its_result() -> None:
    (turn, result) = messages(SAID, CALL, THOUGHT, SAID, RESULT)
    assert turn == Message("assistant", "Looking.\n\nLooking.", reasoning="Hm.", tool_calls=(MADE,))
    assert result.tool_call_id == "call_1"


def test_two_answers_without_a_call_are_two_turns() -> None:
    assert messages(SAID, SAID, THOUGHT, SAID) == [
        Message("assistant", "Looking."),
        Message("assistant", "Looking."),
        Message("assistant", "Looking.", reasoning="Hm."),
    ]


def test_a_result_may_hold_pictures() -> None:
    output = [
        {"type": "input_text", "text": "Here:"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
    ]
    result = messages(CALL, RESULT | {"output": output})[1]
    assert (result.content, [image.data for image in result.images]) == ("Here:", ["iVBORw0KGgo="])


def test_a_picture_on_the_web_is_left_to_the_backend() -> None:
    (turn,) = messages({"role": "user", "content": [{"type": "input_image", "image_url": "https://a.example/b.png"}]})
    assert turn.images == (Image(url="https://a.example/b.png"),)


def test_thoughts_are_read_where_they_can_be() -> None:
    both = THOUGHT | {"content": [{"type": "reasoning_text", "text": "Hm."}, {"type": "reasoning_text", "text": "So."}]}
    assert messages(both, SAID)[0].reasoning == "Hm.\n\nSo."
    sealed: dict[str, Any] = {"type": "reasoning", "summary": [], "encrypted_content": "gAAAAABo", "content": None}
    assert messages(sealed, SAID)[0].reasoning == ""


def test_calls_of_custom_tools_carry_their_input() -> None:
    call = {"type": "custom_tool_call", "call_id": "call_1", "name": "apply_patch", "input": "*** Begin"}
    result = {"type": "custom_tool_call_output", "call_id": "call_1", "output": "Done."}
    assert messages(call, result) == [
        Message("assistant", tool_calls=(ToolCall("apply_patch", '{"input":"*** Begin"}', "call_1"),)),
        Message("tool", "Done.", tool_call_id="call_1", tool_name="apply_patch"),
    ]


def test_a_call_that_was_cut_is_carried_on() -> None:
    (turn,) = messages(CALL | {"arguments": '{"a":', "status": "incomplete"})
    assert turn.tool_calls[0].arguments == {"arguments": '{"a":'}
