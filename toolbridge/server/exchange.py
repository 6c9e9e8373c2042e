"""What the shell notes of one request and its answer, for the log line and for the answer's headers."""

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from toolbridge.errors import BackendError, RequestError
from toolbridge.events import Error, Finish
from toolbridge.plan import Plan
from toolbridge.server.error_answers import wire_of
from toolbridge.wire.dropped import named

_ID = re.compile(r"[\x21-\x7e]{1,128}")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_QUOTE = re.compile(r"['\"]")
GONE = 499
"""The status that nginx and Ollama log for a request whose client went away. No client receives it."""


class Exchange:
    """What is known of one request: its id, the wire of its errors, the facts of its log line."""

    def __init__(self, request: web.Request, path: str) -> None:
        given = request.headers.get("X-Request-Id", "")
        self.id = given if _ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        self.path = path
        """The path with single slashes: a client whose base URL ends with a slash sends two."""
        self.wire = wire_of(path, request.headers)
        self.mode = ""
        """The plan in words, for the answer's header; empty for a request without a plan."""
        self.dropped = ""
        """The tools of the request that the model does not get, for the answer's header."""
        self.calls = ""
        """What was changed in the reply's calls, for the header of an answer in one piece."""
        self.untyped = False
        """Whether the backend's answer has no Content-Type, and so has ours."""
        self.response: web.StreamResponse | None = None
        """The answer, once its status has gone out."""
        self.facts: dict[str, Any] = {}
        self._outcome = ""
        self._begun = time.perf_counter()

    def note(self, **facts: Any) -> None:
        """Add to the log line."""
        self.facts |= facts

    def decided(self, plan: Plan) -> None:
        """Note the plan. A later plan replaces an earlier one."""
        self.mode = f"{plan.mode}; {plan.dialect or '-'}; {plan.why}"
        self.note(mode=plan.mode, dialect=plan.dialect or None)

    def left_out(self, dropped: tuple[str, ...]) -> None:
        """Note the types of tools that only servers of the wire's vendor know, and that the model does not get."""
        self.dropped = named(dropped)
        self.note(dropped_tools=self.dropped)

    def ended(self, end: Finish | Error | None) -> None:
        """Note how the reply ended, if it was read: the reason, and the tokens if the backend counted them.

        An error is the outcome even if the status was one of success.
        """
        if isinstance(end, Error):
            self._outcome = self._outcome or end.kind
            self.note(error_status=end.status)
        elif end is not None:
            self.note(finish=end.reason)
            if end.usage is not None:
                counted = {"prompt_tokens": end.usage.prompt_tokens, "completion_tokens": end.usage.completion_tokens}
                self.note(**{name: tokens for name, tokens in counted.items() if tokens is not None})

    def checked(self, changes: Mapping[str, int]) -> None:
        """Note what was changed in the reply's calls, and how many of them do not fit the schema of their tool."""
        if changes:
            self.calls = ", ".join(f"{word}={count}" for word, count in sorted(changes.items()))
            self.note(calls=self.calls)

    def failed(self, error: Exception) -> None:
        """Note what went wrong as a word (`backend_timeout`, `body_too_large`), and the reason that the client gets.

        A reason that quotes the client is cut before the quotation.
        """
        name = type(error).__name__
        self._outcome = _HUMPS.sub("_", name).lower()
        if isinstance(error, BackendError):
            self.note(error=error.message)
        else:
            self.note(error=_unquoted(error.message) if isinstance(error, RequestError) else name)

    def broke_off(self) -> None:
        """Note that the answer had begun and could not tell what went wrong."""
        self._outcome = "cut"

    def outcome_of(self, status: int) -> str:
        """One word for the log: `ok`, `client_gone`, `cut`, a word of `failed`, or `error` for another error status."""
        if self._outcome:
            return self._outcome
        if status == GONE:
            return "client_gone"
        return "error" if status >= 400 else "ok"

    def level_of(self, status: int) -> str:
        """The level of the log line: `error` for a failure of the backend or the bridge, `warning` for the client's."""
        if status == GONE:
            return "info"
        if 400 <= status < 500:
            return "warning"
        return "info" if self.outcome_of(status) == "ok" else "error"

    def answered(self) -> None:
        """Note that the backend's status has come."""
        self.note(backend_ms=self.elapsed())

    def started(self, response: web.StreamResponse) -> None:
        """Note that the answer's status goes out."""
        self.response = response
        self.note(first_ms=self.elapsed())

    def elapsed(self) -> float:
        """Milliseconds since the request came, to a tenth."""
        return round((time.perf_counter() - self._begun) * 1000, 1)


def _unquoted(message: str) -> str:
    """The message up to its first quotation: messages quote what the client sent."""
    quote = _QUOTE.search(message)
    return f"{message[: quote.start()]}…" if quote else message


EXCHANGE = web.RequestKey("exchange", Exchange)
