"""`/api/chat` bodies into `ChatRequest`."""

from collections.abc import Mapping
from typing import Any, get_args

from toolbridge.budget import Budget
from toolbridge.errors import RequestError, shown
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Role
from toolbridge.tools import read_tools
from toolbridge.wire.fields import (
    Fields,
    Table,
    naming,
    read_arguments,
    read_body,
    read_content,
    read_image_url,
    read_model,
    read_table,
)

NAME = "ollama"

OPTIONS: Table = {
    "temperature": ("temperature", Fields.number),
    "top_p": ("top_p", Fields.number),
    "top_k": ("top_k", Fields.integer),
    "min_p": ("min_p", Fields.number),
    "seed": ("seed", Fields.integer),
    "stop": ("stop", Fields.texts),
    "num_predict": ("max_tokens", Fields.integer),
    "num_ctx": ("window", Fields.integer),
    "presence_penalty": ("presence_penalty", Fields.number),
    "frequency_penalty": ("frequency_penalty", Fields.number),
    "repeat_penalty": ("repeat_penalty", Fields.number),
    "repeat_last_n": ("repeat_last_n", Fields.integer),
    "typical_p": ("typical_p", Fields.number),
}
"""The sampling fields in `options`."""

TOP: Table = {"logprobs": ("logprobs", Fields.flag), "top_logprobs": ("top_logprobs", Fields.integer)}
"""The sampling fields of the body itself."""

_BODY = ("model", "messages", "tools", "stream", "format", "think", "options", *TOP)
_MESSAGE = ("role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id")
_CALL = ("id", "type", "index", "function")
_FUNCTION = ("index", "name", "arguments")

_ROLES: Mapping[str, Role] = {role: role for role in get_args(Role)} | {"developer": "system", "function": "tool"}
_TEMPLATE_ROLES = ("control", "document")
"""The beginnings of roles that only a template knows: Granite's switch for thinking is a message of role `control`, and
its sources have the roles `document 1` and `document 2`. They count as system messages, and go on with their own role.
"""

_EFFORTS = ("low", "medium", "high", "max")


def read_request(body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
    """A client's body, read as leniently as Ollama reads it. Raises `RequestError`."""
    return read_body(body, _BODY, _read, budget)


def _read(body: Fields, budget: Budget) -> ChatRequest:
    model = read_model(body)
    stream = body.flag("stream")
    options = body.child("options", OPTIONS)
    sampling = read_table(body, TOP) | (read_table(options, OPTIONS) if options else {})
    if not 0 <= sampling.get("top_logprobs", 0) <= 20:
        raise RequestError("top_logprobs must be between 0 and 20")
    extra = body.rest(_BODY)
    if options:
        # Nulls, and options that we have no name for, go back as they came.
        kept = {name: value for name, value in options.values.items() if name not in OPTIONS or value is None}
        if kept or not options.values:
            extra["options"] = kept
    return ChatRequest(
        model=model,
        messages=tuple(_read_message(message) for message in body.counted("messages", "turns", budget, _MESSAGE)),
        tools=read_tools(body.items("tools"), budget),
        stream=True if stream is None else stream,
        sampling=sampling,
        format=_read_format(body),
        think=_read_think(body),
        source=NAME,
        extra=extra,
    )


def _read_message(message: Fields) -> Message:
    word = (message.text("role") or "").lower()
    extra = message.rest(_MESSAGE)
    role = _ROLES.get(word)
    if role is None and word.startswith(_TEMPLATE_ROLES):
        role = "system"
        extra["role"] = word
    if role is None:
        raise RequestError(f"{message.at('role')} must be one of system, user, assistant, tool, not {shown(word)}")
    content = read_content(message)
    content.refuse_others()
    tool_name = message.text("tool_name")
    if role == "tool" and not tool_name and isinstance(extra.get("name"), str):
        tool_name = extra.pop("name")
    return Message(
        role=role,
        content=content.text,
        images=content.images
        + tuple(_read_image(value, message) for value in message.items("images") if value is not None),
        reasoning=message.text("thinking") or "",
        tool_calls=tuple(_read_call(call) for call in message.children("tool_calls", _CALL)),
        tool_call_id=message.text("tool_call_id") or None,
        tool_name=tool_name or None,
        extra=extra,
    )


def _read_image(value: Any, message: Fields) -> Image:
    if not isinstance(value, str):
        raise RequestError(f"{message.at('images')} must be a list of base64 strings, not of {naming(value)}")
    # Ollama refuses a data URI here, although its meaning is plain.
    return read_image_url(value) if value.startswith("data:") else Image(value)


def _read_call(call: Fields) -> ToolCall:
    function = call.child("function", _FUNCTION) or Fields({}, call.at("function"))
    return ToolCall(
        name=function.text("name") or "",
        arguments_json=read_arguments(function),
        id=call.text("id") or None,
    )


def _read_format(body: Fields) -> str | Mapping[str, Any] | None:
    value = body.values.get("format")
    if value is None or value == "":
        return None
    if value == "json":
        return "json"
    if isinstance(value, Mapping):
        return value
    shown_value = repr(value) if isinstance(value, str) else naming(value)
    raise RequestError(f'format must be "json" or a JSON schema object, not {shown_value}')


def _read_think(body: Fields) -> bool | str | None:
    value = body.values.get("think")
    if value is None or isinstance(value, bool) or value in _EFFORTS:
        return value
    if isinstance(value, str):
        raise RequestError(f'invalid think value: "{value}" (must be "high", "medium", "low", "max", true, or false)')
    raise RequestError('think must be a boolean or string ("high", "medium", "low", "max", true, or false)')
