"""`/api/generate` bodies into `ChatRequest`: a chat of one turn.

A chat has no `raw` and no `suffix`: they stay in `extra` for the writer of the request.
"""

import re
from collections.abc import Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest
from toolbridge.wire.fields import Fields
from toolbridge.wire.ollama.read_request import read_request as read_chat

NAME = "ollama.generate"
_OWN = ("prompt", "suffix", "system", "template", "context", "raw", "images")
_ZERO_PART = re.compile(r"(?:0+(?:\.0*)?|\.0+)(?:ns|us|µs|μs|ms|s|m|h)")
_DURATION_MOST = 64
"""The most characters of a time that is read; `2540400h10m10.000000000s` is the longest time with a meaning."""


class NoModel(RequestError):
    """A body without a model: on this route Ollama answers that a model of that name was not found."""

    status = 404
    kind = "not_found_error"


def read_request(body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
    """A client's body; without a prompt it is a request to load the model. Raises `RequestError`.

    `context` (the tokens of a conversation, as numbers of Ollama's) is deprecated and ignored: other servers cannot
    read it. A `template` is refused, as without it the model would be asked another prompt.
    """
    fields = Fields.of(body, "", ("model", *_OWN))
    if not fields.text("model"):
        raise NoModel("model '' not found")
    prompt, suffix = fields.text("prompt") or "", fields.text("suffix") or ""
    system, template = fields.text("system") or "", fields.text("template") or ""
    raw = fields.flag("raw") or False
    if raw and (system or template or fields.items("context")):
        raise RequestError("raw mode does not support template, system, or context")
    if template:
        raise RequestError(
            "this backend renders its own template: leave template out, or send the finished text as prompt with raw"
        )
    images = fields.items("images")
    messages: list[dict[str, Any]] = []
    if prompt or suffix or images:
        messages += [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": prompt, "images": images})
    rest = {name: value for name, value in fields.values.items() if name not in _OWN}
    request = read_chat(rest | {"messages": messages}, budget)
    extra = dict(request.extra) | ({"raw": True} if raw else {}) | ({"suffix": suffix} if suffix else {})
    return ChatRequest(
        model=request.model,
        messages=request.messages,
        stream=request.stream,
        sampling=request.sampling,
        format=request.format,
        think=request.think,
        source=NAME,
        extra=extra,
    )


def is_prompt(request: ChatRequest) -> bool:
    """Whether it is a finished prompt, or a prompt with a hole, and no conversation."""
    return bool(request.extra.get("raw") or request.extra.get("suffix"))


def unloads(request: ChatRequest) -> bool:
    """Whether a request without messages asks for the model to leave memory: a `keep_alive` of nothing."""
    value = request.extra.get("keep_alive")
    if isinstance(value, str):
        return _is_zero(value.strip())
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _is_zero(text: str) -> bool:
    """Whether text is a time of zero, as Go's `time.ParseDuration` reads it: a sign, then `0` or numbers with units."""
    if len(text) > _DURATION_MOST:
        return False
    parts = text[1:] if text.startswith(("+", "-")) else text
    pos = 0
    while found := _ZERO_PART.match(parts, pos):
        pos = found.end()
    return parts == "0" or 0 < pos == len(parts)
