"""One request and its answer, as the shell keeps account of them."""

import re
import secrets
import time
from typing import Any

from aiohttp import web

from toolbridge.plan import Plan
from toolbridge.server.faults import wire_of

_ID = re.compile(r"[\x21-\x7e]{1,128}")


class Exchange:
    """What is known of one request: its id, whose words its errors use, what its log line will say."""

    def __init__(self, request: web.Request, path: str) -> None:
        given = request.headers.get("X-Request-Id", "")
        self.id = given if _ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        self.path = path
        """The path with single slashes: clients whose base URL ends with one send two."""
        self.wire = wire_of(path)
        self.mode = ""
        """What was decided, for the answer's header; empty where there was nothing to decide."""
        self.untyped = False
        """Whether the backend's answer has no Content-Type, and so has ours."""
        self.response: web.StreamResponse | None = None
        """The answer, once its status has gone out."""
        self.facts: dict[str, Any] = {}
        self._begun = time.perf_counter()

    def note(self, **facts: Any) -> None:
        """Add to the log line."""
        self.facts |= facts

    def decided(self, plan: Plan) -> None:
        """Keep what the plan says; a later one replaces it."""
        self.mode = f"{plan.mode}; {plan.dialect or '-'}; {plan.why}"
        self.note(mode=plan.mode, dialect=plan.dialect or None)

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
