"""The end of a bridge: it takes no new work, gives running answers some time, and ends the rest with an error.

    draining.begun                  readiness tells it, and new chats are refused
    await draining.drain()          returns once nothing runs, at the latest `grace` and two seconds later

An answer that waits for the backend gets an error from there. Every wire can write this error, whether the answer has
begun or not. An answer that waits for its client is cancelled a second later: if the client's body does not come, the
client gets an error; if nobody reads the answer, it breaks off.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WHY = "the bridge is shutting down"
_LAST_WORDS = 1.0
"""Seconds in which an ended answer may write its error. A client that does not read it delays the end no further."""


class Draining:
    """Which tasks run, and whether new ones may begin. `end` ends everything that waits for the backend.

    `grace` counts seconds; `end` is called with the reason.
    """

    def __init__(self, grace: float, end: Callable[[str], None]) -> None:
        self.begun = False
        """Whether no new work is taken."""
        self.cancels = False
        """Whether the tasks that still run are being cancelled."""
        self._grace = grace
        self._end = end
        self._tasks: set[asyncio.Task[object]] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the current task as work for a client."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered in a task")
        self._tasks.add(task)
        self._quiet.clear()
        try:
            yield
        finally:
            self._tasks.discard(task)
            if not self._tasks:
                self._quiet.set()

    async def drain(self) -> None:
        """Come to the end. A second call returns at once."""
        if self.begun:
            return
        self.begun = True
        if await self._is_quiet(self._grace):
            return
        self._end(WHY)
        if await self._is_quiet(_LAST_WORDS):
            return
        self.cancels = True
        for task in self._tasks:
            task.cancel()
        await self._is_quiet(_LAST_WORDS)

    async def _is_quiet(self, seconds: float) -> bool:
        """Whether no task runs any more, within this many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            return False
        return True
