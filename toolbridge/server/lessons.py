"""What one chat learns from the refusals it meets, and when all others may profit from it.

    lessons.learnt                  to plan by: what is remembered of the model, and what this chat has seen
    lessons.take(…)                 an error answer; True if it taught something to try again with
    lessons.keep()                  that try went well

A chat may believe what it likes, as it hurts nobody but itself. What is remembered for others stood in an error in
words that the request does not hold, tells of the model and not of this request (`plan.lesson`), and the chat that
heeded it got its answer.
"""

import contextlib
from collections.abc import Iterable, Mapping

from toolbridge.errors import OverLimit
from toolbridge.events import Error
from toolbridge.messages import ChatRequest
from toolbridge.models import NOTHING_LEARNT, Policy
from toolbridge.plan import Plan, lesson
from toolbridge.refusals import RequestWords as Said
from toolbridge.server.catalogue import Catalogue
from toolbridge.wire.request_json import read_json


class Lessons:
    """Those of one chat, about the model of this name, for requests with the keys among these headers."""

    def __init__(self, catalogue: Catalogue, name: str, headers: Mapping[str, str]) -> None:
        self.learnt = catalogue.learnt(name, headers)
        self._catalogue = catalogue
        self._name = name
        self._headers = headers
        self._sure = NOTHING_LEARNT

    def take(
        self,
        request: ChatRequest,
        decided: Plan,
        policy: Policy,
        error: Error,
        *,
        data: bytes,
        beside: Iterable[str],
    ) -> bool:
        """Whether an error answer teaches something; the body `data` and `beside` are all that it could quote."""
        fact = lesson(request, decided, policy, error)
        if fact == NOTHING_LEARNT:
            return False
        self.learnt |= fact
        with contextlib.suppress(OverLimit):  # more than is looked through; an operator may allow larger bodies
            if (said := Said.of(read_json(data), beside)) is not None:
                self._sure |= lesson(request, decided, policy, error, said)
        return True

    def keep(self) -> None:
        """The answer began well: remember what can be remembered."""
        if self._sure != NOTHING_LEARNT:
            self._catalogue.learn(self._name, self._headers, self._sure)
            self._sure = NOTHING_LEARNT
