"""The bodies that OpenAI-compatible backends get."""

from typing import Any

import pytest

from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.wire.openai.read_request import read_request
from toolbridge.wire.openai.write_request import write_request


def test_nothing_is_invented() -> None:
    assert write_request(ChatRequest("m", (Message("user", "Hi"),))) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": False,
    }


def test_a_stream_is_asked_for_its_usage() -> None:
    assert write_request(ChatRequest("m", stream=True))["stream_options"] == {"include_usage": True}


def calls(*names: str, ids: tuple[str | None, ...] = ()) -> Message:
    call_ids = [*ids, *[None] * len(names)]
    return Message(
        "assistant", tool_calls=tuple(ToolCall(name, "{}", one) for name, one in zip(names, call_ids, strict=False))
    )


def links(*messages: Message) -> list[Any]:
    """The ids of the calls, and those that the results point to."""
    body = write_request(ChatRequest("m", messages))
    return [
        [call["id"] for call in message["tool_calls"]] if "tool_calls" in message else message.get("tool_call_id")
        for message in body["messages"]
        if message["role"] != "user"
    ]


def result(name: str | None = None, call_id: str | None = None) -> Message:
    return Message("tool", "7 C", tool_call_id=call_id, tool_name=name)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([calls("f", ids=("a",)), result(call_id="a")], [["a"], "a"], id="ids that are there stay"),
        pytest.param([calls("f"), result("f")], [["call_1"], "call_1"], id="ids are invented"),
        pytest.param(
            [calls("f", "g"), result("g"), result("f")],
            [["call_1", "call_2"], "call_2", "call_1"],
            id="matched by name",
        ),
        pytest.param(
            [calls("f", "f"), result("f"), result("f")], [["call_1", "call_2"], "call_1", "call_2"], id="then by order"
        ),
        pytest.param(
            [calls("f", "g"), result(), result()], [["call_1", "call_2"], "call_1", "call_2"], id="or by order alone"
        ),
        pytest.param([calls("f"), result("x")], [["call_1"], "call_1"], id="a name that no call has"),
        pytest.param(
            [calls("f"), result(), calls("f"), result()], [["call_1"], "call_1", ["call_2"], "call_2"], id="two turns"
        ),
        pytest.param(
            [calls("f", "g", ids=("call_1",)), result(), result()],
            [["call_1", "call_2"], "call_1", "call_2"],
            id="none twice",
        ),
        pytest.param([calls("f", ids=("a",)), result(call_id="b")], [["a"], "b"], id="an id that no call has"),
        pytest.param([result()], [None], id="a result without a call"),
        pytest.param(
            [calls("f", ids=("a",)), result(call_id="a"), calls("f", ids=("a",)), result("f")],
            [["a"], "a", ["a"], "a"],
            id="an id that comes again",
        ),
    ],
)
def test_calls_and_results_are_linked_by_ids(messages: list[Message], expected: list[Any]) -> None:
    assert links(*messages) == expected


def test_messages() -> None:
    messages = (
        Message("assistant", "", reasoning="hm", tool_calls=(ToolCall("f", '{"n": 1180591620717411303424}', "a"),)),
        Message("tool", "7 C", tool_call_id="a", tool_name="f"),
        Message("tool", "8 C", tool_call_id="b", tool_name="g"),
        Message("user", "Look.", (Image("iVBORw0KGgo="), Image("AA==", "image/webp"), Image(url="https://e.x/a.png"))),
        Message("user", images=(Image("AA=="),), extra={"name": "Ann"}),
    )
    assert write_request(ChatRequest("m", messages))["messages"] == [
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "hm",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"n": 1180591620717411303424}'}}
            ],
        },
        {"role": "tool", "content": "7 C", "tool_call_id": "a"},
        {"role": "tool", "content": "8 C", "tool_call_id": "b", "name": "g"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look."},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
                {"type": "image_url", "image_url": {"url": "data:image/webp;base64,AA=="}},
                {"type": "image_url", "image_url": {"url": "https://e.x/a.png"}},
            ],
        },
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]},
    ]


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (ToolChoice(), None),
        (ToolChoice("none"), "none"),
        (ToolChoice("required"), "required"),
        (ToolChoice("required", "f"), {"type": "function", "function": {"name": "f"}}),
    ],
)
def test_tool_choices(choice: ToolChoice, written: Any) -> None:
    body = write_request(ChatRequest("m", tools=(Tool("f"),), tool_choice=choice, parallel=False))
    assert body.get("tool_choice") == written
    assert body["parallel_tool_calls"] is False
    assert "tool_choice" not in write_request(ChatRequest("m", tool_choice=choice, parallel=False))


def test_what_only_some_servers_know_is_sent_only_if_the_client_sent_it() -> None:
    sampling = {"temperature": 0.5, "top_k": 4, "max_tokens": -1, "stop": []}
    from_ollama = write_request(ChatRequest("m", sampling=sampling, source="ollama", extra={"keep_alive": "5m"}))
    assert from_ollama == {"model": "m", "messages": [], "stream": False, "temperature": 0.5}
    own = write_request(ChatRequest("m", sampling=sampling, source="openai", extra={"user": "ann"}))
    assert own == from_ollama | {"top_k": 4, "user": "ann"}


def test_max_tokens_keeps_the_name_that_the_client_used() -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        body = write_request(read_request({"model": "m", "messages": [{"role": "user", "content": "a"}], name: 9}))
        assert {key: value for key, value in body.items() if key.startswith("max")} == {name: 9}


@pytest.mark.parametrize(("think", "effort"), [(True, "medium"), (False, "none"), ("max", "max"), ("low", "low")])
def test_thinking(think: Any, effort: str) -> None:
    assert write_request(ChatRequest("m", think=think))["reasoning_effort"] == effort


CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "object", "additionalProperties": False}}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("json", {"type": "json_object"}),
        (
            {"type": "object"},
            {"type": "json_schema", "json_schema": {"name": "schema", "schema": {"type": "object"}}},
        ),
        (CLOSED, {"type": "json_schema", "json_schema": {"name": "schema", "strict": True, "schema": CLOSED}}),
    ],
)
def test_formats(wanted: Any, written: dict[str, Any]) -> None:
    assert write_request(ChatRequest("m", format=wanted))["response_format"] == written


@pytest.mark.parametrize(
    "response_format",
    [
        {"type": "json_schema", "json_schema": {"name": "mine", "strict": False, "schema": {"type": "object"}}},
        {"type": "json_object"},
        {"type": "text"},
        {"type": "grammar", "grammar": "root ::= x"},
    ],
)
def test_a_format_of_this_wire_comes_back(response_format: dict[str, Any]) -> None:
    request = read_request(
        {"model": "m", "messages": [{"role": "user", "content": "a"}], "response_format": response_format}
    )
    assert write_request(request)["response_format"] == response_format


@pytest.mark.parametrize(
    "more",
    [
        {"required": []},
        {"additionalProperties": True},
        {"properties": {"a": {"anyOf": [{"type": "object"}, {"type": "null"}]}}},
        {"$defs": {"b": {"type": "object", "properties": {"c": {}}, "additionalProperties": False}}},
    ],
)
def test_a_schema_that_leaves_something_open_is_not_called_strict(more: dict[str, Any]) -> None:
    written = write_request(ChatRequest("m", format=CLOSED | more))["response_format"]["json_schema"]
    assert "strict" not in written


def test_pictures_of_results_move_to_the_next_user_turn_and_say_how_closely_to_look() -> None:
    messages = (
        calls("f", "g"),
        Message("tool", "", (Image("iVBORw0KGgo="),), tool_name="f"),
        Message("tool", "8", (Image(url="https://e.x/a.png", detail="low"),), tool_name="g"),
        Message("user", "And?", parts=({"type": "file", "file": {"file_id": "a"}},)),
    )
    _, first, second, user = write_request(ChatRequest("m", messages))["messages"]
    assert first["content"]
    assert (second["role"], second["content"]) == ("tool", "8")
    assert user["content"] == [
        {"type": "text", "text": "And?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": "https://e.x/a.png", "detail": "low"}},
        {"type": "file", "file": {"file_id": "a"}},
    ]
    assert write_request(ChatRequest("m", messages[:2]))["messages"][-1]["role"] == "user"
