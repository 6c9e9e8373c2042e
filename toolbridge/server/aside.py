"""Work that is too long for the event loop is done in a thread beside it.

While the loop works, no stream of this process moves. So work that grows with a client's body is done aside: reading
the body, deciding about its tools, writing it anew. Python lets the loop run on every few milliseconds, but not within
one long call of C. So code that runs aside gives functions in C a large body piece by piece.

    body = await by_size(data, read_json)

There are few threads. A request with much work waits for other requests with much work, and for no others.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from toolbridge.wire.json_values import structure

P = ParamSpec("P")
T = TypeVar("T")

LIGHT = 64 * 1024
"""Bytes of the largest body that the loop may read itself, if the body holds few values."""
_FEW = 1_000
"""Values in such a body at most. Each may be a turn or a tool, which takes some microseconds."""

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="aside")
"""They start with the first work, so that each worker, which is forked before, has threads of its own."""


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `work(*args, **kwargs)`, which must not touch anything that the loop uses.

    If the caller is cancelled, the work still runs to its end.
    """
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: work(*args, **kwargs))


async def by_size(body: bytes, work: Callable[[bytes], T]) -> T:
    """The result of `work(body)`, which is done aside if the body is large."""
    return work(body) if is_light(body) else await aside(work, body)


def free(things: list[Any]) -> None:
    """Empty a list aside. Freeing ten thousand messages that only the list holds takes ten milliseconds."""
    _THREADS.submit(things.clear)


def is_light(body: bytes) -> bool:
    """Whether the loop may read this body itself."""
    return len(body) <= LIGHT and structure(body) <= _FEW
