"""A process that hangs ends: the system kills it when its event loop does not turn while it burns processor time.

    with Pulse(20.0): …        in the loop's own thread, while the loop runs

Neither a signal's handler nor a thread in Python could do this. A loop in C, such as a search by a pattern that never
ends, holds the interpreter, and then nothing written in Python runs, not even the answer to SIGTERM. So every beat of
the loop winds up a timer of the system. If the timer runs out, its signal has the default action: it kills. The timer
counts the process's own processor time, so that a process that was stopped, or whose machine slept, does not count as
hanging. A handler that needs no interpreter first writes to standard error where the process hung.
"""

import asyncio
import faulthandler
import signal
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

_BEATS = 4
"""Beats of the loop in the time for which it may hang."""
_HAS_TIMERS = hasattr(signal, "setitimer")
"""Windows has no such timers."""


class Pulse:
    """Kills the process if the loop takes more than `seconds` of processor time for one step."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._beat: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        if _HAS_TIMERS:
            with suppress(AttributeError, OSError, RuntimeError):  # standard error may be no file
                faulthandler.register(signal.SIGPROF, file=sys.stderr, chain=True)
            self._wind_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beat is not None:
            self._beat.cancel()
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.unregister(signal.SIGPROF)

    def last(self, seconds: float) -> None:
        """Kill the process after so many seconds by the clock, even if its loop turns."""
        if _HAS_TIMERS:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def _wind_up(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, self._seconds)
        self._beat = self._loop.call_later(self._seconds / _BEATS, self._wind_up)
