"""The instrument itself: a long step is seen, named and measured in CPU, and a short or a sleeping one is not."""

import asyncio
import gc
import time
from collections.abc import Callable

from tests.watched_loop import LIMIT, Watch, slowness


def busy(seconds: float) -> None:
    """Use so much CPU."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def burns() -> None:
    await asyncio.sleep(0)
    busy(3 * LIMIT)
    await asyncio.sleep(0)


def watched(work: Callable[[], object]) -> Watch:
    """A watch over a loop on which a coroutine ran."""
    loop = asyncio.SelectorEventLoop()
    try:
        with Watch(loop) as watch:
            loop.run_until_complete(work())  # type: ignore[arg-type] # a coroutine
    finally:
        loop.close()
    return watch


def test_a_long_step_is_seen_and_named() -> None:
    watch = watched(burns)
    worst, *others = watch.worst
    assert worst.cpu >= 3 * LIMIT
    assert "burns" in worst.what
    assert all(step.cpu < worst.cpu for step in others)
    assert watch.steps >= 3


def test_waiting_is_no_work() -> None:
    async def waits() -> None:
        time.sleep(5 * LIMIT)  # noqa: ASYNC251 # a step that is long on a clock, and does nothing
        await asyncio.sleep(0)

    assert watched(waits).worst[0].cpu < LIMIT


def test_collecting_garbage_counts_and_is_named() -> None:
    async def collects() -> None:
        things = [[number] for number in range(200_000)]
        gc.collect()
        assert things

    worst = watched(collects).worst[0]
    assert 0 < worst.collecting <= worst.cpu
    assert "collecting garbage" in str(worst)


def test_other_loops_are_not_watched() -> None:
    other = asyncio.SelectorEventLoop()

    async def watched_meanwhile() -> None:
        await asyncio.to_thread(other.run_until_complete, burns())

    try:
        assert watched(watched_meanwhile).worst[0].cpu < 3 * LIMIT
    finally:
        other.close()


def test_a_slower_machine_gets_more_and_a_faster_one_no_less() -> None:
    assert slowness() >= 1
