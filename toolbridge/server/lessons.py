"""What one chat learns from refusals, and when other chats may rely on it.

    lessons.learnt                  the lessons of earlier chats and of this one; the plan follows them
    lessons.take(…)                 an error answer came; True if it taught something, so that a new plan is worth a try
    lessons.called(…)               a reply made the call that was demanded
    lessons.missed(…)               a reply did not make the call that was demanded
    lessons.keep()                  the try went well

A chat may believe any error about itself, as a wrong lesson hurts no other chat. A lesson is remembered for others only
if the error said it in words that the request does not hold, if it tells of the model and not of this request
(`plan.lesson`), and if the chat that followed it got its answer.
"""

import contextlib
from collections.abc import Iterable, Mapping

from toolbridge.errors import OverLimit
from toolbridge.events import Error
from toolbridge.messages import ChatRequest
from toolbridge.models import NOTHING_LEARNT, Learnt, Policy
from toolbridge.plan import Plan, lesson
from toolbridge.refusals import RequestWords
from toolbridge.server.catalogue import Catalogue
from toolbridge.wire.request_json import read_json


class Lessons:
    """The lessons of one chat, about the model of this name, for requests with the keys among these headers."""

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
        """Whether an error answer teaches something. The body `data` and `beside` are all that it could quote."""
        fact = lesson(request, decided, policy, error)
        if self.learnt | fact == self.learnt:
            return False
        self.learnt |= fact
        with contextlib.suppress(OverLimit):  # an operator may allow bodies that are too large to be looked through
            if (quotable := RequestWords.of(read_json(data), beside)) is not None:
                self._sure |= lesson(request, decided, policy, error, quotable)
        return True

    def called(self, decided: Plan) -> None:
        """A forced call was made. A backend of which nothing was known before has obeyed `tool_choice`."""
        if decided.untried:
            self._find(Learnt(obeys=True), sure=True)

    def missed(self, decided: Plan, *, cut: bool) -> None:
        """A forced call was not made, so this chat takes another way.

        A reply that was cut at its limit teaches nothing. For other chats the lesson counts only where the backend was
        untried.
        """
        if cut:
            return
        if decided.mode == "native":
            self._find(Learnt(disobeys=True), sure=decided.untried)
        elif decided.mode == "constrained":
            self._find(Learnt(no_constraint=True), sure=False)

    def _find(self, fact: Learnt, *, sure: bool) -> None:
        self.learnt |= fact
        if sure:
            self._sure |= fact

    def keep(self) -> None:
        """Remember what was learnt, as far as other chats may rely on it: the answer has begun well."""
        if self._sure != NOTHING_LEARNT:
            self._catalogue.learn(self._name, self._headers, self._sure)
            self._sure = NOTHING_LEARNT
