"""`/v1/chat/completions` bodies into `ChatRequest`."""

from collections.abc import Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.errors import RequestError, shown
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Message, Role, Tool, ToolChoice
from toolbridge.wire.fields import (
    Fields,
    ReadTool,
    Table,
    read_arguments,
    read_body,
    read_content,
    read_model,
    read_table,
    read_tool_list,
)
from toolbridge.wire.freeform import arguments_of_text, read_freeform
from toolbridge.wire.linking import named
from toolbridge.wire.namespaces import ToolsByName

NAME = "openai"

SAMPLING: Table = {
    "temperature": ("temperature", Fields.number),
    "top_p": ("top_p", Fields.number),
    "seed": ("seed", Fields.integer),
    "max_tokens": ("max_tokens", Fields.integer),
    "presence_penalty": ("presence_penalty", Fields.number),
    "frequency_penalty": ("frequency_penalty", Fields.number),
    "logprobs": ("logprobs", Fields.flag),
    "top_logprobs": ("top_logprobs", Fields.integer),
    "stop": ("stop", Fields.texts),
}
"""OpenAI's own fields, which every server of this wire takes."""

BEYOND: Table = {
    "top_k": ("top_k", Fields.integer),
    "min_p": ("min_p", Fields.number),
    "repeat_penalty": ("repeat_penalty", Fields.number),
    "repeat_last_n": ("repeat_last_n", Fields.integer),
    "typical_p": ("typical_p", Fields.number),
}
"""Further fields, all of which llama.cpp takes, and vLLM some."""

ALL_SAMPLING: Table = {**SAMPLING, **BEYOND}

NEWER_MAX = "max_completion_tokens"
"""OpenAI's newer name for `max_tokens`. It counts if both are set; Ollama ignores it."""

_BODY = (
    "model",
    "messages",
    "tools",
    "functions",
    "tool_choice",
    "function_call",
    "parallel_tool_calls",
    "stream",
    "stream_options",
    "response_format",
    "reasoning_effort",
    "reasoning",
    "n",
    *SAMPLING,
    *BEYOND,
)
_MESSAGE = (
    "role",
    "content",
    "reasoning",
    "reasoning_content",
    "tool_calls",
    "function_call",
    "tool_call_id",
)
_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_FUNCTIONS = ("function", None)
"""Types of tools with a schema. Freeform tools (`custom`) are read as well; others (web search) are not."""
FREEFORM: Mapping[str, ReadTool] = {"custom": read_freeform}
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "ultra", "max")
_LONGEST_WORD = 64
"""Characters of a wrong word that an error repeats."""
_CHOICES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice(),
    "none": ToolChoice("none"),
    "required": ToolChoice("required"),
    "any": ToolChoice("required"),
}


def read_request(body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
    """A client's body. Raises `RequestError`."""
    return read_body(body, _BODY, _read, budget)


def _read(body: Fields, budget: Budget) -> ChatRequest:
    model = read_model(body)
    if "messages" not in body.values:
        raise RequestError("messages is required: send a list of at least one")
    messages = tuple(_read_message(message) for message in body.counted("messages", "turns", budget))
    if not messages:
        raise RequestError("[] is too short - 'messages'")
    if (body.integer("n") or 1) != 1:
        raise RequestError("n must be 1: a reply has one choice; send the request again for another")
    sampling = read_table(body, ALL_SAMPLING)
    extra = body.rest(_BODY)
    if (most := body.integer(NEWER_MAX)) is not None:
        sampling["max_tokens"] = most
    if not sampling.get("stop", True):
        del sampling["stop"]
    if not 0 <= sampling.get("top_logprobs", 0) <= 20:
        raise RequestError("top_logprobs must be between 0 and 20")
    dropped: dict[str, str] = {}
    tools = _read_tools(body, budget, dropped)
    choice, tools = read_choice(body, tools, dropped)
    parallel = body.flag("parallel_tool_calls")
    options = body.child("stream_options")
    if options and (rest := options.rest(("include_usage",))):
        extra["stream_options"] = rest
    response_format = body.child("response_format")
    if response_format:
        extra["response_format"] = response_format.values
    return ChatRequest(
        model=model,
        messages=named(messages),
        tools=tools,
        tool_choice=choice,
        parallel=True if parallel is None else parallel,
        stream=body.flag("stream") or False,
        include_usage=(options.flag("include_usage") or False) if options else False,
        sampling=sampling,
        format=read_format(response_format) if response_format else None,
        think=read_effort(body, extra),
        source=NAME,
        extra=extra,
        dropped=tuple(dict.fromkeys(dropped.values())),
    )


def _read_message(message: Fields) -> Message:
    word = message.text("role") or ""
    role = _ROLES.get(word.lower())
    if role is None:
        raise RequestError(f"{message.at('role')} must be one of {', '.join(_ROLES)}, not {shown(word)}")
    content = read_content(message)
    extra = message.rest(_MESSAGE)
    if word.lower() == "developer":
        extra["role"] = word
    name = extra.pop("name", None) if role == "tool" else None
    calls = [_read_call(call) for call in message.children("tool_calls")]
    if call := message.child("function_call"):
        calls.append(ToolCall(call.text("name") or "", read_arguments(call)))
    return Message(
        role=role,
        content=content.text,
        images=content.images,
        reasoning=_read_reasoning(message),
        tool_calls=tuple(calls),
        tool_call_id=message.text("tool_call_id") or None,
        tool_name=name if isinstance(name, str) and name else None,
        parts=tuple(part.values for part in content.others),
        extra=extra,
    )


def _read_reasoning(message: Fields) -> str:
    """The reasoning of a past turn.

    Ollama's field is `reasoning`, llama.cpp's `reasoning_content`; a client that sends both sends the same text twice.
    """
    found = (message.values.get(name) for name in ("reasoning", "reasoning_content"))
    return next((value for value in found if isinstance(value, str) and value), "")


def _read_call(call: Fields) -> ToolCall:
    if custom := call.child("custom"):
        return ToolCall(
            custom.text("name") or "", arguments_of_text(custom.text("input") or ""), call.text("id") or None
        )
    function = call.child("function") or Fields({}, call.at("function"))
    return ToolCall(function.text("name") or "", read_arguments(function), call.text("id") or None)


def _read_tools(body: Fields, budget: Budget, dropped: dict[str, str]) -> tuple[Tool, ...]:
    """The tools, and the deprecated `functions`."""
    tools = read_tool_list(body, budget, types=_FUNCTIONS, others=FREEFORM, dropped=dropped)
    return (*tools, *read_tool_list(body, budget, name="functions"))


def read_choice(
    body: Fields, tools: tuple[Tool, ...], dropped: Mapping[str, str]
) -> tuple[ToolChoice, tuple[Tool, ...]]:
    """The choice of a tool, and the tools that it allows. If no tools were offered the choice is ignored.

    `dropped` has the types of the tools that were left out (`read_tool_list`).
    """
    field = "tool_choice" if body.values.get("tool_choice") is not None else "function_call"
    value = body.values.get(field)
    if value is None or not (tools or dropped):
        return ToolChoice(), tools
    if isinstance(value, str):
        if value not in _CHOICES:
            raise RequestError(
                f'{field} must be "auto", "none", "required" or an object that names a tool, not {shown(value)}'
            )
        return _CHOICES[value], tools
    choice = Fields.of(value, field, ())
    kind = choice.text("type") or "function"
    if kind in _CHOICES:
        return _CHOICES[kind], tools
    if kind == "allowed_tools":
        return _read_allowed(choice, tools)
    if kind in dropped:
        return ToolChoice("required", dropped[kind]), tools
    named = choice.child("function") or choice.child("custom") or choice
    name = named.text("name")
    if not name:
        raise RequestError(f"{named.at('name')} is required: it says which tool must be called")
    tool = ToolsByName(tools).find(name, named.text("namespace"))
    if tool is None:
        raise RequestError(f"{named.at('name')}: no tool is called {shown(name)}")
    return ToolChoice("required", tool.name), tools


def _read_allowed(choice: Fields, tools: tuple[Tool, ...]) -> tuple[ToolChoice, tuple[Tool, ...]]:
    allowed = choice.child("allowed_tools") or choice
    names, known = set(), ToolsByName(tools)
    for each in allowed.children("tools"):
        named = each.child("function") or each.child("custom") or each
        tool = known.find(named.text("name") or "", named.text("namespace"))
        names.add(tool.name if tool else None)
    mode = allowed.text("mode") or "auto"
    if mode not in _CHOICES:
        raise RequestError(f'{allowed.at("mode")} must be "auto" or "required", not {shown(mode)}')
    return _CHOICES[mode], tuple(tool for tool in tools if tool.name in names)


def read_format(response_format: Fields) -> str | Mapping[str, Any] | None:
    """The schema, or "json"; None for text and for types that other servers made up, which stay in `extra`."""
    kind = (response_format.text("type") or "").strip().lower()
    if kind not in ("json_object", "json_schema"):
        return None
    # llama.cpp takes the schema at both places and with both types.
    inner = response_format.child("json_schema")
    for holder in (inner, response_format):
        if holder and (schema := holder.child("schema")):
            return schema.values
    return "json"


def read_effort(body: Fields, extra: dict[str, Any]) -> bool | str | None:
    """`reasoning.effort`, or else `reasoning_effort`; `none` is False. Other fields of `reasoning` go into `extra`."""
    reasoning = body.child("reasoning")
    effort = reasoning.text("effort") if reasoning else None
    if reasoning and (rest := reasoning.rest(("effort",))):
        extra["reasoning"] = rest
    word = effort or body.text("reasoning_effort")
    if word is None:
        return None
    if word == "none":
        return False
    if word not in _EFFORTS:
        field = "reasoning.effort" if effort else "reasoning_effort"
        known = ", ".join(map(repr, ("none", *_EFFORTS)))
        raise RequestError(f"Invalid value: {shown(word[:_LONGEST_WORD])}. Supported values of {field} are: {known}")
    return word
