"""Work that is too long for the event loop, done in a thread beside it.

While the loop works, no stream of this process moves. So what grows with a client's body is done aside: reading it,
deciding about its tools, writing it anew. Python lets the loop run on every few milliseconds, unless the thread is
within one long call of C; whoever works aside on something large calls such functions piece by piece.

    body = await by_size(data, read_json)

There are few threads. Who asks for much work waits for others who do, and for nobody else.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from toolbridge.wire.json_values import structure

P = ParamSpec("P")
T = TypeVar("T")

LIGHT = 64 * 1024
"""Bytes of a body that the loop may read itself, if it holds few values."""
_FEW = 1_000
"""Values of such a body. Each may be a turn or a tool, which take some microseconds."""

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="aside")
"""Started with the first work: a fork that has none yet gets its own."""


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `work(*args, **kwargs)`, which must touch nothing of the loop's.

    Whoever is cancelled leaves the work to come to its own end.
    """
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: work(*args, **kwargs))


async def by_size(body: bytes, work: Callable[[bytes], T]) -> T:
    """The result of `work(body)`, which is done aside if the body is large."""
    return work(body) if is_light(body) else await aside(work, body)


def free(things: list[Any]) -> None:
    """Let go of what only this list holds, aside: ten thousand messages take ten milliseconds to be freed."""
    _THREADS.submit(things.clear)


def is_light(body: bytes) -> bool:
    """Whether the loop may read this body itself."""
    return len(body) <= LIGHT and structure(body) <= _FEW
