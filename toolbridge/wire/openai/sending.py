"""`ChatRequest` into the body that an OpenAI-compatible backend takes."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, ToolChoice
from toolbridge.tools import write_tool
from toolbridge.wire.openai.requests import BEYOND, NAME, NEWER_MAX, SAMPLING

_MEDIA_TYPES = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("UklGR", "image/webp"),
    ("R0lGOD", "image/gif"),
)
"""How the base64 of each begins."""
_UNSAID = "image/png"


def write_request(request: ChatRequest) -> dict[str, Any]:
    """The body for a backend of this wire; what the request does not say stays absent.

    A streamed reply is asked for its usage, as most servers send none unasked.
    """
    own = request.source == NAME
    extra = dict(request.extra) if own else {}
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_write_message(message, own=own) for message in _linked(request.messages)],
    }
    if request.tools:
        body["tools"] = [write_tool(tool) for tool in request.tools]
        if request.tool_choice != ToolChoice():
            body["tool_choice"] = _write_choice(request.tool_choice)
        if not request.parallel:
            body["parallel_tool_calls"] = False
    body["stream"] = request.stream
    if request.stream:
        body["stream_options"] = {"include_usage": True}
    body |= _write_sampling(request, newer=NEWER_MAX in extra)
    given = extra.pop("response_format", None)
    if request.format is not None:
        body["response_format"] = _write_format(request.format, given)
    elif given is not None:
        body["response_format"] = given
    if request.think is not None:
        body["reasoning_effort"] = _write_effort(request.think)
    return body | {name: value for name, value in extra.items() if name not in body}


def _write_sampling(request: ChatRequest, *, newer: bool) -> dict[str, Any]:
    # What only some servers know is sent only if the client knew that it talks to one: strict ones refuse it.
    table = SAMPLING | BEYOND if request.source == NAME else SAMPLING
    out = {theirs: request.sampling[ours] for theirs, (ours, _) in table.items() if ours in request.sampling}
    if not out.get("stop", True):
        del out["stop"]
    most = out.pop("max_tokens", None)
    # Ollama's -1 and -2 mean as much as there is room for.
    if most is not None and most >= 0:
        out[NEWER_MAX if newer else "max_tokens"] = most
    return out


def _write_choice(choice: ToolChoice) -> str | dict[str, Any]:
    return choice.mode if choice.name is None else {"type": "function", "function": {"name": choice.name}}


def _write_format(wanted: Any, given: Any) -> dict[str, Any]:
    if wanted == "json":
        return {"type": "json_object"}
    inner = given.get("json_schema") if given else None
    described = inner if isinstance(inner, dict) else {"name": "schema", "strict": True}
    return {"type": "json_schema", "json_schema": described | {"schema": wanted}}


def _write_effort(think: bool | str) -> str:
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


def _write_content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.content}] if message.content else []
    return parts + [{"type": "image_url", "image_url": {"url": _image_url(image)}} for image in message.images]


def _image_url(image: Image) -> str:
    if image.url is not None:
        return image.url
    sniffed = (media_type for beginning, media_type in _MEDIA_TYPES if image.data.startswith(beginning))
    return f"data:{image.media_type or next(sniffed, _UNSAID)};base64,{image.data}"


def _linked(messages: Sequence[Message]) -> Iterator[Message]:
    """Messages whose calls and results carry ids, as this wire demands.

    The ids invented are the same each time the conversation comes, as backends cache its beginning.
    """
    given = {call.id for message in messages for call in message.tool_calls}
    invented = (name for number in count(1) if (name := f"call_{number}") not in given)
    unanswered = _Unanswered()
    for message in messages:
        if message.role == "tool":
            call = unanswered.take(message)
            if call is None:
                yield message
                continue
            # The name is said by the call already, and strict servers know no such field.
            tool_name = None if message.tool_name == call.name else message.tool_name
            yield replace(message, tool_call_id=call.id, tool_name=tool_name)
        elif message.tool_calls:
            calls = tuple(call if call.id else replace(call, id=next(invented)) for call in message.tool_calls)
            unanswered.add(calls)
            yield replace(message, tool_calls=calls)
        else:
            yield message


class _Unanswered:
    """Calls that wait for their result, found by id, else name, else order: Ollama's clients drop ids and names."""

    def __init__(self) -> None:
        self._by_id: dict[str | None, ToolCall] = {}
        self._by_name: defaultdict[str | None, deque[ToolCall]] = defaultdict(deque)
        self._in_order: deque[ToolCall] = deque()

    def add(self, calls: Iterable[ToolCall]) -> None:
        for call in calls:
            self._by_id[call.id] = call
            self._by_name[call.name].append(call)
            self._in_order.append(call)

    def take(self, result: Message) -> ToolCall | None:
        if result.tool_call_id:
            return self._by_id.pop(result.tool_call_id, None)
        for queue in (self._by_name[result.tool_name], self._in_order):
            while queue:
                call = queue.popleft()
                if self._by_id.get(call.id) is call:
                    return self._by_id.pop(call.id)
        return None
