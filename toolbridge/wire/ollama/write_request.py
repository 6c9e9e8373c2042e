"""`ChatRequest` into the body that an Ollama backend takes."""

from collections.abc import Mapping
from typing import Any

from toolbridge.errors import RequestError, shown
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message
from toolbridge.tools import write_tool
from toolbridge.wire.fields import NO_IMAGE_URLS, write_table
from toolbridge.wire.ollama.read_request import NAME, OPTIONS, TOP
from toolbridge.wire.turns import argument_values, turn_text

_THOUGHTS: Mapping[bool | str, bool | str] = {
    "none": False,
    "minimal": "low",
    "xhigh": "max",
    "ultra": "max",
}
"""Ollama's values for the efforts that only OpenAI's wire names, as in Ollama's own OpenAI routes."""


def write_request(request: ChatRequest) -> dict[str, Any]:
    """The body for an Ollama backend. Fields that the request does not set stay absent.

    The arguments of past calls are Python values, in the order of their text, with integers of any size
    (`wire.codec.write_json` writes them; orjson alone cannot). Ollama has no `tool_choice`: for `none` no tools are
    sent, and for a named tool no other tool.
    """
    own = request.source == NAME
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_write_message(message, own=own) for message in request.messages],
    }
    tools = [write_tool(tool) for tool in request.tools if request.tool_choice.name in (None, tool.name)]
    if tools and request.tool_choice.mode != "none":
        body["tools"] = tools
    body["stream"] = request.stream
    if request.format is not None:
        body["format"] = request.format
    if request.think is not None:
        body["think"] = _THOUGHTS.get(request.think, request.think)
    extra = dict(request.extra) if own else {}
    sent = extra.pop("options", None)
    options = write_table(request.sampling, OPTIONS)
    if options or sent is not None:
        body["options"] = (sent or {}) | options
    body |= write_table(request.sampling, TOP)
    return body | extra


def with_window(body: Mapping[str, Any], window: int) -> dict[str, Any]:
    """A client's own body that asks for this window, too."""
    options = body.get("options")
    return {**body, "options": {**(options if isinstance(options, Mapping) else {}), "num_ctx": window}}


def _write_message(message: Message, *, own: bool) -> dict[str, Any]:
    for part in message.parts:
        raise RequestError(
            f"an Ollama backend takes no content of type {shown(part.get('type'))}; send text or image_url"
        )
    out: dict[str, Any] = {"role": message.role, "content": turn_text(message)}
    if message.reasoning:
        out["thinking"] = message.reasoning
    if message.images:
        out["images"] = [_write_image(image) for image in message.images]
    if message.tool_calls:
        out["tool_calls"] = [_write_call(call) for call in message.tool_calls]
    if message.tool_name:
        out["tool_name"] = message.tool_name
    if message.tool_call_id:
        out["tool_call_id"] = message.tool_call_id
    return out | dict(message.extra) if own else out


def _write_image(image: Image) -> str:
    if image.url is not None:
        raise RequestError(NO_IMAGE_URLS)
    # Go's decoder skips line ends in base64 and refuses every other blank.
    return "".join(image.data.split()) if " " in image.data or "\t" in image.data else image.data


def _write_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": argument_values(call)}
    return {"function": function} if call.id is None else {"id": call.id, "function": function}
