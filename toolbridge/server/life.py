"""The end of a bridge: no new work, some time for what runs, then an error for the rest.

    life.draining                   readiness says so, and new chats are refused
    await life.drain()              returns once nothing runs, `grace` and a little later at the latest

What waits for the backend gets an error from there, which every wire can write, begun or not. What waits for its client
is cancelled after that: a body that does not come is answered with an error, an answer that nobody reads breaks off.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WHY = "the bridge is shutting down"
_LAST_WORDS = 1.0
"""Seconds in which answers that were ended may say so; a client that does not read them holds nobody up."""


class Life:
    """What runs, and whether more may come. `end` is told why everything that waits for the backend has to end."""

    def __init__(self, grace: float, end: Callable[[str], None]) -> None:
        self.draining = False
        """Whether no new work is taken."""
        self.over = False
        """Whether what still runs is being cancelled."""
        self._grace = grace
        self._end = end
        self._tasks: set[asyncio.Task[object]] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """The current task is at work for a client."""
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
        """Come to the end. The second call has nothing left to do."""
        if self.draining:
            return
        self.draining = True
        if await self._is_quiet(self._grace):
            return
        self._end(WHY)
        if await self._is_quiet(_LAST_WORDS):
            return
        self.over = True
        for task in self._tasks:
            task.cancel()
        await self._is_quiet(_LAST_WORDS)

    async def _is_quiet(self, seconds: float) -> bool:
        """Whether nothing runs any more, within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            return False
        return True
