"""`ChatRequest` into the body that an OpenAI-compatible backend takes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from toolbridge.messages import ChatRequest, Image, Message, ToolChoice
from toolbridge.tools import write_tool
from toolbridge.wire.fields import Fields, write_table
from toolbridge.wire.linking import linked
from toolbridge.wire.openai.read_request import ALL_SAMPLING, NAME, NEWER_MAX, SAMPLING, read_format
from toolbridge.wire.turns import image_address, turn_text

_IMAGE_ONLY = "(an image, attached to the next message)"
"""The text of a result that is a picture and nothing else."""


def write_request(request: ChatRequest) -> dict[str, Any]:
    """The body for a backend of this wire. Fields that the request does not set stay absent.

    With a stream the body asks for usage, which most servers do not send unasked.
    """
    own = request.source == NAME
    extra = dict(request.extra) if own else {}
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_write_message(message, own=own) for message in _pictured(linked(request.messages))],
    }
    if request.tools:
        body["tools"] = [write_tool(tool) for tool in request.tools]
        if request.tool_choice != ToolChoice():
            body["tool_choice"] = _write_choice(request.tool_choice)
        if not request.parallel:
            body["parallel_tool_calls"] = False
    body["stream"] = request.stream
    wishes = extra.pop("stream_options", {})
    if request.stream:
        body["stream_options"] = {**wishes, "include_usage": True}
    body |= _write_sampling(request, newer=NEWER_MAX in extra)
    clients = extra.pop("response_format", None)
    if request.format is not None:
        body["response_format"] = _write_format(request.format, clients)
    elif clients is not None and read_format(Fields(clients)) is None:
        # Only this server knows its type. A form that we do know was taken out of the request on purpose.
        body["response_format"] = clients
    if request.think is not None:
        body["reasoning_effort"] = write_effort(request.think)
    return body | {name: value for name, value in extra.items() if name not in body}


def _write_sampling(request: ChatRequest, *, newer: bool) -> dict[str, Any]:
    # Strict servers refuse fields beyond OpenAI's own. A client of this wire knows its server, and may send them.
    out = write_table(request.sampling, ALL_SAMPLING if request.source == NAME else SAMPLING)
    if not out.get("stop", True):
        del out["stop"]
    most = out.pop("max_tokens", None)
    # Ollama's -1 and -2 mean that a reply may be as long as there is room for.
    if most is not None and most >= 0:
        out[NEWER_MAX if newer else "max_tokens"] = most
    return out


def _write_choice(choice: ToolChoice) -> str | dict[str, Any]:
    return choice.mode if choice.name is None else {"type": "function", "function": {"name": choice.name}}


def _write_format(wanted: Any, clients: Any) -> dict[str, Any]:
    if wanted == "json":
        return {"type": "json_object"}
    inner = clients.get("json_schema") if clients else None
    # A reply may be held to another schema than the client's, which has a name and strictness of its own.
    if not isinstance(inner, dict) or inner.get("schema") != wanted:
        inner = {"name": "schema"} | ({"strict": True} if _is_strict(wanted) else {})
    return {"type": "json_schema", "json_schema": inner | {"schema": wanted}}


def _is_strict(schema: Any) -> bool:
    """Whether OpenAI takes a schema as strict: it refuses a strict schema that leaves any property open."""
    if isinstance(schema, list):
        return all(map(_is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties") or {}
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False or {*properties} != {*(schema.get("required") or ())}
    ):
        return False
    return all(map(_is_strict, schema.values()))


def write_effort(think: bool | str) -> str:
    """The effort for a wish to think: the client's own word, or a word for yes or no."""
    if isinstance(think, str):
        return think
    return "medium" if think else "none"


def _write_message(message: Message, *, own: bool) -> dict[str, Any]:
    out: dict[str, Any] = {"role": message.role, "content": _write_content(message)}
    if message.reasoning:
        out["reasoning_content"] = message.reasoning
    if message.tool_calls:
        out["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments_json}}
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        out["tool_call_id"] = message.tool_call_id
    if message.tool_name:
        out["name"] = message.tool_name
    return out | dict(message.extra) if own else out


def _pictured(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages, with the pictures of results moved into the next user turn, as a result of this wire is text."""
    pictures: list[Image] = []
    for message in messages:
        if message.role == "tool":
            pictures += message.images
            yield replace(message, content=message.content or _IMAGE_ONLY, images=()) if message.images else message
            continue
        if pictures and message.role == "user":
            yield replace(message, images=(*pictures, *message.images))
        else:
            yield from (Message("user", images=tuple(pictures)), message) if pictures else (message,)
        pictures = []
    if pictures:
        yield Message("user", images=tuple(pictures))


def _write_content(message: Message) -> str | list[dict[str, Any]]:
    text = turn_text(message)
    if not (message.images or message.parts):
        return text
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    return [*parts, *map(_write_image, message.images), *map(dict, message.parts)]


def _write_image(image: Image) -> dict[str, Any]:
    address = {"url": image_address(image)}
    return {"type": "image_url", "image_url": address | ({"detail": image.detail} if image.detail else {})}
