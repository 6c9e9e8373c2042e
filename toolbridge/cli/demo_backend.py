"""A backend that speaks Ollama's wire and has one model, which is scripted and takes no tools.

    GET, HEAD /, /api/version, /api/tags      GET /api/ps      POST /api/show, /api/chat, /api/generate
    GET /v1/models, /v1/models/{name}

Answers, errors and their statuses are Ollama's, down to the escaped `<` of its JSON. A request with `tools` is refused,
as Ollama refuses it for a model without tools. So everything that the model knows of tools stands in its prompt.
"""

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from toolbridge.cli.scripted.model import Turns, pieces, reply
from toolbridge.models import full_name

MODEL = "scripted:latest"
VERSION = "0.12.0"
"""The version of Ollama that has these answers; VS Code asks for 0.6.4 at least."""

_BODY_BYTES = 64 * 1024 * 1024
_LOADED = timedelta(minutes=5)
_CREATED = "2026-01-01T00:00:00Z"
_CREATED_SECONDS = 1767225600
_CHARACTERS_PER_TOKEN = 4
_DETAILS = {
    "parent_model": "",
    "format": "script",
    "family": "scripted",
    "families": ["scripted"],
    "parameter_size": "0B",
    "quantization_level": "none",
}
_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""The characters that Go's JSON writes as escapes."""

Watch = Callable[[str], None]
"""Called with each piece of text that the model writes."""


class _Refused(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def create_backend(*, pace: float = 0.0, watch: Watch | None = None) -> web.Application:
    """The backend as an application; `pace` is in seconds for each piece of text."""
    backend = _Backend(pace, watch)
    app = web.Application(middlewares=[_plain_errors], client_max_size=_BODY_BYTES)
    app.add_routes(
        [
            web.get("/", backend.root),
            web.get("/api/version", backend.version),
            web.get("/api/tags", backend.tags),
            web.get("/api/ps", backend.running, allow_head=False),
            web.post("/api/show", backend.show),
            web.post("/api/chat", backend.chat),
            web.post("/api/generate", backend.generate),
            web.get("/v1/models", backend.openai_models, allow_head=False),
            web.get("/v1/models/{name:.+}", backend.openai_model, allow_head=False),
        ]
    )
    return app


@web.middleware
async def _plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except _Refused as error:
        return _json({"error": error.message}, error.status)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return web.Response(text="405 method not allowed", status=405, headers={"Allow": allowed})
    except web.HTTPNotFound:
        return web.Response(text="404 page not found", status=404)
    except web.HTTPRequestEntityTooLarge:
        return _json({"error": "http: request body too large"}, 400)


class _Backend:
    """The routes, and whether the model counts as loaded."""

    def __init__(self, pace: float, watch: Watch | None) -> None:
        self._pace = pace
        self._watch = watch
        self._expires: datetime | None = None

    async def root(self, _request: web.Request) -> web.Response:
        return web.Response(text="Ollama is running")

    async def version(self, _request: web.Request) -> web.Response:
        return _json({"version": VERSION})

    async def tags(self, _request: web.Request) -> web.Response:
        return _json({"models": [_entry() | {"modified_at": _CREATED, "details": _DETAILS}]})

    async def running(self, _request: web.Request) -> web.Response:
        if self._expires is None or self._expires < datetime.now(UTC):
            return _json({"models": []})
        loaded = {"details": _DETAILS, "expires_at": _written(self._expires), "size_vram": 0, "context_length": 8192}
        return _json({"models": [_entry() | loaded]})

    async def show(self, request: web.Request) -> web.Response:
        body = await _body(request, "ShowRequest")
        name = _name(body.get("model") or body.get("name"))
        if not _is_known(name):
            raise _Refused(404, f"model '{full_name(name)}' not found")
        return _json(
            {
                "license": "MIT",
                "modelfile": f"# The scripted model of toolbridge's demo.\nFROM {MODEL}\n",
                "template": "{{ .System }}\n{{ .Prompt }}",
                "details": _DETAILS,
                "model_info": {
                    "general.architecture": "scripted",
                    "general.basename": "scripted",
                    "general.parameter_count": 0,
                    "scripted.context_length": 8192,
                },
                "capabilities": ["completion"],
                "modified_at": _CREATED,
            }
        )

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request, "ChatRequest")
        model = _name(body.get("model"))
        turns = _turns(body.get("messages"))
        _check(model, body)
        if not turns:
            return self._load(model, body, {"message": {"role": "assistant", "content": ""}})
        return await self._answer(
            request, body, turns, lambda text: {"message": {"role": "assistant", "content": text}}
        )

    async def generate(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request, "GenerateRequest")
        model = body.get("model") or ""
        prompt, system = body.get("prompt") or "", body.get("system") or ""
        if not all(isinstance(text, str) for text in (model, prompt, system)):
            raise _Refused(400, "json: cannot unmarshal a value into Go struct field GenerateRequest of type string")
        _check(model, body)
        if not prompt:
            return self._load(model, body, {"response": ""})
        turns = [("system", system), ("user", prompt)] if system else [("user", prompt)]
        return await self._answer(request, body, turns, lambda text: {"response": text})

    async def openai_models(self, _request: web.Request) -> web.Response:
        return _json({"object": "list", "data": [_openai_entry()]})

    async def openai_model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if _is_known(name):
            return _json(_openai_entry() | {"id": name})
        error = {"message": f"model '{name}' not found", "type": "not_found_error", "param": None, "code": None}
        return _json({"error": error}, 404)

    def _load(self, model: str, body: Mapping[str, Any], reply: Mapping[str, Any]) -> web.Response:
        """The answer to a request without words, which asks to load or unload the model."""
        unloads = body.get("keep_alive") in (0, "0", "0s")
        self._expires = None if unloads else datetime.now(UTC) + _LOADED
        return _json(_line(model, reply) | {"done": True, "done_reason": "unload" if unloads else "load"})

    async def _answer(
        self,
        request: web.Request,
        body: Mapping[str, Any],
        turns: Turns,
        holding: Callable[[str], Mapping[str, Any]],
    ) -> web.StreamResponse:
        """The model's reply, streamed or in one piece. `holding` makes the fields of a line that hold a text."""
        begun = time.perf_counter_ns()
        self._expires = datetime.now(UTC) + _LOADED
        model = body["model"]
        most = _most_pieces(body)
        written = list(pieces(reply(turns)))
        closing = {
            "done": True,
            "done_reason": "stop" if most is None or most >= len(written) else "length",
            "load_duration": 1,
            "prompt_eval_count": max(sum(len(text) for _, text in turns) // _CHARACTERS_PER_TOKEN, 1),
            "prompt_eval_duration": max(time.perf_counter_ns() - begun, 1),
            "eval_count": max(len(written[:most]), 1),
        }

        def end(text: str) -> dict[str, Any]:
            lasted = max(time.perf_counter_ns() - begun, 1)
            return _line(model, holding(text)) | closing | {"total_duration": lasted, "eval_duration": lasted}

        if body.get("stream") is False:
            async for _ in self._paced(written[:most]):
                pass
            return _json(end("".join(written[:most])))
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        with contextlib.suppress(ConnectionResetError):  # the client went away, and so the generation ends
            await response.prepare(request)
            async for piece in self._paced(written[:most]):
                await response.write(_dumped(_line(model, holding(piece)) | {"done": False}) + b"\n")
            await response.write(_dumped(end("")) + b"\n")
            await response.write_eof()
        return response

    async def _paced(self, written: Iterable[str]) -> AsyncIterator[str]:
        """The pieces, with the pause before each."""
        for piece in written:
            if self._pace:
                await asyncio.sleep(self._pace)
            if self._watch:
                self._watch(piece)
            yield piece


async def _body(request: web.Request, struct: str) -> dict[str, Any]:
    """The object that a body holds, whatever its Content-Type says."""
    data = await request.read()
    if not data.strip():
        raise _Refused(400, "missing request body")
    try:
        text = data.decode("utf-8", "replace")
        body = json.loads(text)
    except json.JSONDecodeError as error:
        where = text[error.pos : error.pos + 1]
        message = f"invalid character '{where}' looking for beginning of value" if where else "unexpected EOF"
        raise _Refused(400, message) from None
    except RecursionError:
        raise _Refused(400, "json: exceeded max depth") from None
    if not isinstance(body, dict):
        raise _Refused(400, f"json: cannot unmarshal {_kind(body)} into Go value of type api.{struct}")
    return body


def _turns(messages: Any) -> Turns:
    if messages is None:
        return []
    if not isinstance(messages, list):
        raise _Refused(400, f"json: cannot unmarshal {_kind(messages)} into Go struct field ChatRequest.messages")
    turns = []
    for message in messages:
        role = message.get("role", "") if isinstance(message, dict) else None
        content = message.get("content") or "" if isinstance(message, dict) else None
        if not isinstance(role, str) or not isinstance(content, str):
            raise _Refused(400, "json: cannot unmarshal a value into Go struct field ChatRequest.messages")
        turns.append((role.lower(), content))
    return turns


def _check(model: str, body: Mapping[str, Any]) -> None:
    """Refuse what Ollama refuses for a model that completes text and nothing else."""
    if not _is_known(model):
        raise _Refused(404, f"model '{model}' not found")
    if body.get("tools"):
        raise _Refused(400, f"registry.ollama.ai/library/{full_name(model)} does not support tools")
    if body.get("think"):
        raise _Refused(400, f'"{model}" does not support thinking')


def _name(model: Any) -> str:
    if not isinstance(model, str) or not model:
        raise _Refused(400, "model is required")
    return model


def _is_known(model: str) -> bool:
    return full_name(model).lower() == MODEL


def _most_pieces(body: Mapping[str, Any]) -> int | None:
    """The limit of `num_predict`; None where it sets no limit."""
    options = body.get("options")
    most = options.get("num_predict") if isinstance(options, Mapping) else None
    return most if type(most) is int and most > 0 else None


def _entry() -> dict[str, Any]:
    digest = hashlib.sha256(MODEL.encode()).hexdigest()
    return {"name": MODEL, "model": MODEL, "size": 0, "digest": digest}


def _openai_entry() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": _CREATED_SECONDS, "owned_by": "library"}


def _line(model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": model, "created_at": _written(datetime.now(UTC)), **fields}


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _kind(value: Any) -> str:
    return {list: "array", str: "string", dict: "object", bool: "bool"}.get(type(value), "number")


def _dumped(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)
    return text.encode("utf-8", "backslashreplace")


def _json(value: Any, status: int = 200) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return web.Response(body=_dumped(value), status=status, headers=headers)
