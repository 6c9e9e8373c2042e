"""`ChatRequest` into a body of `/v1/responses`, as a client of this wire would send it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from toolbridge.errors import RequestError, shown
from toolbridge.messages import ChatRequest, Freeform, Image, Message, Tool, ToolChoice
from toolbridge.wire.fields import write_table
from toolbridge.wire.freeform import text_of_arguments
from toolbridge.wire.linking import linked
from toolbridge.wire.openai.write_request import write_effort
from toolbridge.wire.responses import tool_search
from toolbridge.wire.responses.read_request import NAME, SAMPLING
from toolbridge.wire.turns import image_address, turn_text

_OPENAIS = ("temperature", "top_p", "max_output_tokens")
"""Sampling fields that OpenAI's own server takes; it refuses fields that it does not know."""

_NOBODYS = "call_unknown"
"""The call id of a result that answers no call, as every result must name a call."""


def write_request(request: ChatRequest) -> dict[str, Any]:
    """The body. Fields that the request does not set stay absent. Raises `RequestError`."""
    own = request.source == NAME
    extra = dict(request.extra) if own else {}
    extra.pop("instructions", None)  # The first message holds them.
    body: dict[str, Any] = {
        "model": request.model,
        "input": list(_write_messages(request)),
        "stream": request.stream,
        "store": False,
    }
    if request.tools:
        body["tools"] = write_tools(request.tools)
        if request.tool_choice != ToolChoice():
            body["tool_choice"] = write_choice(request)
        if not request.parallel:
            body["parallel_tool_calls"] = False
    body |= _write_sampling(request, own=own)
    if request.think is not None:
        body["reasoning"] = dict(extra.pop("reasoning", None) or {}) | {"effort": write_effort(request.think)}
    if request.format is not None:
        body["text"] = dict(extra.pop("text", None) or {})
        body["text"]["format"] = _write_format(request.format, body["text"].get("format"))
    return body | extra


def _write_sampling(request: ChatRequest, *, own: bool) -> dict[str, Any]:
    out = write_table(request.sampling, SAMPLING)
    # Ollama's -1 and -2 mean that a reply may be as long as there is room for.
    if out.get("max_output_tokens", 0) < 0:
        del out["max_output_tokens"]
    return out if own else {name: value for name, value in out.items() if name in _OPENAIS}


def write_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """The tools in the flat shape of this wire, those of a namespace in its group."""
    out: list[dict[str, Any]] = []
    groups: dict[str, dict[str, Any]] = {}
    for tool in tools:
        if tool.within is None:
            out.append(_write_tool(tool, tool.name))
            continue
        namespace, name = tool.within
        if namespace not in groups:
            groups[namespace] = {"type": "namespace", "name": namespace, "description": "", "tools": []}
            out.append(groups[namespace])
        groups[namespace]["tools"].append(_write_tool(tool, name))
    return out


def _write_tool(tool: Tool, name: str) -> dict[str, Any]:
    if tool.freeform is not None:
        return {"type": "custom", "name": name, "description": tool.freeform.description or None} | {
            "format": _write_grammar(tool.freeform)
        }
    if tool.searches:
        own = {"description": tool.description or None, "parameters": tool.parameters}
        return {"type": tool_search.NAME, "execution": "client", **own}
    return {
        "type": "function",
        "name": name,
        "description": tool.description or None,
        "parameters": tool.parameters,
        "strict": tool.strict,
    }


def _write_grammar(freeform: Freeform) -> dict[str, Any]:
    if not freeform.grammar:
        return {"type": "text"}
    return {"type": "grammar", "syntax": freeform.syntax, "definition": freeform.grammar}


def write_choice(request: ChatRequest) -> str | dict[str, Any]:
    """The tool that must be called, or the mode of the choice."""
    choice = request.tool_choice
    if choice.name is None:
        return choice.mode
    tool = next((tool for tool in request.tools if tool.name == choice.name), Tool(choice.name))
    return {"type": "custom" if tool.freeform is not None else "function", **_named(tool)}


def _named(tool: Tool) -> dict[str, Any]:
    """The name by which the client knows a tool, and its namespace."""
    if tool.within is None:
        return {"name": tool.name}
    namespace, name = tool.within
    return {"namespace": namespace, "name": name}


def _write_format(wanted: str | Mapping[str, Any], clients: Any) -> dict[str, Any]:
    if isinstance(wanted, str):
        return {"type": "json_object"}
    named = clients if isinstance(clients, Mapping) else {"name": "schema", "strict": True}
    return {**named, "type": "json_schema", "schema": wanted}


def _write_messages(request: ChatRequest) -> Iterator[dict[str, Any]]:
    """The items of a conversation."""
    tools = {tool.name: tool for tool in request.tools}
    freeform: set[str | None] = set()
    """The ids of calls that are texts, whose results have a type of their own."""
    for message in linked(request.messages):
        for item in _write_message(message, tools, freeform):
            if item["type"] == "custom_tool_call":
                freeform.add(item["call_id"])
            yield item


def _write_message(
    message: Message, tools: Mapping[str, Tool], freeform: Collection[str | None]
) -> Iterator[dict[str, Any]]:
    """The items of a turn."""
    for part in message.parts:
        raise RequestError(f"content of type {shown(part.get('type'))} cannot be sent as a part of /v1/responses")
    if message.role == "tool":
        output = _write_content(message, "input_text")
        kind = "custom_tool_call_output" if message.tool_call_id in freeform else "function_call_output"
        yield {"type": kind, "call_id": message.tool_call_id or _NOBODYS, "output": output}
        return
    if message.reasoning:
        yield {"type": "reasoning", "summary": [{"type": "summary_text", "text": message.reasoning}]}
    if message.content or message.images or not (message.reasoning or message.tool_calls):
        kind = "output_text" if message.role == "assistant" else "input_text"
        yield {"type": "message", "role": message.role, "content": _write_content(message, kind)}
    for call in message.tool_calls:
        tool = tools.get(call.name) or Tool(call.name)
        own = {"call_id": call.id, **_named(tool)}
        if tool.freeform is not None:
            yield {"type": "custom_tool_call", **own, "input": text_of_arguments(call.arguments_json)}
        else:
            yield {"type": "function_call", **own, "arguments": call.arguments_json}


def _write_content(message: Message, kind: str) -> str | list[dict[str, Any]]:
    text = turn_text(message)
    if not message.images:
        return text
    parts: list[dict[str, Any]] = [{"type": kind, "text": text}] if text else []
    return [*parts, *map(_write_image, message.images)]


def _write_image(image: Image) -> dict[str, Any]:
    return {"type": "input_image", "image_url": image_address(image)} | (
        {"detail": image.detail} if image.detail else {}
    )
