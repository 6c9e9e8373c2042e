"""Backends for bombs: they answer every chat at once, and read, keep and remember nothing of it.

And bombs that come from a backend: pages of errors, descriptions of models, lists. Replies have tests of their own
(`tests/test_any_reply.py`, `tests/reply_parser/test_linear.py`).
"""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fake_ollama import FakeOllama, last
from tests.fake_openai import MODEL, USAGE, FakeOpenAI

_SHOW = {
    "details": {"family": "llama"},
    "model_info": {"general.architecture": "llama"},
    "capabilities": ["completion"],
}
_WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "It rains."}, "finish_reason": "stop"}],
    "usage": USAGE,
}


class CalmOllama(FakeOllama):
    """Ollama's wire: any chat is good, any model is there."""

    def __init__(self) -> None:
        super().__init__()
        self.received = deque(maxlen=0)  # type: ignore[assignment] # what came is not kept
        answers: Mapping[str, tuple[bytes, str]] = {
            "/api/chat": (last(message={"content": "It rains."}), "application/x-ndjson"),
            "/api/generate": (last(response="It rains."), "application/x-ndjson"),
            "/api/show": (json.dumps(_SHOW).encode(), "application/json"),
            "/api/embed": (b'{"embeddings":[[1]]}', "application/json"),
            "/v1/chat/completions": (json.dumps(_WHOLE).encode(), "application/json"),
        }
        for path, (body, kind) in answers.items():
            self.more[path] = saying(body, kind)


class CalmOpenAI(FakeOpenAI):
    """OpenAI's wire: any chat is good."""

    async def _route(self, request: web.Request) -> web.StreamResponse:
        if request.method in ("GET", "HEAD"):
            return await super()._route(request)
        async for _ in request.content.iter_any():
            pass
        if "embeddings" in request.path:
            data = [{"object": "embedding", "index": 0, "embedding": [1.0]}]
            return web.json_response({"object": "list", "data": data, "model": MODEL, "usage": USAGE})
        if request.path == "/v1/completions":
            text = {"choices": [{"index": 0, "text": "It rains.", "finish_reason": "stop"}]}
            return web.json_response(_WHOLE | text)
        return web.json_response(_WHOLE)


def saying(body: bytes, kind: str, status: int = 200) -> Any:
    """An answer that is always the same."""

    async def answer(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers={"Content-Type": kind})

    return answer


HOSTILE: Mapping[str, tuple[int, str, bytes]] = {
    "a page of titles": (400, "text/html", b"<html>" + b"<title " * 150_000),
    "a page of titles that end nowhere": (400, "text/html", b"<html>" + b"<title>" * 150_000),
    "1 MB of angles": (400, "text/html", b"<" * (1 << 20)),
    "1 MB of braces": (400, "application/json", b"{" * (1 << 20)),
    "errors in errors": (400, "application/json", json.dumps({"error": '{"error":"' * 20_000}).encode()),
    "near a refusal of tools": (400, "application/json", json.dumps({"error": "does not support " * 60_000}).encode()),
    "near a refusal of roles": (
        400,
        "application/json",
        json.dumps({"error": "system role " * 60_000 + "must"}).encode(),
    ),
    "near a refusal of thinking": (400, "application/json", json.dumps({"error": "think " * 100_000}).encode()),
    "blanks near a refusal": (400, "application/json", json.dumps({"error": "roles must" + " " * 500_000}).encode()),
    "a list of errors": (400, "application/json", json.dumps({"error": [{"msg": "x" * 100}] * 5000}).encode()),
}
"""Answers of a backend to a chat. A bridge may say 4xx of them, or 502."""

DESCRIPTIONS: Mapping[str, dict[str, Any]] = {
    "a template of 1 MB of braces": _SHOW | {"template": "{{" * 500_000},
    "a template of 1 MB of tags": _SHOW | {"template": "{%- if tools %}" * 60_000},
    "a template of 1 MB of markers": _SHOW | {"template": "<tool_call>" * 90_000},
    "a template of 1 MB of blanks": _SHOW | {"template": " \n" * 500_000},
    "a template of openings": _SHOW | {"template": "{{- range " * 100_000},
    "a system of 1 MB": _SHOW | {"system": "s" * (1 << 20)},
    "a modelfile of 1 MB": _SHOW | {"modelfile": "FROM x\n" * 150_000, "parameters": "stop x\n" * 150_000},
    "100,000 capabilities": _SHOW | {"capabilities": [f"c{n}" for n in range(100_000)]},
    "100,000 facts": _SHOW | {"model_info": {f"general.k{n}": n for n in range(100_000)}},
    "a family of 1 MB": _SHOW | {"details": {"family": "llama-" * 170_000, "families": ["x"] * 10_000}},
}
"""Answers to `/api/show`."""

LISTS: Mapping[str, dict[str, Any]] = {
    "10,000 models": {
        "object": "list",
        "data": [{"id": f"m{n}", "object": "model", "created": 1} for n in range(10_000)],
    },
    "20,000 models without a name": {"object": "list", "data": [{"id": None}, {}, 5, None] * 5000},
    "a model with 1 MB": {"object": "list", "data": [{"id": "m", "meta": {"x": "y" * (1 << 20)}}]},
}
"""Answers to `/v1/models`."""
