"""Deferred tools, where tools are prompted for: each is described in the result that loads it.

Claude Code offers a dozen tools, and others only once its tool search has found them. A list of tools in the system
message that grew with each of them would change the prompt from its beginning, and the backend's prompt cache would be
lost. So the list holds the tools of the first request, and a result that refers to other tools tells how to call them.
"""

from dataclasses import replace

from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.wire.codec import json_text

_CALLABLE = "From now on these tools can be called, too:"


def told_in_place(request: ChatRequest) -> ChatRequest:
    """The request with the descriptions of deferred tools in the results that load them, and not among its tools."""
    deferred = {tool.name: tool for tool in request.tools if tool.deferred}
    listed = tuple(tool for tool in request.tools if not tool.deferred)
    if not deferred or not listed:
        return request
    messages: list[Message] = []
    for message in request.messages:
        # A tool may be loaded again; the first result has told how to call it.
        found = [deferred.pop(name) for name in message.loads if name in deferred]
        messages.append(_telling(message, found) if found else message)
    return replace(request, tools=(*listed, *deferred.values()), messages=tuple(messages))


def _telling(message: Message, tools: list[Tool]) -> Message:
    lines = (json_text(_written(tool)) for tool in tools)
    return replace(message, content="\n".join([message.content, _CALLABLE, *lines]))


def _written(tool: Tool) -> dict[str, object]:
    about = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **about, "parameters": tool.parameters}
