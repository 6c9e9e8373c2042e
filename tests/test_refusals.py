"""What errors say of a model, and in whose words."""

import json
from typing import Any

import pytest

from toolbridge.limits import KIB
from toolbridge.refusals import (
    RequestWords,
    refuses_constraint,
    refuses_system,
    refuses_thinking,
    refuses_tools,
    rejects_calls,
)

OLLAMA = "registry.ollama.ai/library/able:8b does not support tools"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "registry.ollama.ai/library/gemma3:4b does not support tools"),
        (400, "registry.ollama.ai/library/gemma3:4b does not support tools\ninsert"),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (400, 'tool_choice="required" requires --tool-call-parser to be set'),
        (500, "tools param requires --jinja flag"),
        (400, '{"error":{"code":400,"message":"tool_choice param requires --jinja flag"}}'),
        (400, "Unable to generate parser for this template. Automatic parser generation failed:\nWhile executing Call"),
        (404, "No endpoints found that support tool use. To learn more about provider routing, visit …"),
        (404, "No endpoints found that support the provided 'tool_choice' value."),
        (422, "Unexpected fields in the request: {'tools', 'tool_choice'}"),
        (400, "deepseek-reasoner does not support Function Calling"),
        (400, "`tool calling` is not supported with this model"),
        (400, "Function calling is not enabled for this model"),
        (400, "Tools are not supported for this model"),
        (501, "This model doesn't support tool use"),
    ],
)
def test_an_answer_that_refuses_tools_is_known(status: int, message: str) -> None:
    assert refuses_tools(status, message)
    assert not refuses_tools(401, message)
    assert not refuses_system(status, message)


def test_a_parser_that_cannot_be_made_as_roles_must_alternate_is_a_refusal_of_tools() -> None:
    """Sent with a prompt in place of tools, llama.cpp makes none."""
    assert refuses_tools(400, "Unable to generate parser for this template.\nConversation roles must alternate")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "System role not supported"),
        (500, "Error: Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/..."),
        pytest.param(
            500,
            "\n------------\nWhile executing CallExpression at line 189, column 32 in source:\n...\n"
            "Error: Jinja Exception: After the optional system message, conversation roles must alternate user and ...",
            id="Devstral under llama.cpp",
        ),
        (400, "Only user and assistant roles are supported!"),
        (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
        (500, "System message must be at the beginning."),
        (400, "This model does not support system messages"),
        (400, "System prompts are not supported"),
        (
            400,
            "Unable to generate parser for this template.\nJinja Exception: System message must be at the beginning.",
        ),
    ],
)
def test_an_answer_that_refuses_a_system_message_is_known(status: int, message: str) -> None:
    assert refuses_system(status, message)
    assert not refuses_system(404, message)
    assert not refuses_tools(status, message)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, '"qwen3:8b" does not support thinking'),
        (
            400,
            "Unable to generate parser for this template. …: JSON schema conversion failed:\nPattern must start",
        ),
        (400, "Unable to generate parser for this template.\nJinja Exception: No user query found in messages."),
        (400, '"nomic-embed-text" does not support chat'),
        (404, "model 'x' not found"),
        (400, "registry.ollama.ai/library/x:latest does not support insert"),
        (500, "llama runner process has terminated"),
        (400, "the request exceeds the available context size"),
        (503, "server busy, please try again.  maximum pending requests exceeded"),
        (400, "Tool call IDs should be alphanumeric strings with length 9!"),
        (500, ""),
        (400, "x" * 1_000_000 + " does not support tools"),
    ],
)
def test_any_other_error_changes_nothing(status: int, message: str) -> None:
    assert not refuses_tools(status, message)
    assert not refuses_system(status, message)
    assert refuses_thinking(status, message) == message.endswith("support thinking")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, "got exception: Unexpected empty grammar stack after accepting piece: all>\n< (485)"),
        (500, "Failed to parse input at pos 184: <tool_call>get_weather"),
        (500, "The model produced output that does not match the expected peg-native format"),
        (400, "Failed to initialize samplers: failed to parse grammar"),
        (500, "XML syntax error on line 7: expected element name after <"),
        (502, "failed to parse XML: XML syntax error on line 1: element <tool_call> closed by </arg_value>"),
        (500, "expected element type <function> but have <parameter>"),
        (500, "EOF"),
        (500, 'error parsing tool call: raw=\'{"city": "Os\', err=unexpected end of JSON input'),
    ],
)
def test_an_engine_that_rejects_its_models_calls_is_known(status: int, message: str) -> None:
    assert rejects_calls(status, message)
    assert not rejects_calls(404, message)
    assert not rejects_calls(status, f"Error: {message}"), "the words may be the model's own"
    assert not refuses_tools(status, message)
    assert not refuses_system(status, message)
    assert rejects_calls(status, message, RequestWords.of({"messages": [{"content": "Hello"}]}))
    assert not rejects_calls(status, message, RequestWords.of({"messages": [{"content": message}]}))


def test_thinking_is_refused_with_one_status() -> None:
    assert not refuses_thinking(500, '"qwen3:8b" does not support thinking')


# Whose words they are.

TOOL = {"type": "function", "function": {"name": "now", "description": "The time.", "parameters": {"type": "object"}}}
AGENT: dict[str, Any] = {
    "model": "able:8b",
    "messages": [
        {
            "role": "system",
            "content": "You support the user with tools. Do not guess; not all that the user does helps.",
        },
        {"role": "user", "content": "Does this system support tools at all?"},
    ],
    "tools": [TOOL],
    "tool_choice": "auto",
    "stream": True,
}
"""A request as agents send it: with all the words, and none of them the error's."""

QUOTES = [
    (AGENT | {"keep_alive": "does not support tools"}, 'time: invalid duration "does not support tools"'),
    (AGENT | {"model": "it does not support tools"}, 'model "it does not support tools" not found'),
    (AGENT | {"messages": [{"role": "user", "content": "It does\nnot  support TOOLS!"}]}, "It does not support tools!"),
    (AGENT | {"messages": [{"role": "role-tools", "content": "x"}]}, "role-tools is not supported"),
    (AGENT | {"messages": [{"role": "user", "content": "x", "tools": 1}]}, "messages.0.tools is not supported"),
    (AGENT | {"format": "tools"}, "format tools is not supported"),
    (AGENT | {"x": "tools for all"}, 'this model does not support "tools for all"'.replace('"', "")),
    (AGENT | {"x": "long text that ends with tools, and goes on"}, "that ends with tools is not supported"),
    (AGENT | {"tools": [{"function": {"name": "does_not_support_tools"}}]}, "does not support tools"),
    (AGENT | {"does not support tools": 1}, "unknown field: does not support tools"),
    (AGENT | {"x": {"deep": [[{"does not support tools": None}]]}}, "unknown field: does not support tools"),
    (AGENT | {"x": "DOES NOT \u017fUPPORT TOOLS"}, "does not \u017fupport tools"),
    (AGENT | {"x": "tool choice"}, "tool choice is what requires --enable-auto-tool-choice"),
]


@pytest.mark.parametrize(("body", "message"), QUOTES)
def test_what_a_request_says_is_no_word_of_the_backends(body: dict[str, Any], message: str) -> None:
    assert refuses_tools(400, message)
    quotable = RequestWords.of(body)
    assert quotable is not None
    assert not refuses_tools(400, message, quotable)


@pytest.mark.parametrize("beside", ["does not support tools", "a=does+not+support+tools", "does-not-support-tools"])
def test_what_goes_beside_a_body_can_be_quoted_too(beside: str) -> None:
    quotable = RequestWords.of(AGENT, [beside])
    assert quotable is not None
    assert not refuses_tools(400, f"{beside.replace('+', ' ').replace('-', ' ')}?", quotable)


@pytest.mark.parametrize(
    ("refuses", "message"),
    [
        (refuses_tools, OLLAMA),
        (refuses_tools, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (refuses_tools, "Unexpected fields in the request: {'tools', 'tool_choice'}"),
        (refuses_tools, "Tools are not supported for this model"),
        (refuses_tools, "`tool calling` is not supported with this model"),
        (refuses_system, "System role not supported"),
        (refuses_system, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (refuses_system, "Only user and assistant roles are supported!"),
        (refuses_system, "System message must be at the beginning."),
        (refuses_thinking, '"able:8b" does not support thinking'),
    ],
)
def test_a_backend_that_speaks_for_itself_is_believed(refuses: Any, message: str) -> None:
    status = 422 if "Unexpected" in message else 400
    quotable = RequestWords.of(AGENT, ["application/json", "Bearer x"])
    assert quotable is not None
    assert refuses(status, message, quotable)


@pytest.mark.parametrize(
    "body",
    [
        {"x": json.dumps("does not support tools").replace("d", "\\u0064")},
        {"x": "does%20not%20support%20tools"},
        {"x": "&#100;oes not support tools"},
        {"x": "a" * 128 * KIB},
        {"x": [[]] * 10_000},
        {"x": {str(number): 1 for number in range(10_000)}},
        {"xy" * 128 * KIB: 1},
    ],
)
def test_a_request_that_cannot_be_looked_through_teaches_nothing(body: dict[str, Any]) -> None:
    assert RequestWords.of(body) is None


def test_a_request_is_looked_through_in_so_many_steps() -> None:
    """A list of a million is not even copied."""
    assert RequestWords.of({"x": [1] * 1_000_000}) is None
    assert RequestWords.of({"x": [[[1] * 2000] * 2] * 2}) is None


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Failed to initialize samplers: failed to parse grammar"),
        (400, "JSON schema conversion failed:\nUnrecognized schema: true"),
        (500, "[{'loc': ['response_format', 'type'], 'msg': \"Input should be 'text' or 'json_object'\"}]"),
        (400, "This response_format type is unavailable now"),
        (400, "This model does not support response format `json_schema`. See supported models at …"),
        (400, "Invalid schema for response_format 'schema': schema must be a JSON Schema of 'type: \"object\"'"),
        (422, "structured outputs are not supported with this backend"),
        (
            500,
            "failed to load model vocabulary required for format: invalid format: true; expected a JSON Schema object",
        ),
    ],
)
def test_an_answer_that_refuses_a_schema_is_known(status: int, message: str) -> None:
    assert refuses_constraint(status, message)
    assert not refuses_constraint(404, message)


@pytest.mark.parametrize("message", ["out of memory", "the context length is exceeded", "invalid tool_choice"])
def test_other_errors_say_nothing_of_schemas(message: str) -> None:
    assert not refuses_constraint(400, message)
