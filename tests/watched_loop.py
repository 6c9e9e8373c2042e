"""An event loop that is watched: how much CPU each of its steps takes, and which step was the worst.

A step is one callback of the loop: a timer, a socket that became readable, or a task up to its next `await`. Nobody
else is served while it runs, so a neighbour's longest gap is the longest step. The measure is the CPU time of the
loop's own thread (`time.thread_time_ns`), as a clock on the wall would count what other processes of a busy machine
take. Three things follow from this:

- uvloop runs its callbacks in C and cannot be watched. The loop here is asyncio's, whose `Handle._run` is replaced. The
  bridge's own steps are the same on both.
- A collection of garbage runs inside whatever step made the last object, and a client waits for it as for all else. So
  it counts, and `Step.collecting` says how much of a step it was.
- Work in another thread is no step. One call into C that keeps the interpreter's lock for long (a body of 60 MB read by
  orjson) stalls the loop all the same, and only a clock sees it: `python -m benchmarks.neighbour` has that clock.

`slowness` says how much slower this machine is, just now, than that for which `LIMIT` was set, by a piece of work that
never changes. A limit is multiplied by it; a faster machine does not get a smaller limit.
"""

import asyncio
import gc
import signal
import time
from asyncio import events
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

LIMIT = 0.010
"""Seconds of CPU that one step may take, on the machine of `_USUAL`."""
_USUAL = 0.0125
"""Seconds of CPU that the work of `slowness` takes on the machine where `LIMIT` was set."""
_WORST = 5
"""Steps that are remembered."""
_SAMPLE_EVERY = 0.005
"""Seconds of CPU between two looks at what a long step is doing."""
_SAMPLES, _FRAMES = 3, 6
"""Samples of a step that are kept, and frames of each."""
_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Step:
    """One step: seconds of CPU, how many of them collected garbage, whose step it was, and what was seen to run."""

    cpu: float
    collecting: float
    what: str
    seen: tuple[str, ...] = ()

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """A step that came as JSON."""
        return cls(fields["cpu"], fields["collecting"], fields["what"], tuple(fields["seen"]))

    def fields(self) -> dict[str, Any]:
        """This step as JSON."""
        return asdict(self)

    def __str__(self) -> str:
        collecting = f", {self.collecting * 1000:.1f} of them collecting garbage" if self.collecting > 0.0005 else ""
        return "\n      ".join([f"{self.cpu * 1000:.1f} ms{collecting}: {self.what}", *self.seen])


class Watch:
    """Watches a loop while it is entered. With `samples`, in the main thread alone, long steps tell where they are.

    A sample is taken by a timer of the process's CPU time. Python runs it between two instructions, so that a long call
    into C is seen when it returns, at the line that called it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, samples: bool = False) -> None:
        self.steps = 0
        self.worst: list[Step] = []
        """The worst steps, the worst one first."""
        self._loop, self._samples = loop, samples
        self._run: Callable[[Any], None] = events.Handle._run
        self._began = 0
        self._collecting = 0
        self._collected = 0
        self._seen: list[str] = []

    def reset(self) -> None:
        """Forget the steps so far."""
        self.steps, self.worst = 0, []

    def __enter__(self) -> Self:
        run = self._run

        def watched(handle: Any) -> None:
            if handle._loop is not self._loop:
                run(handle)
                return
            what = handle._callback
            self._collected = 0
            self._began = began = time.thread_time_ns()
            try:
                run(handle)
            finally:
                self._note(time.thread_time_ns() - began, what)
                self._began = 0

        setattr(events.Handle, "_run", watched)  # noqa: B010 # it is asyncio's own, and replaced on purpose
        gc.callbacks.append(self._collects)
        if self._samples:
            signal.signal(signal.SIGPROF, self._sample)
            signal.setitimer(signal.ITIMER_PROF, _SAMPLE_EVERY, _SAMPLE_EVERY)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._samples:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, signal.SIG_IGN)
        gc.callbacks.remove(self._collects)
        setattr(events.Handle, "_run", self._run)  # noqa: B010 # as above

    def _note(self, spent: int, what: object) -> None:
        self.steps += 1
        seen, self._seen = self._seen, []
        cpu = spent / 1e9
        if len(self.worst) < _WORST or cpu > self.worst[-1].cpu:
            step = Step(cpu, self._collected / 1e9, _name(what), tuple(seen))
            self.worst = sorted([*self.worst, step], key=lambda one: -one.cpu)[:_WORST]

    def _collects(self, phase: str, _info: Mapping[str, int]) -> None:
        now = time.thread_time_ns()
        if phase == "start":
            self._collecting = now
        else:
            self._collected += now - self._collecting

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        if not self._began or time.thread_time_ns() - self._began < LIMIT * 1e9 or len(self._seen) >= _SAMPLES:
            return
        places: list[str] = []
        while frame is not None and len(places) < _FRAMES:
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(_PACKAGE / "toolbridge") or not places:
                name = path.relative_to(_PACKAGE) if path.is_relative_to(_PACKAGE) else path.name
                places.append(f"{name}:{frame.f_lineno} {frame.f_code.co_name}")
            frame = frame.f_back
        self._seen.append(" < ".join(places))


def slowness() -> float:
    """How many times slower this machine is than the usual one; at least 1."""
    return max(1.0, min(_work() for _ in range(3)) / _USUAL)


def _work() -> float:
    """Seconds of CPU for work of the kind that the bridge does: text, small objects, a dictionary."""
    began = time.thread_time_ns()
    table: dict[str, int] = {}
    for number in range(60_000):
        table[str(number)] = number
    assert sum(table.values()) > 0
    return (time.thread_time_ns() - began) / 1e9


def _name(what: object) -> str:
    """What a callback does: the function and, for a task's step, the coroutine where it waits now."""
    owner = getattr(what, "__self__", None)
    if isinstance(owner, asyncio.Task):
        frames = [f"{frame.f_code.co_qualname}:{frame.f_lineno}" for frame in owner.get_stack(limit=3)]
        coroutine = getattr(owner.get_coro(), "__qualname__", "")
        return f"task {coroutine}" + (f", now in {' < '.join(frames)}" if frames else "")
    return str(getattr(what, "__qualname__", None) or what)
