"""One request and its answer, as the shell keeps account of them."""

import re
import secrets
import time
from typing import Any

from aiohttp import web

from toolbridge.errors import BackendError
from toolbridge.events import Error, Finish
from toolbridge.plan import Plan
from toolbridge.server.error_answers import wire_of

_ID = re.compile(r"[\x21-\x7e]{1,128}")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
GONE = 499
"""What nginx and Ollama call a request whose client went away; nobody receives it."""


class Exchange:
    """What is known of one request: its id, whose words its errors use, what its log line will say."""

    def __init__(self, request: web.Request, path: str) -> None:
        given = request.headers.get("X-Request-Id", "")
        self.id = given if _ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        self.path = path
        """The path with single slashes: clients whose base URL ends with one send two."""
        self.wire = wire_of(path, request.headers)
        self.mode = ""
        """What was decided, for the answer's header; empty where there was nothing to decide."""
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
        """Keep what the plan says; a later one replaces it."""
        self.mode = f"{plan.mode}; {plan.dialect or '-'}; {plan.why}"
        self.note(mode=plan.mode, dialect=plan.dialect or None)

    def ended(self, end: Finish | Error | None) -> None:
        """How the reply ended, where it was read: why, with how many tokens where the backend counted them.

        An error is the outcome however well the status looked.
        """
        if isinstance(end, Error):
            self._outcome = self._outcome or end.kind
            self.note(error_status=end.status)
        elif end is not None:
            self.note(finish=end.reason)
            if end.usage is not None:
                counted = {"prompt_tokens": end.usage.prompt_tokens, "completion_tokens": end.usage.completion_tokens}
                self.note(**{name: tokens for name, tokens in counted.items() if tokens is not None})

    def failed(self, error: Exception) -> None:
        """What went wrong, as a word: `backend_timeout`, `body_too_large`. Of a backend's fault also the message.

        Other messages may quote what a client or a model has said.
        """
        name = type(error).__name__
        self._outcome = _HUMPS.sub("_", name).lower()
        self.note(error=error.message if isinstance(error, BackendError) else name)

    def broke_off(self) -> None:
        """The answer had begun and could not say what went wrong."""
        self._outcome = "cut"

    def outcome_of(self, status: int) -> str:
        """One word for the log: `ok`, `client_gone`, `cut`, what went wrong, or `error` for an answer that says so."""
        if self._outcome:
            return self._outcome
        if status == GONE:
            return "client_gone"
        return "error" if status >= 400 else "ok"

    def answered(self) -> None:
        """The backend's status is here."""
        self.note(backend_ms=self.elapsed())

    def started(self, response: web.StreamResponse) -> None:
        """The answer's status goes out."""
        self.response = response
        self.note(first_ms=self.elapsed())

    def elapsed(self) -> float:
        """Milliseconds since the request came, to a tenth."""
        return round((time.perf_counter() - self._begun) * 1000, 1)


EXCHANGE = web.RequestKey("exchange", Exchange)
