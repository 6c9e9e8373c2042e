"""Work beside the event loop: what is done there, and what the loop does itself."""

import asyncio
import threading

import pytest

from toolbridge.errors import RequestError
from toolbridge.server.aside import LIGHT, aside, by_size, free, is_light


def where(_body: bytes = b"") -> threading.Thread:
    return threading.current_thread()


@pytest.mark.parametrize("body", [b"{}", b'{"model":"m"}', b'"' + b"x" * (LIGHT - 2) + b'"'])
async def test_a_small_body_is_read_by_the_loop_itself(body: bytes) -> None:
    assert is_light(body)
    assert await by_size(body, where) is threading.main_thread()


@pytest.mark.parametrize("body", [b"x" * (LIGHT + 1), b"[" + b"{}," * 1000 + b"{}]"], ids=["long", "of many values"])
async def test_a_large_one_and_one_of_many_values_are_read_aside(body: bytes) -> None:
    assert not is_light(body)
    assert await by_size(body, where) is not threading.main_thread()


async def test_what_goes_wrong_aside_goes_wrong_here() -> None:
    def refuse(name: str, *, why: str) -> None:
        raise RequestError(f"{name}: {why}")

    with pytest.raises(RequestError, match="tools: too many"):
        await aside(refuse, "tools", why="too many")


async def test_the_loop_turns_while_work_is_done_aside() -> None:
    """The work waits for the loop, so on the loop itself it would never end."""
    turned = threading.Event()
    working = asyncio.create_task(aside(turned.wait, 30))
    await asyncio.sleep(0)
    turned.set()
    assert await working


async def test_who_goes_away_leaves_the_work_to_its_end() -> None:
    begun, ended, goes_on = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        goes_on.wait(30)
        ended.set()

    working = asyncio.create_task(aside(work))
    await aside(begun.wait, 30)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    goes_on.set()
    assert await aside(ended.wait, 30)


async def test_what_is_let_go_is_freed_in_another_thread() -> None:
    freed: list[threading.Thread] = []

    class Large:
        def __del__(self) -> None:
            freed.append(threading.current_thread())

    free([Large()])
    # There are two threads: once later work has been done in both, the earlier work has been done, too.
    both = threading.Barrier(2)
    await asyncio.gather(aside(both.wait, 30), aside(both.wait, 30))
    assert len(freed) == 1
    assert freed[0] is not threading.main_thread()
