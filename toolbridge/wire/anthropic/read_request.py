"""`/v1/messages` bodies into `ChatRequest`.

A user turn of this wire may hold results and text. The results become messages of their own ahead of the text, as on
every other wire. A block of a kind that no other wire has (a tool reference, a search result) is shown to the model as
its JSON. Past work of Anthropic's own servers is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from toolbridge.budget import Budget
from toolbridge.errors import RequestError, shown
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Role, Tool, ToolChoice
from toolbridge.wire.codec import json_text
from toolbridge.wire.fields import (
    Fields,
    Table,
    naming,
    read_arguments,
    read_body,
    read_model,
    read_table,
    read_tool_list,
)
from toolbridge.wire.linking import named

NAME = "anthropic"

SAMPLING: Table = {
    "max_tokens": ("max_tokens", Fields.integer),
    "temperature": ("temperature", Fields.number),
    "top_p": ("top_p", Fields.number),
    "top_k": ("top_k", Fields.integer),
    "stop_sequences": ("stop", Fields.texts),
}

THOUGHTS = ("thinking", "redacted_thinking")
"""Blocks of past thinking. They go back to a backend of this wire unchanged, as it checks their signatures."""

_BODY = ("model", "messages", "system", "tools", "tool_choice", "stream", "output_format", *SAMPLING)
_ROLES: Mapping[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}
_CUSTOM = ("custom", "function", None)
"""Types of tools that come with a schema; the others (web search, bash, text editor) are Anthropic's own."""
_TOOL = ("name", "description", "input_schema", "strict")
_CHOICES: Mapping[str, ToolChoice] = {
    "auto": ToolChoice(),
    "any": ToolChoice("required"),
    "none": ToolChoice("none"),
}
_THINKS: Mapping[str, bool | None] = {"enabled": True, "disabled": False, "adaptive": None}
"""Adaptive thinking is as much as the model sees fit. Other wires ask for it by leaving the field out."""
_BILLING = "x-anthropic-billing-header:"
"""The beginning of a line that Claude Code puts before its system prompt. It holds a checksum (`cch=`) that changes
with every request, so a backend that reads it loses the prompt that its cache holds. No model needs the line."""
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "ultra", "max")


def read_request(body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
    """A client's body. Raises `RequestError`."""
    return read_body(body, _BODY, _read, budget)


def _read(body: Fields, budget: Budget) -> ChatRequest:
    model = read_model(body)
    if (body.integer("max_tokens") or 0) < 1:
        raise RequestError("max_tokens is required and must be positive")
    turns = body.counted("messages", "turns", budget)
    messages = _placed(message for turn in turns for message in _read_turn(turn, budget))
    if not messages:
        raise RequestError("messages is required: send at least one")
    sampling = read_table(body, SAMPLING)
    if not sampling.get("stop", True):
        del sampling["stop"]
    dropped: dict[str, str] = {}
    tools = tuple(read_tool_list(body, budget, types=_CUSTOM, flat=_TOOL, dropped=dropped))
    tools = _loaded(body, tools, messages)
    choice, parallel = _read_choice(body, tools, dropped)
    return ChatRequest(
        model=model,
        messages=named([*_read_system(body), *messages]),
        tools=tools,
        tool_choice=choice,
        parallel=parallel,
        stream=body.flag("stream") or False,
        sampling=sampling,
        format=_read_format(body),
        think=_read_think(body),
        source=NAME,
        extra=body.rest(_BODY),
        dropped=tuple(dict.fromkeys(dropped.values())),
    )


def _loaded(body: Fields, tools: tuple[Tool, ...], messages: list[Message]) -> tuple[Tool, ...]:
    """The tools without those that are deferred and that no result has loaded.

    Claude Code defers most of its tools: its tool search answers with references, and only then they can be called.
    """
    entries = (entry for entry in body.items("tools") if isinstance(entry, Mapping))
    deferred = {str(entry.get("name")) for entry in entries if entry.get("defer_loading") is True}
    if not deferred:
        return tools
    loaded = {name for message in messages for name in message.loads}
    kept = (tool for tool in tools if tool.name not in deferred or tool.name in loaded)
    return tuple(replace(tool, deferred=True) if tool.name in deferred else tool for tool in kept)


def _read_system(body: Fields) -> Iterator[Message]:
    """The system prompt: a text, or blocks of text, which are joined by blank lines."""
    if isinstance(body.values.get("system"), str):
        texts = [body.text("system") or ""]
    else:
        texts = [block.text("text") or "" for block in body.children("system")]
    if text := "\n\n".join(filter(None, map(_unbilled, texts))):
        yield Message("system", text)


def _unbilled(text: str) -> str:
    """A text of the system prompt without the billing line at its beginning."""
    return text.partition("\n")[2].lstrip("\n") if text.lower().startswith(_BILLING) else text


def _placed(messages: Iterable[Message]) -> list[Message]:
    """The messages, with every system message behind the first turn made a part of a user turn.

    Claude Code writes a system message behind the first question. Templates take a system message only at the beginning
    (Qwen 3.5), and refuse two turns of one role in a row (Gemma, Mistral).
    """
    out: list[Message] = []
    added: list[Message] = []
    """The system messages behind the last turn of `out`, which is the user's."""
    for message in messages:
        before = out[-1] if out else None
        if message.role == "system" and before is not None and before.role == "user":
            added.append(message)
            continue
        _add(out, added)
        added = []
        is_late = message.role == "system" and before is not None and before.role != "system"
        out.append(replace(message, role="user") if is_late else message)
    _add(out, added)
    return out


def _add(out: list[Message], added: list[Message]) -> None:
    """Put messages into the last turn. All of them are joined at once, as there may be ten thousand."""
    if added:
        parts = (out[-1], *added)
        text = "\n\n".join(filter(None, (part.content for part in parts)))
        out[-1] = replace(out[-1], content=text, images=tuple(image for part in parts for image in part.images))


def _read_turn(turn: Fields, budget: Budget) -> Iterator[Message]:
    word = turn.text("role") or ""
    role = _ROLES.get(word.lower())
    if role is None:
        raise RequestError(f"{turn.at('role')} must be user or assistant, not {shown(word)}")
    content = turn.values.get("content")
    if content is None or isinstance(content, str):
        yield Message(role, content or "")
        return
    if not isinstance(content, list):
        raise turn.wrong("content", "a string or an array of blocks")
    blocks = list(turn.children("content"))
    if role == "assistant":
        yield _read_assistant(blocks)
        return
    results = [block for block in blocks if block.values.get("type") == "tool_result"]
    # Every result becomes a message. The turn has been counted already, so the first result is free.
    budget.spend("turns", max(0, len(results) - 1))
    for result in results:
        yield _read_result(result)
    others = [block for block in blocks if block.values.get("type") != "tool_result"]
    if others or not results:
        text, images = _read_blocks(others)
        yield Message(role, text, images)


def _read_assistant(blocks: list[Fields]) -> Message:
    texts: list[str] = []
    thoughts: list[Fields] = []
    calls: list[ToolCall] = []
    for block in blocks:
        match block.text("type"):
            case "tool_use":
                calls.append(_read_call(block))
            case "thinking" | "redacted_thinking":
                thoughts.append(block)
            case "text" | None:
                texts.append(block.text("text") or "")
    signed = any(block.values.get("signature") or block.values.get("data") for block in thoughts)
    return Message(
        role="assistant",
        content="\n".join(filter(None, texts)),
        reasoning="\n".join(filter(None, (block.text("thinking") for block in thoughts))),
        tool_calls=tuple(calls),
        extra={"thoughts": [dict(block.values) for block in thoughts]} if signed else {},
    )


def _read_call(block: Fields) -> ToolCall:
    name, call_id = block.text("name"), block.text("id")
    if not name or not call_id:
        raise RequestError(f"{block.at('id')} and {block.at('name')} are required in a block of type tool_use")
    return ToolCall(name, read_arguments(block, "input"), call_id)


def _read_result(block: Fields) -> Message:
    call_id = block.text("tool_use_id")
    if not call_id:
        raise RequestError(f"{block.at('tool_use_id')} is required: the id of the call that this is the result of")
    content = block.values.get("content")
    loads: tuple[str, ...] = ()
    if content is None or isinstance(content, str):
        text, images = content or "", tuple[Image, ...]()
    elif isinstance(content, list):
        blocks = list(block.children("content"))
        text, images = _read_blocks(blocks)
        references = [inner for inner in blocks if inner.values.get("type") == "tool_reference"]
        loads = tuple(name for inner in references if (name := inner.text("tool_name")))
    else:
        raise block.wrong("content", "a string or an array of blocks")
    is_error = block.flag("is_error") or False
    return Message("tool", text, images, tool_call_id=call_id, is_error=is_error, loads=loads)


def _read_blocks(blocks: list[Fields]) -> tuple[str, tuple[Image, ...]]:
    """The texts of a turn or a result, joined by line ends, and its pictures."""
    texts: list[str] = []
    images: list[Image] = []
    for block in blocks:
        match block.text("type"):
            case "text" | None:
                texts.append(block.text("text") or "")
            case "image":
                images.append(_read_image(block))
            case "document":
                texts.append(_read_document(block))
            case kind if kind not in THOUGHTS:
                texts.append(json_text(block.values))
    return "\n".join(texts), tuple(images)


def _read_image(block: Fields) -> Image:
    source = block.child("source") or Fields({}, block.at("source"))
    kind = source.text("type")
    if kind == "url" and (url := source.text("url")):
        return Image(url=url)
    data = source.text("data")
    if kind != "base64" or not data:
        raise RequestError(f'{source.path} must be {{"type": "base64", "media_type": …, "data": …}}')
    return Image(data, source.text("media_type") or None)


def _read_document(block: Fields) -> str:
    """The title and the text of a document. No backend can read a document of another kind (PDF)."""
    source = block.child("source") or Fields({}, block.at("source"))
    kind, title = source.text("type"), block.text("title")
    if kind == "text":
        text = source.text("data") or ""
    elif kind == "content" and isinstance(source.values.get("content"), list):
        text = "\n".join(filter(None, (inner.text("text") for inner in source.children("content"))))
    elif kind == "content":
        text = source.text("content") or ""
    else:
        raise RequestError(f"{source.at('type')} {shown(kind)} is not supported; send the document's text")
    return f"{title}\n{text}" if title else text


def _read_choice(body: Fields, tools: tuple[Tool, ...], dropped: Mapping[str, str]) -> tuple[ToolChoice, bool]:
    """The choice of a tool, and whether several calls are wanted at once. If no tools were offered it is ignored.

    `dropped` has the types of the tools that were left out (`read_tool_list`).
    """
    value = body.values.get("tool_choice")
    if isinstance(value, str):
        value = {"type": value}
    if value is None or not (tools or dropped):
        return ToolChoice(), True
    choice = Fields.of(value, "tool_choice", ())
    kind, parallel = choice.text("type") or "auto", not choice.flag("disable_parallel_tool_use")
    if kind in _CHOICES:
        return _CHOICES[kind], parallel
    if kind != "tool":
        raise RequestError(f'tool_choice.type must be "auto", "any", "tool" or "none", not {shown(kind)}')
    name = choice.text("name")
    if not name:
        raise RequestError('tool_choice.name is required: send {"type": "tool", "name": …}')
    if name in {tool.name for tool in tools}:
        return ToolChoice("required", name), parallel
    if name not in dropped:
        raise RequestError(f"tool_choice.name: no tool is called {shown(name)}")
    return ToolChoice("required", dropped[name]), parallel


def _read_format(body: Fields) -> Mapping[str, Any] | None:
    """The schema in `output_config.format`, or in `output_format`, its name in the beta."""
    config = body.child("output_config")
    wanted = (config.child("format") if config else None) or body.child("output_format")
    schema = wanted.child("schema") if wanted else None
    return schema.values if schema else None


def _read_think(body: Fields) -> bool | str | None:
    """Whether to think; how much, if the client names an effort and thinking is not off."""
    thinking, config = body.child("thinking"), body.child("output_config")
    kind = thinking.text("type") if thinking else None
    if thinking and kind not in _THINKS:
        named_kind = naming(None) if kind is None else repr(kind)
        raise RequestError(f'thinking.type must be "enabled", "disabled" or "adaptive", not {named_kind}')
    effort = config.text("effort") if config else None
    if effort is not None and effort not in _EFFORTS:
        raise RequestError(f"output_config.effort must be low, medium, high, xhigh or max, not {shown(effort)}")
    think = _THINKS[kind] if kind else None
    return think if think is False else effort or think
