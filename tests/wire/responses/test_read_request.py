"""`/v1/responses` bodies, read."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest, Freeform, Message, ToolChoice
from toolbridge.wire.responses.read_request import read_request

TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}
OTHER = {"type": "function", "name": "g", "parameters": None}


def read(**body: Any) -> ChatRequest:
    return read_request({"model": "m", "input": "hi"} | body)


def test_the_least_there_is() -> None:
    assert read() == ChatRequest("m", (Message("user", "hi"),), source="responses")


def test_instructions_and_leading_system_messages_are_one() -> None:
    items = [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Second."}]},
        {"role": "system", "content": "Third."},
        {"role": "user", "content": "hi"},
        {"role": "developer", "content": "Later."},
    ]
    assert read(instructions="First.", input=items).messages == (
        Message("system", "First.\n\nSecond.\n\nThird."),
        Message("user", "hi"),
        Message("system", "Later."),
    )


def test_sampling_has_our_names() -> None:
    sampling = {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 99.0,
        "presence_penalty": 1,
        "frequency_penalty": 2,
    }
    assert read(**sampling).sampling == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 99,
        "presence_penalty": 1,
        "frequency_penalty": 2,
    }
    assert read(temperature=None, top_logprobs=5).sampling == {}


def test_function_tools_are_taken_and_the_others_are_not() -> None:
    tools = read(
        tools=[
            TOOL | {"description": "Does.", "strict": True, "defer_loading": True},
            {"type": "web_search"},
            {"type": "file_search", "vector_store_ids": ["v"]},
            {"type": "mcp", "server_label": "x"},
            OTHER,
        ]
    ).tools
    assert [(tool.name, tool.description, tool.strict, tool.extra) for tool in tools] == [
        ("f", "Does.", True, {}),
        ("g", "", None, {}),
    ]
    assert tools[0].parameters == TOOL["parameters"]


@pytest.mark.parametrize(
    ("value", "choice", "names"),
    [
        ("auto", ToolChoice(), ["f", "g"]),
        ("none", ToolChoice("none"), ["f", "g"]),
        ("required", ToolChoice("required"), ["f", "g"]),
        ({"type": "function", "name": "g"}, ToolChoice("required", "g"), ["f", "g"]),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]},
            ToolChoice("required"),
            ["g"],
        ),
    ],
)
def test_tool_choice(value: Any, choice: ToolChoice, names: list[str]) -> None:
    request = read(tools=[TOOL, OTHER], tool_choice=value, parallel_tool_calls=False)
    assert (request.tool_choice, request.parallel) == (choice, False)
    assert [tool.name for tool in request.tools] == names


def test_freeform_tools_are_tools() -> None:
    patch = {"type": "custom", "name": "apply_patch"}
    request = read(tools=[TOOL, patch], tool_choice=patch)
    assert [(tool.name, tool.freeform) for tool in request.tools] == [("f", None), ("apply_patch", Freeform())]
    assert request.tool_choice == ToolChoice("required", "apply_patch")


def test_tools_of_namespaces_and_of_items_are_tools_once() -> None:
    group = {"type": "namespace", "name": "n", "tools": [OTHER]}
    more = {"type": "additional_tools", "role": "developer", "tools": [TOOL, group, {"type": "web_search"}]}
    request = read(tools=[group], input=[more, {"role": "user", "content": "hi"}, more])
    assert [(tool.name, tool.within) for tool in request.tools] == [("n__g", ("n", "g")), ("f", None)]
    assert (len(request.messages), request.dropped) == (1, ("web_search",))
    with pytest.raises(RequestError, match=r"^input\[0\]\.tools\[0\]: the tool has no function"):
        read(input=[{"type": "additional_tools", "tools": [{"type": "function"}]}])


def test_a_choice_among_no_tools_is_none_at_all() -> None:
    assert read(tools=[], tool_choice="required").tool_choice == ToolChoice()


def test_the_types_of_tools_that_are_not_taken_are_kept() -> None:
    search = {"type": "web_search_preview"}
    assert read(tools=[search, TOOL, search, {"type": "mcp"}]).dropped == ("web_search_preview", "mcp")
    choice = read(tools=[search, TOOL], tool_choice=search).tool_choice
    assert choice == ToolChoice("required", "web_search_preview")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ({}, None),
        ({"verbosity": "low"}, None),
        ({"format": {"type": "text"}}, None),
        ({"format": {"type": "json_object"}}, "json"),
        (
            {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}},
            {"type": "object"},
        ),
    ],
)
def test_the_format_of_the_text(text: Any, wanted: Any) -> None:
    assert read(text=text).format == wanted


@pytest.mark.parametrize(
    ("reasoning", "think"),
    [(None, None), ({"summary": "auto"}, None), ({"effort": "none"}, False), ({"effort": "high"}, "high")],
)
def test_effort(reasoning: Any, think: Any) -> None:
    assert read(reasoning=reasoning).think == think


def test_what_codex_sends_beside_is_ignored() -> None:
    request = read(
        store=False,
        include=["reasoning.encrypted_content"],
        prompt_cache_key="1",
        client_metadata={"a": "b"},
        service_tier="auto",
        truncation="auto",
        previous_response_id=None,
        stream=True,
        stream_options={"include_obfuscation": False},
    )
    assert request.stream
    assert request.extra == {
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "1",
        "truncation": "auto",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model": None}, "model is required"),
        ({"model": 5}, "model must be a string"),
        ({"input": None}, "input is required"),
        ({"input": []}, "input is required"),
        ({"input": {"role": "user"}}, "input must be an array"),
        ({"previous_response_id": "resp_1"}, "previous_response_id is not supported, as nothing is kept here"),
        ({"conversation": {"id": "conv_1"}}, "conversation is not supported"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt is not supported.*send its text as instructions"),
        ({"background": True}, "background is not supported.*wait for the response"),
        ({"tools": [{"type": "function"}]}, r"tools\[0\]"),
        ({"tools": ["f"]}, r"tools\[0\]"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, r"tool_choice\.name is required"),
        ({"tools": [TOOL], "tool_choice": {"type": "file_search"}}, r"tool_choice\.name is required"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "name": "x"}}, "no tool is called 'x'"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type must be"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema is required"),
        (
            {"reasoning": {"effort": "huge"}},
            "Invalid value: 'huge'. Supported values of reasoning.effort are: 'none', 'minimal'",
        ),
        ({"input": [{"type": "computer_call"}]}, r"input\[0\]: unknown input item type: 'computer_call'"),
        ({"input": [{"content": "x"}]}, r"input\[0\]: unknown input item type: ''"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, r"input\[0\]: item_reference cannot be followed"),
        ({"input": [{"role": "robot", "content": "x"}]}, r"input\[0\].role must be one of"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]},
            r"input\[0\]\.content\[0\]\.type 'input_file' is not supported",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
            "invalid image input",
        ),
        ({"input": [{"type": "function_call", "name": "f"}]}, r"input\[0\]\.call_id and input\[0\]\.name are required"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, r"input\[0\]\.call_id is required"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_field(body: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read(**body)


def test_a_body_nested_without_end_is_refused() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(RequestError, match="nested too deeply"):
        read(input=[{"type": "function_call", "call_id": "1", "name": "f", "arguments": deep}])
    while deep:  # unwound by hand: dropping it would recurse as deep
        deep = deep.pop("a")
