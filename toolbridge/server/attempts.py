"""The attempts of one chat at a call that its client demands.

    attempts.missed(plan, watch)     a reply made no such call; True if the model is asked again
    attempts.messages                the conversation of the next attempt
    attempts.error()                 what the client learns once all attempts are spent

A refusal of the backend is no attempt, as no model wrote anything (`lessons`).
"""

from dataclasses import replace

from toolbridge.errors import NoCall
from toolbridge.events import Error
from toolbridge.messages import ChatRequest
from toolbridge.plan import Plan
from toolbridge.tool_prompt import asked_again
from toolbridge.translate.watch import Watch

_SHOWN = 200
"""Characters of the model's text that an error shows."""


class Attempts:
    """The attempts at the call that a request demands, of which there may be `most`."""

    def __init__(self, request: ChatRequest, most: int) -> None:
        self.messages = request.messages
        """The conversation, with the replies of the attempts that failed."""
        self._choice = request.tool_choice
        self._most = most
        self._spent = 0
        self._wrote = ""

    def told(self, plan: Plan) -> Plan:
        """The plan with the number of the attempt in its reason, from the second attempt on."""
        return replace(plan, why=f"{plan.why}, attempt {self._spent + 1}") if self._spent else plan

    def missed(self, watch: Watch, *, cut: bool) -> bool:
        """Count a reply without the call; `cut` tells that it reached its limit. Whether there is another attempt."""
        self._spent += 1
        text = " ".join(watch.text.split())
        if watch.other:
            self._wrote = f"it called {watch.other[:_SHOWN]!r}"
        elif watch.called:
            self._wrote = "its call was not complete"
        else:
            self._wrote = f"it wrote {text[:_SHOWN]!r}" if text else "it wrote nothing"
        if cut:
            self._wrote += ", and reached the limit of its length"
        self.messages = asked_again(self.messages, self._choice, said=watch.text, other=watch.other)
        return self._spent < self._most

    def error(self) -> Error:
        """The error that the client gets in place of a reply without the call."""
        what = f"call of {self._choice.name}" if self._choice.name else "tool call"
        number = "1 attempt" if self._spent == 1 else f"{self._spent} attempts"
        return Error(f"the model made no {what} in {number}: {self._wrote}", NoCall.kind, NoCall.status)
