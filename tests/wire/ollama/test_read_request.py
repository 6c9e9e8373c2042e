"""`/api/chat` bodies, as Ollama's clients send them."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Tool
from toolbridge.wire.ollama.read_request import read_request

HI = {"role": "user", "content": "Hi"}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def body(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages)} | fields


def read(*messages: Any, **fields: Any) -> ChatRequest:
    return read_request(body(*messages, **fields))


def test_a_plain_request() -> None:
    assert read(HI) == ChatRequest("m", (Message("user", "Hi"),), stream=True, source="ollama")


def test_stream_is_on_unless_it_is_said_to_be_off() -> None:
    assert read(HI, stream=None).stream
    assert not read(HI, stream=False).stream


@pytest.mark.parametrize(
    "field", ["messages", "tools", "format", "think", "options", "stream", "keep_alive", "logprobs"]
)
def test_null_is_absent(field: str) -> None:
    request = read_request({"model": "m", field: None})
    assert request == ChatRequest(
        "m", stream=True, source="ollama", extra={"keep_alive": None} if field == "keep_alive" else {}
    )


def test_names_match_in_any_case() -> None:
    request = read_request({"Model": "m", "MESSAGES": [{"Role": "USER", "Content": "Hi"}], "Stream": False})
    assert request == ChatRequest("m", (Message("user", "Hi"),), source="ollama")


@pytest.mark.parametrize(
    ("message", "read_as"),
    [
        pytest.param({"role": "User", "content": "a"}, Message("user", "a"), id="roles in any case"),
        pytest.param({"role": "developer", "content": "a"}, Message("system", "a"), id="developer is system"),
        pytest.param({"role": "assistant"}, Message("assistant"), id="no content (ollama-python, LangChain)"),
        pytest.param({"role": "assistant", "content": None}, Message("assistant"), id="null content (Home Assistant)"),
        pytest.param({"role": "user", "content": "a", "images": []}, Message("user", "a"), id="no images (LiteLLM)"),
        pytest.param(
            {"role": "user", "content": "a", "images": ["AA==", None]},
            Message("user", "a", (Image("AA=="),)),
            id="images in bare base64",
        ),
        pytest.param(
            {"role": "user", "images": ["data:image/png;base64,AA=="]},
            Message("user", images=(Image("AA==", "image/png"),)),
            id="images as data URIs, which Ollama refuses",
        ),
        pytest.param(
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            Message("user", "a\nb"),
            id="content in parts, which Ollama refuses",
        ),
        pytest.param(
            {"role": "assistant", "content": "", "thinking": "hm"}, Message("assistant", reasoning="hm"), id="thinking"
        ),
        pytest.param(
            {"role": "tool", "content": "7 C", "tool_call_id": "call_1"},
            Message("tool", "7 C", tool_call_id="call_1"),
            id="a result with an id (Open WebUI)",
        ),
        pytest.param(
            {"role": "tool", "content": "7 C", "tool_name": "get_weather"},
            Message("tool", "7 C", tool_name="get_weather"),
            id="a result with a name (ollama-python)",
        ),
        pytest.param(
            {"role": "tool", "content": "7 C"}, Message("tool", "7 C"), id="a result with neither (LangChain)"
        ),
        pytest.param(
            {"role": "tool", "content": "7 C", "name": "f"},
            Message("tool", "7 C", tool_name="f"),
            id="a result with OpenAI's name",
        ),
        pytest.param({"role": "user", "content": "a", "x": 1}, Message("user", "a", extra={"x": 1}), id="other fields"),
        pytest.param(
            {"role": "control", "content": "thinking"},
            Message("system", "thinking", extra={"role": "control"}),
            id="Granite's switch for thinking",
        ),
    ],
)
def test_messages(message: dict[str, Any], read_as: Message) -> None:
    assert read(message).messages == (read_as,)


@pytest.mark.parametrize(
    ("call", "read_as"),
    [
        pytest.param({"function": {"name": "f", "arguments": {"a": 1}}}, ToolCall("f", '{"a":1}'), id="no id"),
        pytest.param(
            {"index": 0, "id": "call_1", "function": {"name": "f", "arguments": {}}},
            ToolCall("f", "{}", "call_1"),
            id="an index outside (Open WebUI)",
        ),
        pytest.param(
            {"id": "call_1", "type": "function", "function": {"index": 3, "name": "f", "arguments": {}}},
            ToolCall("f", "{}", "call_1"),
            id="type and index are ignored",
        ),
        pytest.param(
            {"function": {"name": "f", "arguments": '{"a": 1}'}}, ToolCall("f", '{"a": 1}'), id="arguments as text"
        ),
        pytest.param({"function": {"name": "f", "arguments": ""}}, ToolCall("f"), id="empty arguments"),
        pytest.param({"function": {"name": "f"}}, ToolCall("f"), id="no arguments"),
        pytest.param(
            {"function": {"name": "f", "arguments": {"z": 2**70, "a": 1.0}}},
            ToolCall("f", '{"z":1180591620717411303424,"a":1.0}'),
            id="integers of any size, in order",
        ),
    ],
)
def test_past_calls(call: dict[str, Any], read_as: ToolCall) -> None:
    assert read({"role": "assistant", "tool_calls": [call]}).messages[0].tool_calls == (read_as,)


@pytest.mark.parametrize("tools", [[], None])
def test_an_empty_list_of_tools_is_no_tools(tools: Any) -> None:
    assert read(HI, tools=tools).tools == ()


def test_tools_are_read() -> None:
    (tool,) = read(HI, tools=[WEATHER]).tools
    assert tool == Tool("get_weather", parameters=WEATHER["function"]["parameters"])  # type: ignore[index]  # a literal


def test_options_have_our_names_and_the_rest_is_kept() -> None:
    options = {"num_predict": 9, "stop": "X", "top_k": 4.0, "temperature": None, "num_ctx": 4096, "mirostat": None}
    request = read(HI, options=options, logprobs=True, top_logprobs=2, keep_alive="5m")
    asked = {"max_tokens": 9, "stop": ["X"], "top_k": 4, "window": 4096}
    assert request.sampling == asked | {"logprobs": True, "top_logprobs": 2}
    assert request.extra == {"keep_alive": "5m", "options": {"temperature": None, "mirostat": None}}


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_format_is_none(value: Any) -> None:
    assert read(HI, format=value).format is None


@pytest.mark.parametrize("value", ["json", {"type": "object"}])
def test_formats(value: Any) -> None:
    assert read(HI, format=value).format == value


@pytest.mark.parametrize("value", [True, False, "low", "medium", "high", "max"])
def test_thinking(value: Any) -> None:
    assert read(HI, think=value).think == value


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": None}, "model is required"),
        ({"model": ""}, "model is required"),
        ({"model": 5}, "model must be a string, not a number"),
        ({"messages": "Hi"}, "messages must be an array, not a string"),
        ({"messages": ["Hi"]}, r"messages\[0\] must be an object, not a string"),
        ({"messages": [HI, {"role": "user", "content": 5}]}, r"messages\[1\]\.content must be a string or an array"),
        ({"messages": [{"content": "a"}]}, r"messages\[0\]\.role must be one of system, user, assistant, tool"),
        ({"messages": [{"role": "wizard"}]}, r"messages\[0\]\.role must be one of .* not 'wizard'"),
        ({"messages": [{"role": 5}]}, r"messages\[0\]\.role must be a string"),
        ({"messages": [{"role": "user", "images": [5]}]}, r"messages\[0\]\.images must be a list of base64 strings"),
        ({"messages": [{"role": "user", "images": "AA=="}]}, r"messages\[0\]\.images must be an array"),
        ({"messages": [{"role": "assistant", "tool_calls": {}}]}, r"messages\[0\]\.tool_calls must be an array"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": [1]}}]}]},
            r"messages\[0\]\.tool_calls\[0\]\.function\.arguments must be an object or the JSON text of one",
        ),
        ({"tools": {}}, "tools must be an array, not an object"),
        ({"tools": [WEATHER, {"type": "function", "function": {}}]}, r"tools\[1\]: the tool needs a name"),
        ({"stream": "yes"}, "stream must be true or false, not a string"),
        ({"options": []}, "options must be an object, not an array"),
        ({"options": {"top_k": "x"}}, r"options\.top_k must be an integer, not a string"),
        ({"options": {"stop": [5]}}, r"options\.stop must be a list of strings"),
        ({"format": "xml"}, "format must be \"json\" or a JSON schema object, not 'xml'"),
        ({"format": 5}, "format must be .* not a number"),
        ({"think": "huge"}, 'invalid think value: "huge"'),
        ({"think": 5}, "think must be a boolean or string"),
        ({"top_logprobs": 21}, "top_logprobs must be between 0 and 20"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_mend(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        read_request(body(HI) | fields)
    assert caught.value.status == 400
