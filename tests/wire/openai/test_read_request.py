"""`/v1/chat/completions` bodies, as OpenAI's clients send them."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Freeform, Image, Message, ToolChoice
from toolbridge.wire.openai.read_request import read_request

HI = {"role": "user", "content": "Hi"}


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


TOOLS = [tool("f"), tool("g")]


def read(*messages: Any, **fields: Any) -> ChatRequest:
    return read_request({"model": "m", "messages": list(messages or [HI])} | fields)


def test_a_plain_request() -> None:
    assert read() == ChatRequest("m", (Message("user", "Hi"),), source="openai")


@pytest.mark.parametrize(
    ("message", "read_as"),
    [
        pytest.param(
            {"role": "developer", "content": "a"},
            Message("system", "a", extra={"role": "developer"}),
            id="developer is system",
        ),
        pytest.param({"role": "assistant", "content": None}, Message("assistant"), id="null content"),
        pytest.param({"role": "assistant"}, Message("assistant"), id="no content"),
        pytest.param(
            {"role": "assistant", "content": "", "reasoning": "hm"},
            Message("assistant", reasoning="hm"),
            id="reasoning",
        ),
        pytest.param(
            {"role": "assistant", "reasoning": None, "reasoning_content": "hm"},
            Message("assistant", reasoning="hm"),
            id="llama.cpp's name for it",
        ),
        pytest.param(
            {"role": "assistant", "reasoning": "hm", "reasoning_content": "hm"},
            Message("assistant", reasoning="hm"),
            id="both names do not double it",
        ),
        pytest.param(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                ],
            },
            Message("user", "a", (Image("AA==", "image/png"),)),
            id="text and a picture",
        ),
        pytest.param(
            {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "7 C"}]},
            Message("tool", "7 C", tool_call_id="call_1"),
            id="a result in parts keeps its link",
        ),
        pytest.param(
            {"role": "function", "name": "f", "content": "7 C"},
            Message("tool", "7 C", tool_name="f"),
            id="a deprecated result",
        ),
        pytest.param(
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            Message("assistant", tool_calls=(ToolCall("f", "{}"),)),
            id="a deprecated call",
        ),
        pytest.param(
            {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}]},
            Message("assistant", tool_calls=(ToolCall("f", '{"input":"x"}', "c"),)),
            id="a call with free text",
        ),
        pytest.param(
            {"role": "user", "content": "a", "name": "Ann"},
            Message("user", "a", extra={"name": "Ann"}),
            id="other fields",
        ),
    ],
)
def test_messages(message: dict[str, Any], read_as: Message) -> None:
    assert read(message).messages == (read_as,)


def test_a_result_gets_the_name_of_its_call() -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}]
    results = [
        {"role": "tool", "tool_call_id": "call_1", "content": "7 C"},
        {"role": "tool", "tool_call_id": "x", "content": "?"},
    ]
    *_, known, unknown = read({"role": "assistant", "content": "", "tool_calls": calls}, *results).messages
    assert (known.tool_name, unknown.tool_name) == ("f", None)


def test_arguments_stay_the_text_they_are() -> None:
    text = '{"z": 1180591620717411303424,\n "a": 1.10}'
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": text}}]
    assert read({"role": "assistant", "tool_calls": calls}).messages[0].tool_calls[0].arguments_json == text


@pytest.mark.parametrize(
    ("choice", "read_as", "names"),
    [
        ("auto", ToolChoice(), "fg"),
        ("none", ToolChoice("none"), "fg"),
        ("required", ToolChoice("required"), "fg"),
        ("any", ToolChoice("required"), "fg"),
        (None, ToolChoice(), "fg"),
        ({"type": "function", "function": {"name": "g"}}, ToolChoice("required", "g"), "fg"),
        ({"type": "function", "name": "g"}, ToolChoice("required", "g"), "fg"),
        ({"type": "auto"}, ToolChoice(), "fg"),
        ({"type": "custom", "custom": {"name": "g"}}, ToolChoice("required", "g"), "fg"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [tool("g")]}},
            ToolChoice("required"),
            "g",
        ),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}, ToolChoice(), "f"),
    ],
)
def test_tool_choices(choice: Any, read_as: ToolChoice, names: str) -> None:
    request = read(tools=TOOLS, tool_choice=choice)
    assert (request.tool_choice, [one.name for one in request.tools]) == (read_as, list(names))


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "f"}}, "nonsense"])
@pytest.mark.parametrize("tools", [None, []])
def test_a_choice_among_no_tools_is_none(choice: Any, tools: Any) -> None:
    assert read(tools=tools, tool_choice=choice).tool_choice == ToolChoice()


def test_deprecated_functions_are_tools() -> None:
    request = read(functions=[tool("f")["function"]], function_call={"name": "f"})
    assert [one.name for one in request.tools] == ["f"]
    assert request.tool_choice == ToolChoice("required", "f")


def test_tools_of_other_types_are_passed_over() -> None:
    tools = [{"type": "web_search"}, tool("f"), {"type": "mcp", "server_label": "x"}]
    assert [one.name for one in read(tools=tools).tools] == ["f"]


def test_freeform_tools_are_tools() -> None:
    (f, x) = read(tools=[tool("f"), {"type": "custom", "custom": {"name": "x"}}]).tools
    assert (f.freeform, x.name, x.freeform) == (None, "x", Freeform())


def test_the_types_of_tools_that_are_passed_over_are_kept() -> None:
    tools = [{"type": "web_search"}, tool("f"), {"type": "mcp"}, {"type": "web_search"}]
    assert read(tools=tools).dropped == ("web_search", "mcp")
    assert read(tools=[tool("f")]).dropped == ()
    assert read(tools=tools, tool_choice={"type": "mcp"}).tool_choice == ToolChoice("required", "mcp")


def test_parallel_calls_are_allowed_unless_they_are_not() -> None:
    assert read(tools=TOOLS).parallel
    assert read(tools=TOOLS, parallel_tool_calls=None).parallel
    assert not read(tools=TOOLS, parallel_tool_calls=False).parallel


def test_streaming_and_usage_are_off_unless_asked_for() -> None:
    assert not read().stream
    assert not read(stream=None, stream_options=None).include_usage
    request = read(stream=True, stream_options={"include_usage": True})
    assert (request.stream, request.include_usage) == (True, True)


def test_sampling() -> None:
    fields = {"temperature": 0, "top_p": 1, "seed": 5.0, "max_tokens": 9, "stop": "X", "top_k": 4, "logprobs": True}
    assert read(**fields, frequency_penalty=None).sampling == fields | {"stop": ["X"], "seed": 5}
    assert read(stop=["X", "Y"]).sampling == {"stop": ["X", "Y"]}
    assert read(stop=[]).sampling == {}


def test_the_newer_name_of_max_tokens_wins() -> None:
    assert read(max_tokens=5, max_completion_tokens=9).sampling == {"max_tokens": 9}
    assert read(max_tokens=5, max_completion_tokens=None).sampling == {"max_tokens": 5}


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, "json"),
        ({"type": "JSON_object "}, "json"),
        ({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}, {"type": "object"}),
        ({"type": "json_schema", "schema": {"type": "object"}}, {"type": "object"}),
        ({"type": "json_object", "schema": {"type": "object"}}, {"type": "object"}),
        ({"type": "json_schema", "json_schema": {"name": "n"}}, "json"),
        ({"type": "grammar", "grammar": "root ::= x"}, None),
    ],
)
def test_formats(value: Any, read_as: Any) -> None:
    assert read(response_format=value).format == read_as


@pytest.mark.parametrize(
    ("fields", "think", "extra"),
    [
        ({}, None, {}),
        ({"reasoning_effort": None}, None, {}),
        ({"reasoning_effort": "none"}, False, {}),
        ({"reasoning_effort": "xhigh"}, "xhigh", {}),
        ({"reasoning_effort": "low", "reasoning": {"effort": "high"}}, "high", {}),
        ({"reasoning": {"max_tokens": 9}}, None, {"reasoning": {"max_tokens": 9}}),
    ],
)
def test_efforts(fields: dict[str, Any], think: Any, extra: dict[str, Any]) -> None:
    request = read(**fields)
    assert (request.think, request.extra) == (think, extra)


def test_pictures_on_the_web_and_sound_are_for_the_server_to_look_up_and_to_hear() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
    picture = {"type": "image_url", "image_url": {"url": "https://e.x/a.png", "detail": "low"}}
    (message,) = read(messages=[{"role": "user", "content": [{"type": "text", "text": "a"}, sound, picture]}]).messages
    assert message == Message("user", "a", (Image(url="https://e.x/a.png", detail="low"),), parts=(sound,))


def test_other_wishes_for_the_stream_are_kept() -> None:
    wishes = {"include_usage": True, "include_obfuscation": False}
    request = read(stream=True, stream_options=wishes)
    assert (request.include_usage, request.extra) == (True, {"stream_options": {"include_obfuscation": False}})


def test_a_body_without_messages_is_told_to_send_them() -> None:
    with pytest.raises(RequestError, match="messages is required: send a list of at least one"):
        read_request({"model": "m"})


def test_other_fields_are_kept() -> None:
    assert read(user="ann", metadata={"a": 1}, n=1).extra == {"user": "ann", "metadata": {"a": 1}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": ""}, "model is required"),
        ({"messages": []}, r"\[\] is too short - 'messages'"),
        ({"messages": None}, r"\[\] is too short - 'messages'"),
        ({"messages": {}}, "messages must be an array, not an object"),
        (
            {"messages": [{"role": "wizard"}]},
            r"messages\[0\]\.role must be one of system, developer, user, .* not 'wizard'",
        ),
        (
            {"messages": [{"role": "user", "content": 5}]},
            r"messages\[0\]\.content must be a string or an array of parts",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://e.x/a"}}]}]},
            "invalid image input: send a data URI",
        ),
        ({"n": 2}, "n must be 1"),
        ({"stream": 1}, "stream must be true or false, not a number"),
        ({"stream_options": {"include_usage": "yes"}}, r"stream_options\.include_usage must be true or false"),
        ({"temperature": "hot"}, "temperature must be a number, not a string"),
        ({"stop": [5]}, "stop must be a list of strings"),
        ({"max_completion_tokens": "9"}, "max_completion_tokens must be an integer"),
        ({"top_logprobs": -1}, "top_logprobs must be between 0 and 20"),
        ({"tools": [tool("f"), tool("")]}, r"tools\[1\]: the tool needs a name"),
        ({"functions": [{}]}, r"functions\[0\]: the tool has no function"),
        ({"tools": TOOLS, "tool_choice": "perhaps"}, 'tool_choice must be "auto", "none", "required" or an object'),
        ({"tools": TOOLS, "tool_choice": 5}, "tool_choice must be an object, not a number"),
        ({"tools": TOOLS, "tool_choice": {"type": "function"}}, r"tool_choice\.name is required"),
        (
            {"tools": TOOLS, "tool_choice": {"type": "custom", "custom": {"name": "x"}}},
            r"tool_choice\.custom\.name: no tool is called 'x'",
        ),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "x"}}},
            r"tool_choice\.function\.name: no tool is called 'x'",
        ),
        (
            {"tools": TOOLS, "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "x"}}},
            r'tool_choice\.allowed_tools\.mode must be "auto" or "required"',
        ),
        ({"response_format": "json"}, "response_format must be an object, not a string"),
        (
            {"reasoning_effort": "huge"},
            "Invalid value: 'huge'. Supported values of reasoning_effort are: 'none', 'minimal'",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_mend(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read(**fields)
