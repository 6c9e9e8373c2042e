"""The items of `input` into messages.

Items are flat: the thoughts, the text and the calls of a model's turn are an item each, and become one message here. A
turn ends before an item that is not the model's. A model that has made calls goes on with the same turn until their
results come, as every other wire demands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from toolbridge.budget import Budget
from toolbridge.errors import RequestError, shown
from toolbridge.events import ToolCall
from toolbridge.messages import Image, Message, Role, Tool
from toolbridge.wire.fields import Fields, read_arguments, read_content
from toolbridge.wire.freeform import arguments_of_text
from toolbridge.wire.namespaces import joined
from toolbridge.wire.responses import tool_search
from toolbridge.wire.responses.compaction import KINDS as SUMMARIES
from toolbridge.wire.responses.compaction import TRIGGER, read_summary

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_CALLS = ("function_call", "custom_tool_call", tool_search.CALL)
_RESULTS = ("function_call_output", "custom_tool_call_output", tool_search.OUTPUT)
KINDS = ("message", "reasoning", *_CALLS, *_RESULTS)
"""The types of items that are read as turns."""
TOOLS = "additional_tools"
"""The type of an item that holds tools. Codex sends its tools so, as the first item."""
_NO_TURNS = (
    TOOLS,
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    TRIGGER,
    "ghost_snapshot",
)
"""Types of items that say nothing to a model: tools, past work of OpenAI's own servers, and marks of Codex."""


ToolsOf = Callable[[Fields], Iterable[Tool]]


def read_items(body: Fields, budget: Budget, tools_of: ToolsOf) -> Iterator[Message]:
    """The messages of `input`: a text, or items, each of which counts as a turn. Raises `RequestError`.

    `tools_of` reads the tools in an item.
    """
    value = body.values.get("input")
    if isinstance(value, str):
        yield Message("user", value)
        return
    turn: list[tuple[str, Fields]] = []
    """The items of the model's turn that is being read, each with its type."""
    kinds: set[str] = set()
    """The types of the items in `turn`."""
    for item in body.counted("input", "turns", budget):
        kind = item.text("type") or ("message" if "role" in item.values else "")
        if kind in _NO_TURNS or tool_search.is_servers(item):
            continue
        role = _role(item) if kind == "message" else None
        is_models = role == "assistant" or kind == "reasoning" or kind in _CALLS
        if turn and not (is_models and _goes_on(kinds, kind)):
            yield _read_turn(turn)
            turn, kinds = [], set()
        if is_models:
            turn.append((kind, item))
            kinds.add(kind)
        elif kind in _RESULTS:
            yield _read_result(item, kind, tools_of)
        elif role:
            yield Message(role, *_read_parts(item, "content"))
        elif kind in SUMMARIES:
            yield read_summary(item)
        else:
            raise RequestError(_strange(item, kind))
    if turn:
        yield _read_turn(turn)


def _goes_on(before: set[str], kind: str) -> bool:
    """Whether an item of this type belongs to the same turn as the items before it, whose types are `before`."""
    return kind in _CALLS or not before.isdisjoint(_CALLS) or "message" not in before


def _read_turn(turn: list[tuple[str, Fields]]) -> Message:
    contents = [_read_parts(item, "content") for kind, item in turn if kind == "message"]
    thoughts = [_read_thought(item) for kind, item in turn if kind == "reasoning"]
    return Message(
        role="assistant",
        content="\n\n".join(text for text, _ in contents if text),
        images=tuple(image for _, images in contents for image in images),
        reasoning="\n\n".join(filter(None, thoughts)),
        tool_calls=tuple(_read_call(item, kind) for kind, item in turn if kind in _CALLS),
    )


def _role(item: Fields) -> Role:
    word = item.text("role") or ""
    role = _ROLES.get(word.lower())
    if role is None:
        raise RequestError(f"{item.at('role')} must be one of {', '.join(_ROLES)}, not {shown(word)}")
    return role


def _read_parts(item: Fields, name: str) -> tuple[str, tuple[Image, ...]]:
    """The texts and pictures of a message or a result."""
    content = read_content(item, name)
    for part in content.others:
        raise RequestError(
            f"{part.at('type')} {shown(part.values.get('type'))} is not supported; "
            "send parts of type input_text, output_text or input_image"
        )
    return content.text, content.images


def _read_thought(item: Fields) -> str:
    """The readable texts of a reasoning item. Only the server that wrote `encrypted_content` can read it."""
    texts = [part.text("text") for name in ("summary", "content") for part in item.children(name)]
    return "\n\n".join(dict.fromkeys(text for text in texts if text))


def _read_call(item: Fields, kind: str) -> ToolCall:
    name = tool_search.NAME if kind == tool_search.CALL else item.text("name")
    call_id = item.text("call_id")
    if not name or not call_id:
        raise RequestError(f"{item.at('call_id')} and {item.at('name')} are required in an item of type {kind}")
    name = joined(item.text("namespace"), name)
    if kind == "custom_tool_call":
        return ToolCall(name, arguments_of_text(item.text("input") or ""), call_id)
    return ToolCall(name, read_arguments(item), call_id)


def _read_result(item: Fields, kind: str, tools_of: ToolsOf) -> Message:
    call_id = item.text("call_id")
    if not call_id:
        raise RequestError(f"{item.at('call_id')} is required: the id of the call that this is the output of")
    if kind == tool_search.OUTPUT:
        return tool_search.read_output(item, tools_of(item))
    text, images = _read_parts(item, "output")
    return Message("tool", text, images, tool_call_id=call_id)


def _strange(item: Fields, kind: str) -> str:
    """The error message for an item that is not read."""
    if kind == "item_reference":
        return f"{item.path}: item_reference cannot be followed, as no items are kept here; send the item itself"
    return f"{item.path}: unknown input item type: {shown(kind)}; known are {', '.join(KINDS)}"


def leading(messages: list[Message]) -> list[Message]:
    """The messages, with the system messages at the beginning joined, as templates take only one system message."""
    first = next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))
    if first < 2:
        return messages
    text = "\n\n".join(filter(None, (message.content for message in messages[:first])))
    images = tuple(image for message in messages[:first] for image in message.images)
    return [Message("system", text, images), *messages[first:]]
