"""Requests of other wires, put to a backend of Anthropic's."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.wire.anthropic.write_request import write_request

HI = Message("user", "Hi")


def write(*messages: Message, **fields: Any) -> dict[str, Any]:
    return write_request(ChatRequest("m", messages or (HI,), source=fields.pop("source", "ollama"), **fields))


def test_system_messages_at_the_beginning_are_the_system_prompt_and_later_ones_are_said_by_the_user() -> None:
    body = write(Message("system", "One."), Message("system", "Two."), HI, Message("system", "Three."))
    assert body["system"] == "One.\n\nTwo."
    assert body["messages"] == [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Three."}]


def test_results_of_a_run_are_one_turn_with_what_the_user_says_next() -> None:
    calls = (ToolCall("now", '{"b":1,"a":18446744073709551616}'), ToolCall("there"))
    body = write(
        HI,
        Message("assistant", tool_calls=calls),
        Message("tool", "noon", tool_name="now"),
        Message("tool", "gone", is_error=True),
        Message("user", "And?"),
    )
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "call_1", "name": "now", "input": {"b": 1, "a": 2**64}},
                {"type": "tool_use", "id": "call_2", "name": "there", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "noon"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "gone", "is_error": True},
                {"type": "text", "text": "And?"},
            ],
        },
    ]


def test_a_result_that_belongs_to_no_call_is_said_by_the_user() -> None:
    assert write(HI, Message("tool", "noon"))["messages"][1] == {"role": "user", "content": "noon"}


def test_results_at_the_end_and_before_an_answer_have_a_turn_of_their_own() -> None:
    call, found = Message("assistant", tool_calls=(ToolCall("f", "{}", "c"),)), Message("tool", "x", tool_call_id="c")
    for more, roles in (((), ["user"]), ((Message("assistant", "Done."),), ["user", "assistant"])):
        assert [turn["role"] for turn in write(HI, call, found, *more)["messages"][2:]] == roles


def test_pictures_say_what_they_are() -> None:
    images = (Image("/9j/4AAQ"), Image("AAAA", "image/gif"), Image(url="https://e.x/a.png"))
    (message,) = write(Message("user", "See", images))["messages"]
    assert message["content"] == [
        {"type": "text", "text": "See"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4AAQ"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "AAAA"}},
        {"type": "image", "source": {"type": "url", "url": "https://e.x/a.png"}},
    ]


def test_pictures_of_the_system_are_shown_by_the_user() -> None:
    body = write(Message("system", "Look.", (Image("/9j/4AAQ"),)), HI)
    assert body["messages"][0]["content"][0]["type"] == "image"


def test_tools_and_the_choice_among_them() -> None:
    tools = (Tool("now", "The time.", strict=True), Tool("there", parameters={"type": "object", "title": "T"}))
    body = write(tools=tools, tool_choice=ToolChoice("required", "now"), parallel=False)
    assert body["tools"] == [
        {
            "name": "now",
            "description": "The time.",
            "input_schema": {"type": "object", "properties": {}},
            "strict": True,
        },
        {"name": "there", "input_schema": {"type": "object", "title": "T"}},
    ]
    assert body["tool_choice"] == {"type": "tool", "name": "now", "disable_parallel_tool_use": True}
    assert write(tools=tools, tool_choice=ToolChoice("required"))["tool_choice"] == {"type": "any"}
    assert "tool_choice" not in write()


@pytest.mark.parametrize(("sampling", "most"), [({}, 4096), ({"max_tokens": -1}, 4096), ({"max_tokens": 7}, 7)])
def test_a_reply_has_a_length_always(sampling: dict[str, int], most: int) -> None:
    assert write(sampling=sampling | {"seed": 1, "stop": []}) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": False,
        "max_tokens": most,
    }


@pytest.mark.parametrize(
    ("think", "written"),
    [
        (False, {"thinking": {"type": "disabled"}, "max_tokens": 4096}),
        (True, {"thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 4096}),
        ("minimal", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}, "max_tokens": 4096}),
        ("high", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}, "max_tokens": 4096}),
    ],
)
def test_thinking(think: Any, written: dict[str, Any]) -> None:
    body = write(think=think)
    assert {name: body[name] for name in ("thinking", "output_config", "max_tokens") if name in body} == written


def test_a_budget_for_thinking_leaves_room_for_the_answer() -> None:
    body = write(think=True, sampling={"max_tokens": 100})
    assert (body["thinking"]["budget_tokens"], body["max_tokens"]) == (1024, 2048)


def test_the_form_of_the_answer() -> None:
    assert write(format="json")["output_config"] == {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    schema = {"type": "object", "title": "T"}
    body = write(format=schema, think="low")
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": schema}}


def test_what_has_no_place_on_this_wire_is_refused() -> None:
    with pytest.raises(RequestError, match="'input_audio'"):
        write(Message("user", parts=({"type": "input_audio"},)))
    with pytest.raises(RequestError, match="past call of 'f'"):
        write(Message("assistant", tool_calls=(ToolCall("f", "{", "c"),)))


def test_thinking_of_other_models_stays_behind() -> None:
    thoughts = {"thoughts": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}]}
    answer = Message("assistant", "Yes.", reasoning="Hm.", extra=thoughts)
    assert write(HI, answer)["messages"][1] == {"role": "assistant", "content": "Yes."}
    own = write(HI, answer, source="anthropic")["messages"][1]["content"]
    assert own == [*thoughts["thoughts"], {"type": "text", "text": "Yes."}]
