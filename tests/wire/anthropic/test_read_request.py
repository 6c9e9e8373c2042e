"""`/v1/messages` bodies: what Anthropic's clients send, and what is made of it."""

from typing import Any

import pytest

from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, ToolChoice
from toolbridge.wire.anthropic.read_request import read_request

TOOL = {"name": "now", "description": "The time.", "input_schema": {"type": "object", "properties": {}}}
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


def read(**fields: Any) -> ChatRequest:
    return read_request({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]} | fields)


def turn(*blocks: Any, role: str = "user") -> tuple[Message, ...]:
    return read(messages=[{"role": role, "content": list(blocks)}]).messages


def use(call_id: str = "c1", name: str = "now", **fields: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": {}} | fields


def result(content: Any = "noon", **fields: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "c1", "content": content} | fields


def text(content: str) -> dict[str, str]:
    return {"type": "text", "text": content}


@pytest.mark.parametrize(
    "system", ["One.\n\nTwo.", [text("One.") | {"cache_control": {"type": "ephemeral"}}, text(""), text("Two.")]]
)
def test_the_system_prompt_is_text_or_blocks_of_text(system: Any) -> None:
    assert read(system=system).messages[0] == Message("system", "One.\n\nTwo.")
    assert read(system=[]).messages == read(system=None).messages == (Message("user", "Hi"),)


BILLING = "x-anthropic-billing-header: cc_version=2.1.330.3a3; cc_entrypoint=cli; cch=f4c2b;"


@pytest.mark.parametrize(
    "system",
    [
        [text(BILLING), text("One."), text("Two.")],
        [text(f"{BILLING}\nOne."), text("Two.")],
        f"{BILLING}\n\nOne.\n\nTwo.",
    ],
)
def test_the_billing_line_of_claude_code_does_not_enter_the_prompt(system: Any) -> None:
    assert read(system=system).messages[0] == Message("system", "One.\n\nTwo.")


def test_a_billing_line_alone_is_no_system_prompt_and_a_line_further_down_is_text() -> None:
    assert read(system=[text(BILLING)]).messages == read(system=BILLING).messages == (Message("user", "Hi"),)
    quoted = f"The header is:\n{BILLING}"
    assert read(system=quoted).messages[0] == Message("system", quoted)


def test_what_the_system_says_behind_the_first_turn_is_said_by_the_user() -> None:
    """As Claude Code writes it behind the first question, and behind results."""
    system = {"role": "system", "content": [text("Mind the date.")]}
    first = {"role": "user", "content": "Hi"}
    answer = {"role": "assistant", "content": "Yes?"}
    found = {"role": "user", "content": [result()]}
    assert read(system="Be kind.", messages=[system, first]).messages == (
        Message("system", "Be kind."),
        Message("system", "Mind the date."),
        Message("user", "Hi"),
    )
    assert read(messages=[first, system, answer, system]).messages == (
        Message("user", "Hi\n\nMind the date."),
        Message("assistant", "Yes?"),
        Message("user", "Mind the date."),
    )
    assert [message.role for message in read(messages=[first, answer, found, system]).messages[2:]] == ["tool", "user"]


def test_results_come_before_the_text_of_their_turn_and_know_the_name_of_their_tool() -> None:
    messages = read(
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [text("Look."), use(), use("c2", "there")]},
            {
                "role": "user",
                "content": [text("And?"), result(tool_use_id="c2", content=[text("a"), text("b")]), result()],
            },
        ]
    ).messages
    assert messages[1] == Message(
        "assistant", "Look.", tool_calls=(ToolCall("now", "{}", "c1"), ToolCall("there", "{}", "c2"))
    )
    assert messages[2:] == (
        Message("tool", "a\nb", tool_call_id="c2", tool_name="there"),
        Message("tool", "noon", tool_call_id="c1", tool_name="now"),
        Message("user", "And?"),
    )


def test_a_result_may_be_a_picture_an_error_or_nothing() -> None:
    assert turn(result([PNG])) == (Message("tool", images=(Image("iVBORw0KGgo=", "image/png"),), tool_call_id="c1"),)
    assert turn(result("no such city", is_error=True)) == (
        Message("tool", "no such city", tool_call_id="c1", is_error=True),
    )
    assert turn({"type": "tool_result", "tool_use_id": "c1"}) == (Message("tool", tool_call_id="c1"),)


def test_arguments_keep_their_order_and_their_digits() -> None:
    (message,) = turn(use(input={"b": 2**70, "a": [1, {"c": None}]}), role="assistant")
    assert message.tool_calls[0].arguments_json == '{"b":1180591620717411303424,"a":[1,{"c":null}]}'


def test_past_thinking_is_reasoning_and_is_kept_as_it_came_where_it_is_signed() -> None:
    plain = {"type": "thinking", "thinking": "Hm.", "signature": ""}
    signed = {"type": "thinking", "thinking": "So.", "signature": "s"}
    hidden = {"type": "redacted_thinking", "data": "x"}
    assert turn(plain, text("Yes."), role="assistant") == (Message("assistant", "Yes.", reasoning="Hm."),)
    (message,) = turn(signed, hidden, text("Yes."), role="assistant")
    assert message.reasoning == "So."
    assert message.extra == {"thoughts": [signed, hidden]}


def test_pictures_are_base64_or_have_an_address() -> None:
    address = {"type": "image", "source": {"type": "url", "url": "https://e.x/a.png"}}
    assert turn(text("See:"), PNG, address) == (
        Message("user", "See:", (Image("iVBORw0KGgo=", "image/png"), Image(url="https://e.x/a.png"))),
    )


def test_a_document_of_text_is_its_text() -> None:
    source: dict[str, Any] = {"type": "text", "media_type": "text/plain", "data": "Long ago."}
    assert turn({"type": "document", "title": "Saga", "source": source})[0].content == "Saga\nLong ago."
    blocks = {"type": "content", "content": [text("Long"), text("ago.")]}
    assert turn({"type": "document", "source": blocks})[0].content == "Long\nago."


def test_a_block_that_nobody_else_has_is_shown_as_it_is() -> None:
    reference = {"type": "tool_reference", "tool_name": "now"}
    assert turn(result([reference]))[0].content == '{"type":"tool_reference","tool_name":"now"}'


def test_what_anthropics_servers_did_in_a_past_turn_is_left_out() -> None:
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}}
    assert turn(search, text("Found."), role="assistant") == (Message("assistant", "Found."),)


def test_tools_of_anthropics_own_have_no_schema_and_are_left_out() -> None:
    tools = read(tools=[TOOL, {"type": "web_search_20250305", "name": "web_search"}, TOOL | {"type": "custom"}]).tools
    assert [tool.name for tool in tools] == ["now", "now"]
    assert tools[0].parameters == TOOL["input_schema"]


def test_a_deferred_tool_is_offered_once_a_result_refers_to_it() -> None:
    later = TOOL | {"name": "later", "defer_loading": True}
    never = TOOL | {"name": "never", "defer_loading": True}
    user: Any = {"role": "user", "content": [result([{"type": "tool_reference", "tool_name": "later"}])]}
    tools = [TOOL, later, never]
    assert [tool.name for tool in read(tools=tools).tools] == ["now"]
    request = read(tools=tools, messages=[user])
    assert [(tool.name, tool.deferred) for tool in request.tools] == [("now", False), ("later", True)]
    assert request.messages[0].loads == ("later",)
    assert request.dropped == ()


def test_the_types_of_tools_that_are_left_out_are_kept_and_may_be_chosen() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    request = read(tools=[search, TOOL], tool_choice={"type": "tool", "name": "web_search"})
    assert request.dropped == ("web_search_20250305",)
    assert request.tool_choice == ToolChoice("required", "web_search_20250305")


def test_nothing_of_this_wire_rides_on_a_tool_to_other_backends() -> None:
    (tool,) = read(tools=[TOOL | {"cache_control": {"type": "ephemeral"}, "type": "custom", "strict": True}]).tools
    assert (tool.extra, tool.strict) == ({}, True)


@pytest.mark.parametrize(
    ("value", "choice", "parallel"),
    [
        ({"type": "auto"}, ToolChoice(), True),
        ({"type": "any"}, ToolChoice("required"), True),
        ({"type": "none"}, ToolChoice("none"), True),
        ({"type": "tool", "name": "now"}, ToolChoice("required", "now"), True),
        ({"type": "auto", "disable_parallel_tool_use": True}, ToolChoice(), False),
        (None, ToolChoice(), True),
        ("any", ToolChoice("required"), True),
    ],
)
def test_tool_choice(value: Any, choice: ToolChoice, parallel: bool) -> None:
    request = read(tools=[TOOL], tool_choice=value)
    assert (request.tool_choice, request.parallel) == (choice, parallel)
    assert read(tool_choice=value).tool_choice == ToolChoice()


@pytest.mark.parametrize(
    ("thinking", "effort", "think"),
    [
        (None, None, None),
        ({"type": "enabled", "budget_tokens": 2048}, None, True),
        ({"type": "enabled"}, "low", "low"),
        ({"type": "disabled"}, "high", False),
        ({"type": "adaptive"}, None, None),
        ({"type": "adaptive"}, "high", "high"),
        (None, "max", "max"),
    ],
)
def test_thinking_is_on_off_or_as_much_as_an_effort_says(thinking: Any, effort: Any, think: Any) -> None:
    config = {"effort": effort} if effort else None
    assert read(thinking=thinking, output_config=config).think == think


def test_the_form_of_the_answer_is_a_schema() -> None:
    form = {"type": "json_schema", "schema": {"type": "object"}}
    assert read(output_config={"format": form}).format == {"type": "object"}
    assert read(output_format=form).format == {"type": "object"}


def test_what_a_coding_agent_sends_besides_is_ignored() -> None:
    more = {
        "metadata": {"user_id": "u"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
        "service_tier": "auto",
        "betas": ["x"],
        "container": None,
        "mcp_servers": [],
    }
    request = read(stop_sequences=["END"], temperature=1, top_k=5, stream=True, **more)
    assert request.sampling == {"max_tokens": 9, "stop": ["END"], "temperature": 1, "top_k": 5}
    assert (request.stream, dict(request.extra)) == (True, more)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": ""}, "model is required"),
        ({"max_tokens": None}, "max_tokens is required and must be positive"),
        ({"max_tokens": 0}, "max_tokens is required and must be positive"),
        ({"messages": []}, "messages is required: send at least one"),
        ({"messages": [None]}, "messages is required: send at least one"),
        ({"messages": [{"role": "tool", "content": "x"}]}, r"messages\[0\]\.role must be user or assistant"),
        (
            {"messages": [{"role": "user", "content": 5}]},
            r"messages\[0\]\.content must be a string or an array of blocks",
        ),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "x"}}, "no tool is called 'x'"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool"}}, r"tool_choice\.name is required"),
        ({"tools": [TOOL], "tool_choice": {"type": "some"}}, r"tool_choice\.type must be"),
        ({"tools": [{"input_schema": {}}]}, r"tools\[0\]: "),
        ({"thinking": {"type": "hard"}}, r"thinking\.type must be"),
        ({"thinking": {}}, r"thinking\.type must be .* not null"),
        ({"output_config": {"effort": "some"}}, r"output_config\.effort must be"),
    ],
)
def test_what_cannot_be_used_is_said(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read(**fields)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"type": "image", "source": {"type": "file", "file_id": "f"}}, r"content\[0\]\.source must be"),
        ({"type": "image"}, r"content\[0\]\.source must be"),
        ({"type": "document", "source": {"type": "base64"}}, r"source\.type 'base64' is not supported"),
        ({"type": "tool_result"}, r"content\[0\]\.tool_use_id is required"),
        (result(5), r"content\[0\]\.content must be a string or an array of blocks"),
    ],
)
def test_a_block_that_cannot_be_used_is_said(block: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        turn(block)


def test_a_call_needs_a_name_and_an_id() -> None:
    for block in (use(name=""), use(call_id="")):
        with pytest.raises(RequestError, match=r"content\[0\]\.id and messages\[0\]\.content\[0\]\.name are required"):
            turn(block, role="assistant")
