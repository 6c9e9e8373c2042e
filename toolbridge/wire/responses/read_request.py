"""`/v1/responses` bodies into `ChatRequest`.

Nothing is kept of a response, so a body that refers to an earlier response is refused. A client that sends the whole
conversation is answered, and clients with `store: false` do so. Fields that this wire shares with
`/v1/chat/completions` are read by the functions of `wire.openai.read_request`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from toolbridge.budget import Budget
from toolbridge.errors import RequestError, shown
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice
from toolbridge.wire.fields import Fields, ReadTool, Table, read_body, read_model, read_table, read_tool_list
from toolbridge.wire.linking import named
from toolbridge.wire.namespaces import TOOL_FIELDS, once_each, read_namespace
from toolbridge.wire.openai.read_request import FREEFORM, read_choice, read_effort
from toolbridge.wire.responses import compaction, tool_search
from toolbridge.wire.responses.items import TOOLS, leading, read_items

NAME = "responses"

SAMPLING: Table = {
    "temperature": ("temperature", Fields.number),
    "top_p": ("top_p", Fields.number),
    "max_output_tokens": ("max_tokens", Fields.integer),
    "presence_penalty": ("presence_penalty", Fields.number),
    "frequency_penalty": ("frequency_penalty", Fields.number),
}

ECHOED = (
    "instructions",
    "reasoning",
    "text",
    "truncation",
    "metadata",
    "max_tool_calls",
    "user",
    "safety_identifier",
    "prompt_cache_key",
)
"""Fields that the response repeats as they stood in the request."""

STORED = ("store", "previous_response_id")
"""Fields that the response repeats, and that a server which keeps responses sets in `ChatRequest.extra`."""
_KEPT: Mapping[str, str] = {
    "previous_response_id": "send the items of the conversation as input",
    "conversation": "send the items of the conversation as input",
    "prompt": "send its text as instructions",
    "background": "leave it out, and wait for the response",
}
"""Fields that need a server which keeps responses, and the advice for a client that sends them."""
_BODY = (
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "stream",
    "text",
    "reasoning",
    "include",
    *_KEPT,
    *SAMPLING,
)
_FUNCTIONS = ("function", None)
"""Types of tools with a schema. No model here can call tools of most other types (web search)."""
_OTHERS: Mapping[str, ReadTool] = {**FREEFORM, "namespace": read_namespace, tool_search.NAME: tool_search.read_search}


def read_request(body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
    """A client's body. Raises `RequestError`."""
    return read_body(body, _BODY, _read, budget)


def _read(body: Fields, budget: Budget) -> ChatRequest:
    model = read_model(body)
    for name, instead in _KEPT.items():
        if body.values.get(name):
            raise RequestError(f"{name} is not supported, as nothing is kept here of earlier responses: {instead}")
    if not body.values.get("input"):
        raise RequestError("input is required: a text, or a list of items")
    dropped: dict[str, str] = {}
    found: list[Tool] = []

    def tools_of(item: Fields) -> list[Tool]:
        own = list(tool_search.found(_read_tools(item, budget, dropped)))
        found.extend(own)
        return own

    messages = list(read_items(body, budget, tools_of))
    if instructions := body.text("instructions"):
        messages.insert(0, Message("system", instructions))
    extra = {name: body.values[name] for name in ECHOED if body.values.get(name) is not None}
    if include := body.texts("include"):
        extra["include"] = include
    tools = once_each([*_read_all_tools(body, budget, dropped), *found])
    choice, tools = read_choice(body, tools, dropped)
    parallel = body.flag("parallel_tool_calls")
    request = ChatRequest(
        model=model,
        messages=named(leading(messages)),
        tools=tools,
        tool_choice=choice,
        parallel=True if parallel is None else parallel,
        stream=body.flag("stream") or False,
        sampling=read_table(body, SAMPLING),
        format=_read_format(body),
        think=read_effort(body, {}),
        source=NAME,
        extra=extra,
        dropped=tuple(dict.fromkeys(dropped.values())),
    )
    return _compacting(request, body) if compaction.is_asked(body) else request


def _compacting(request: ChatRequest, body: Fields) -> ChatRequest:
    """The request for a summary of the conversation: a text, without tools."""
    return replace(
        request,
        messages=tuple(compaction.asking(list(request.messages))),
        tools=(),
        tool_choice=ToolChoice(),
        format=None,
        extra={**request.extra, compaction.KEPT: compaction.kept(body)},
        dropped=(),
    )


def _read_all_tools(body: Fields, budget: Budget, dropped: dict[str, str]) -> Iterator[Tool]:
    """The tools of the request, and those in items of the type `TOOLS`."""
    yield from _read_tools(body, budget, dropped)
    if isinstance(body.values.get("input"), list):
        for item in body.children("input"):
            if item.values.get("type") == TOOLS:
                yield from _read_tools(item, budget, dropped)


def _read_tools(holder: Fields, budget: Budget, dropped: dict[str, str]) -> Iterator[Tool]:
    return read_tool_list(holder, budget, types=_FUNCTIONS, flat=TOOL_FIELDS, others=_OTHERS, dropped=dropped)


def _read_format(body: Fields) -> str | Mapping[str, Any] | None:
    """The schema in `text.format`, or "json"; None for plain text."""
    text = body.child("text")
    wanted = text.child("format") if text else None
    if wanted is None:
        return None
    kind = wanted.text("type") or "text"
    if kind == "text":
        return None
    if kind == "json_object":
        return "json"
    if kind != "json_schema":
        raise RequestError(f'text.format.type must be "text", "json_object" or "json_schema", not {shown(kind)}')
    schema = wanted.child("schema")
    if schema is None:
        raise RequestError("text.format.schema is required with the type json_schema")
    return schema.values
