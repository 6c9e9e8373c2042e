"""How long a reply took, for clients that show its speed and a backend that does not tell."""

from dataclasses import replace

from toolbridge.events import ContentDelta, Event, Finish, ReasoningDelta, ToolCallStart
from toolbridge.wire import Clock

_NANOSECONDS = 1_000_000_000
_SAID = (ContentDelta, ReasoningDelta, ToolCallStart)
"""Events that the model's first token makes."""


class Durations:
    """Measures one reply from now on, and puts the durations into its `Finish`, under Ollama's names.

    The time before the first token is that of the prompt. A reply that is no stream comes at once, so its time is not
    divided. Durations that the backend gave stay as they are.
    """

    def __init__(self, clock: Clock, *, stream: bool) -> None:
        self._clock = clock
        self._stream = stream
        self._begun = clock()
        self._first: float | None = None

    def timed(self, events: list[Event]) -> list[Event]:
        """The events; a `Finish` among them with the durations."""
        if self._first is None and any(isinstance(event, _SAID) for event in events):
            self._first = self._clock()
        last = events[-1] if events else None
        if not isinstance(last, Finish) or any(name.endswith("_duration") for name in last.extra):
            return events
        return [*events[:-1], replace(last, extra={**last.extra, **self._measured()})]

    def _measured(self) -> dict[str, int]:
        now = self._clock()
        total = _whole(now - self._begun)
        if not self._stream or self._first is None:
            return {"total_duration": total, "eval_duration": total}
        prompt = _whole(self._first - self._begun)
        return {"total_duration": total, "prompt_eval_duration": prompt, "eval_duration": max(total - prompt, 0)}


def _whole(seconds: float) -> int:
    return max(round(seconds * _NANOSECONDS), 0)
