"""`ChatRequest` into a body of `/v1/responses`: what a client of this wire would send."""

from collections.abc import Iterator, Mapping
from typing import Any

from toolbridge.errors import RequestError, shown
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.wire.fields import media_type, told
from toolbridge.wire.linking import linked
from toolbridge.wire.responses.read_request import NAME, SAMPLING

_OPENAIS = ("temperature", "top_p", "max_output_tokens")
"""What OpenAI's own server takes; it refuses what it does not know."""

_NOBODYS = "call_unknown"
"""The id of the call of a result that answers none; one there must be."""


def write_request(request: ChatRequest) -> dict[str, Any]:
    """The body; what the request does not say stays absent. Raises `RequestError`."""
    own = request.source == NAME
    extra = dict(request.extra) if own else {}
    extra.pop("instructions", None)  # they stand in the first message
    body: dict[str, Any] = {
        "model": request.model,
        "input": [item for message in linked(request.messages) for item in _write_message(message)],
        "stream": request.stream,
        "store": False,
    }
    if request.tools:
        body["tools"] = [write_tool(tool) for tool in request.tools]
        if request.tool_choice != ToolChoice():
            body["tool_choice"] = write_choice(request.tool_choice)
        if not request.parallel:
            body["parallel_tool_calls"] = False
    for theirs, (ours, _) in SAMPLING.items():
        # Ollama's -1 and -2 mean as much as there is room for.
        if (
            ours in request.sampling
            and (own or theirs in _OPENAIS)
            and not (ours == "max_tokens" and request.sampling[ours] < 0)
        ):
            body[theirs] = request.sampling[ours]
    if request.think is not None:
        effort = request.think if isinstance(request.think, str) else "medium" if request.think else "none"
        body["reasoning"] = dict(extra.pop("reasoning", None) or {}) | {"effort": effort}
    if request.format is not None:
        body["text"] = dict(extra.pop("text", None) or {})
        body["text"]["format"] = _write_format(request.format, body["text"].get("format"))
    return body | extra


def write_tool(tool: Tool) -> dict[str, Any]:
    """A tool as this wire has it: no object within the object."""
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description or None,
        "parameters": tool.parameters,
        "strict": tool.strict,
    }


def write_choice(choice: ToolChoice) -> str | dict[str, Any]:
    """Which tool is to be called."""
    return choice.mode if choice.name is None else {"type": "function", "name": choice.name}


def _write_format(wanted: str | Mapping[str, Any], given: Any) -> dict[str, Any]:
    if isinstance(wanted, str):
        return {"type": "json_object"}
    named = given if isinstance(given, Mapping) else {"name": "schema", "strict": True}
    return {**named, "type": "json_schema", "schema": wanted}


def _write_message(message: Message) -> Iterator[dict[str, Any]]:
    """The items of a turn."""
    for part in message.parts:
        raise RequestError(f"content of type {shown(part.get('type'))} cannot be sent as a part of /v1/responses")
    if message.role == "tool":
        output = _write_content(message, "input_text")
        yield {"type": "function_call_output", "call_id": message.tool_call_id or _NOBODYS, "output": output}
        return
    if message.reasoning:
        yield {"type": "reasoning", "summary": [{"type": "summary_text", "text": message.reasoning}]}
    if message.content or message.images or not (message.reasoning or message.tool_calls):
        kind = "output_text" if message.role == "assistant" else "input_text"
        yield {"type": "message", "role": message.role, "content": _write_content(message, kind)}
    for call in message.tool_calls:
        yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments_json}


def _write_content(message: Message, kind: str) -> str | list[dict[str, Any]]:
    text = told(message)
    if not message.images:
        return text
    parts: list[dict[str, Any]] = [{"type": kind, "text": text}] if text else []
    return [*parts, *map(_write_image, message.images)]


def _write_image(image: Image) -> dict[str, Any]:
    url = f"data:{media_type(image)};base64,{image.data}" if image.url is None else image.url
    return {"type": "input_image", "image_url": url} | ({"detail": image.detail} if image.detail else {})
