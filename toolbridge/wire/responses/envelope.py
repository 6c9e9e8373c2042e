"""The response object around the items, in each of its states.

    {"id": "resp_…", "object": "response", "status": "in_progress", "model": …, "output": [], …}

It is sent two or three times a stream, and holds the client's own instructions and tools, as OpenAI's does. The fields
that never change are written once. A field that the client did not set, and that the backend decides, is null.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from toolbridge.events import Error, Finish, Usage
from toolbridge.limits import KIB
from toolbridge.messages import ChatRequest
from toolbridge.wire.codec import Verbatim, object_of, write_json
from toolbridge.wire.openai.write_reply import write_error
from toolbridge.wire.reply_fields import count_of, mapping_of
from toolbridge.wire.responses.read_request import ECHOED, STORED
from toolbridge.wire.responses.write_request import write_choice, write_tools

_CODES: Mapping[int, str] = {400: "invalid_prompt", 429: "rate_limit_exceeded"}
"""The code of a response that failed, by status; any other status is a `server_error`."""


_LARGEST = 256 * KIB
"""Bytes of the client's own words that a response repeats at most. Megabytes would hold up every other stream while the
bridge writes them."""


class Envelope:
    """The states of one response. `created` is in whole unix seconds."""

    def __init__(self, constant: bytes, response_id: str, created: int) -> None:
        self.id = response_id
        self._head = {"id": response_id, "object": "response", "created_at": created}
        self._constant = constant

    def running(self) -> bytes:
        """The response before its first item."""
        return self._written("in_progress", [])

    def ended(
        self, output: Iterable[Verbatim], finish: Finish, now: float, *, status: str, incomplete: str | None = None
    ) -> bytes:
        """The response at its end. An incomplete response names the reason, or null if OpenAI has no word for it."""
        details = {"reason": incomplete} if status == "incomplete" else None
        done = int(now) if status == "completed" else None
        return self._written(status, output, details=details, usage=_usage(finish), completed_at=done)

    def failed(self, output: Iterable[Verbatim], error: Mapping[str, Any]) -> bytes:
        """The response that failed; `error` is what `error_of` made."""
        return self._written("failed", output, error={name: error[name] for name in ("code", "message")})

    def _written(
        self,
        status: str,
        output: Iterable[Verbatim],
        *,
        error: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        usage: Mapping[str, Any] | None = None,
        completed_at: int | None = None,
    ) -> bytes:
        state = self._head | {
            "completed_at": completed_at,
            "status": status,
            "incomplete_details": details,
            "error": error,
            "output": list(output),
            "usage": usage,
        }
        return b"%b,%b" % (write_json(state)[:-1], self._constant)


def constant(request: ChatRequest) -> bytes:
    """The fields that are the same in every state, most of them the client's own, as the end of a JSON object.

    They are sent two or three times in one stream. So they leave out tools and texts of the client that are too large
    for that.
    """
    whole = _constant(request)
    if len(whole) <= _LARGEST:
        return whole
    kept = {name: request.extra[name] for name in STORED if name in request.extra}
    return _constant(replace(request, tools=(), extra=kept))


def _constant(request: ChatRequest) -> bytes:
    sampling, extra = request.sampling, request.extra
    out: dict[str, Any] = {
        "model": request.model,
        "previous_response_id": None,
        "instructions": None,
        "tools": write_tools(request.tools),
        "tool_choice": write_choice(request),
        "truncation": "disabled",
        "parallel_tool_calls": request.parallel,
        "text": {"format": {"type": "text"}},
        "top_p": sampling.get("top_p"),
        "presence_penalty": sampling.get("presence_penalty"),
        "frequency_penalty": sampling.get("frequency_penalty"),
        "top_logprobs": 0,
        "temperature": sampling.get("temperature"),
        "reasoning": None,
        "max_output_tokens": sampling.get("max_tokens"),
        "max_tool_calls": None,
        "store": False,
        "background": False,
        "service_tier": "default",
        "metadata": {},
        "safety_identifier": None,
        "prompt_cache_key": None,
    }
    echoed = {name: extra[name] for name in (*ECHOED, *STORED) if name in extra}
    return write_json(out | echoed | {"text": out["text"] | dict(extra.get("text") or {})})[1:]


def error_of(error: Error) -> dict[str, Any]:
    """An error in the middle of a stream: the object of an error answer, with a code, as clients go by the code."""
    body = write_error(error)
    fields: dict[str, Any] = object_of(body)["error"]
    return fields | {"code": fields["code"] or _CODES.get(error.status, "server_error")}


def _usage(finish: Finish) -> dict[str, Any]:
    """The counts of the backend, or zeros; with its details if the backend speaks OpenAI's wire."""
    usage, account = finish.usage or Usage(), mapping_of(finish.extra.get("usage"))
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    cached = _count(account.get("prompt_tokens_details"), "cached_tokens")
    thought = _count(account.get("completion_tokens_details"), "reasoning_tokens")
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": prompt + completion,
    }


def _count(details: Any, name: str) -> int:
    return count_of(mapping_of(details).get(name)) or 0
