"""`ChatRequest` into the body that a backend of Anthropic's wire takes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from toolbridge.errors import RequestError, shown
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.wire.anthropic.read_request import NAME, SAMPLING
from toolbridge.wire.fields import write_table
from toolbridge.wire.linking import linked
from toolbridge.wire.turns import argument_values, media_type

_MOST = 4096
"""`max_tokens` if the client did not set it; this wire has no default."""
_LEAST_BUDGET = 1024
_CHOICES: Mapping[str, str] = {"auto": "auto", "required": "any", "none": "none"}
_EFFORTS: Mapping[str, str] = {"minimal": "low", "ultra": "max"}
"""The words of this wire for the efforts that only OpenAI's wire names."""


def write_request(request: ChatRequest) -> dict[str, Any]:
    """The body for a backend of this wire. The arguments of past calls are Python values, integers of any size."""
    own = request.source == NAME
    extra = dict(request.extra) if own else {}
    messages = list(linked(request.messages))
    first = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
    body: dict[str, Any] = {"model": request.model}
    if system := "\n\n".join(message.content for message in messages[:first] if message.content):
        body["system"] = system
    pictures = tuple(image for message in messages[:first] for image in message.images)
    rest = [*([Message("user", images=pictures)] if pictures else ()), *messages[first:]]
    body["messages"] = list(_turns(rest, own=own)) or [{"role": "user", "content": ""}]
    if request.tools:
        body["tools"] = [_write_tool(tool) for tool in request.tools]
        body["tool_choice"] = _write_choice(request.tool_choice, parallel=request.parallel)
    body["stream"] = request.stream
    body |= _write_sampling(request)
    if request.think is not None and not own:
        body |= _write_think(request.think, body["max_tokens"])
    if request.format is not None:
        schema = {"type": "object"} if isinstance(request.format, str) else request.format
        config = body.get("output_config") or extra.pop("output_config", None) or {}
        body["output_config"] = dict(config) | {"format": {"type": "json_schema", "schema": schema}}
    return body | {name: value for name, value in extra.items() if name not in body}


def _write_sampling(request: ChatRequest) -> dict[str, Any]:
    out = write_table(request.sampling, SAMPLING)
    if not out.get("stop_sequences", True):
        del out["stop_sequences"]
    # Ollama's -1 and -2 mean that a reply may be as long as there is room for.
    if out.get("max_tokens", -1) < 1:
        out["max_tokens"] = _MOST
    return out


def _write_choice(choice: ToolChoice, *, parallel: bool) -> dict[str, Any]:
    named = choice.name is not None and choice.mode == "required"
    out: dict[str, Any] = {"type": "tool", "name": choice.name} if named else {"type": _CHOICES[choice.mode]}
    return out if parallel else out | {"disable_parallel_tool_use": True}


def _write_think(think: bool | str, most: int) -> dict[str, Any]:
    """The fields that turn thinking on or off, or name an effort. The budget must leave room for the answer."""
    if think is False or think == "none":
        return {"thinking": {"type": "disabled"}}
    if isinstance(think, str):
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": _EFFORTS.get(think, think)}}
    budget = max(_LEAST_BUDGET, most // 2)
    return {"thinking": {"type": "enabled", "budget_tokens": budget}, "max_tokens": max(most, 2 * budget)}


def _write_tool(tool: Tool) -> dict[str, Any]:
    out: dict[str, Any] = {"name": tool.name}
    if tool.description:
        out["description"] = tool.description
    out["input_schema"] = dict(tool.parameters) or {"type": "object", "properties": {}}
    return out if tool.strict is None else out | {"strict": tool.strict}


def _turns(messages: Iterable[Message], *, own: bool) -> Iterator[dict[str, Any]]:
    """The turns. Results in a row share a turn with the user's next message, which stands behind them."""
    results: list[dict[str, Any]] = []
    for message in messages:
        for part in message.parts:
            raise RequestError(f"a backend of Anthropic's wire takes no content of type {shown(part.get('type'))}")
        if message.role == "tool" and message.tool_call_id:
            results.append(_write_result(message))
            continue
        if message.role == "assistant":
            if results:
                yield {"role": "user", "content": results}
            yield {"role": "assistant", "content": _write_assistant(message, own=own)}
        elif results:
            yield {"role": "user", "content": [*results, *_blocks(message.content, message.images)]}
        else:
            # A system message behind the beginning, and a result without a call, are turns of the user.
            yield {"role": "user", "content": _write_content(message)}
        results = []
    if results:
        yield {"role": "user", "content": results}


def _write_assistant(message: Message, *, own: bool) -> str | list[dict[str, Any]]:
    thoughts = message.extra.get("thoughts") if own else None
    # Thinking without a signature is refused, so the thinking of another model is left out.
    blocks = [*(thoughts or ()), *_blocks(message.content, ())]
    blocks += [_write_call(call) for call in message.tool_calls]
    return blocks if len(blocks) > 1 or message.tool_calls else message.content


def _write_call(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": argument_values(call)}


def _write_result(message: Message) -> dict[str, Any]:
    out: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": message.tool_call_id,
        "content": _write_content(message),
    }
    return out | {"is_error": True} if message.is_error else out


def _write_content(message: Message) -> str | list[dict[str, Any]]:
    return _blocks(message.content, message.images) if message.images else message.content


def _blocks(text: str, images: Iterable[Image]) -> list[dict[str, Any]]:
    """Blocks for a text and for pictures; a block of text must not be empty."""
    pictures = [{"type": "image", "source": _write_source(image)} for image in images]
    return [{"type": "text", "text": text}, *pictures] if text else pictures


def _write_source(image: Image) -> dict[str, Any]:
    if image.url is not None:
        return {"type": "url", "url": image.url}
    return {"type": "base64", "media_type": media_type(image), "data": image.data}
