"""Translates requests, and replies in one piece, from one wire to another."""

import json
from collections.abc import Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.messages import ChatRequest
from toolbridge.translate.stream import StreamTranslator
from toolbridge.wire import backend_wire, wire
from toolbridge.wire.dropped import refuse_dropped


def read_request(body: Mapping[str, Any], source: str, *, budget: Budget | None = None) -> ChatRequest:
    """A chat body of this wire. Raises `RequestError`, with a message that tells the client how to mend the body.

    All work for a request draws from the same budget (`toolbridge.budget`); without a budget, each step has its own.
    """
    return wire(source).read_request(body, budget)


def write_request(request: ChatRequest, target: str) -> dict[str, Any]:
    """The chat body that a backend of this wire takes."""
    return backend_wire(target).write_request(request)


def translate_request(body: Mapping[str, Any], source: str, target: str) -> dict[str, Any]:
    """A chat body of one wire as a chat body of another. Raises `RequestError`."""
    request = read_request(body, source)
    refuse_dropped(request)
    return write_request(request, target)


def translate_reply(body: Mapping[str, Any], source: str, target: str) -> dict[str, Any]:
    """A reply in one piece of one wire as a reply of another; an error body if no reply can be read of it."""
    translator = StreamTranslator(source, target, request=ChatRequest(_model(body), source=target), stream=False)
    out = translator.feed(json.dumps(body).encode()) + translator.finish()
    translated: dict[str, Any] = json.loads(out)
    return translated


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    return model if isinstance(model, str) else ""
