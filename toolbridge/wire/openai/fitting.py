"""Fits a body of OpenAI's wire to the server that gets it: only fields that the server knows, under its names.

The body of a client of OpenAI's wire was written for this server, so it keeps all fields that the server does not
refuse.
"""

from collections.abc import Mapping
from typing import Any

from toolbridge.messages import ChatRequest
from toolbridge.traits import Traits
from toolbridge.wire.openai.read_request import NAME, NEWER_MAX

_HISTORY = ("reasoning", "reasoning_content")


def fitted(body: Mapping[str, Any], request: ChatRequest, traits: Traits) -> dict[str, Any]:
    """The body for a server of these traits. `write_request` made it of this request, as a chat or as a prompt."""
    out = dict(body)
    if request.source != NAME:
        out |= {theirs: request.sampling[ours] for ours, theirs in traits.sampling.items() if ours in request.sampling}
        is_chat = "messages" in out
        if request.think is not None:
            out.pop("reasoning_effort", None)
            out |= _thinking(request.think, traits) if is_chat else {}
        if traits.newer_max and is_chat and "max_tokens" in out:
            out[NEWER_MAX] = out.pop("max_tokens")
    if not traits.json_object and out.get("response_format") == {"type": "json_object"}:
        described = {"name": "object", "schema": {"type": "object"}}
        out["response_format"] = {"type": "json_schema", "json_schema": described}
    if traits.history is not None and "messages" in out:
        out["messages"] = [_message(message, traits.history) for message in out["messages"]]
    return accepted(out, traits)


def accepted(body: Mapping[str, Any], traits: Traits) -> dict[str, Any]:
    """The fields of a body that the server does not refuse."""
    return {name: value for name, value in body.items() if traits.fields is None or name in traits.fields}


def _thinking(think: bool | str, traits: Traits) -> dict[str, Any]:
    """The fields that tell this server to think or not, or how much."""
    off = think is False or think == "none"
    match traits.thinks:
        case "template":
            level = {"reasoning_effort": think} if isinstance(think, str) and not off else {}
            return {"chat_template_kwargs": {"enable_thinking": not off} | level}
        case "object":
            return {"reasoning": {"effort": think} if isinstance(think, str) else {"enabled": think}}
        case _:
            return {"reasoning_effort": "none" if off else think if isinstance(think, str) else "medium"}


def _message(message: Mapping[str, Any], field: str) -> dict[str, Any]:
    """A message with its reasoning in this field of the server; without reasoning if the field is empty."""
    reasoning = next((message[name] for name in _HISTORY if message.get(name)), None)
    out = {name: value for name, value in message.items() if name not in _HISTORY}
    return out | ({field: reasoning} if reasoning and field else {})
