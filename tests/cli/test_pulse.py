"""A process that hangs is killed by the system; a process that was told to end has its time."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
HANGS = {
    "in a loop": "while True: pass",
    "in C, with the interpreter in its hands": "re.match('(a+)+$', 'a' * 60 + 'b')",
    "where it is told to end": "signal.signal(signal.SIGTERM, signal.SIG_IGN); os.kill(os.getpid(), 15); 10**10**9",
}
PULSE = """
import asyncio, os, re, signal
from toolbridge.cli.pulse import Pulse
async def main():
    with Pulse(0.2) as pulse:
        for _ in range(20):
            sum(range(200_000))
            await asyncio.sleep(0)
        print("well", flush=True)
        {hang}
asyncio.run(main())
"""


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS)
async def test_a_process_that_hangs_is_killed_by_the_system_and_says_where(hang: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PULSE.format(hang=hang), stdout=PIPE, stderr=PIPE, cwd=ROOT
    )
    async with asyncio.timeout(PATIENCE):
        output, errors = await process.communicate()
    assert process.returncode == -signal.SIGPROF
    assert output == b"well\n"
    assert b"in main" in errors


@pytest.mark.parametrize(("last", "code"), [("pulse.last(0.1)", -signal.SIGALRM), ("pulse.last(60)", 0)])
async def test_who_was_told_to_end_has_so_long_and_no_longer(last: str, code: int) -> None:
    hang = f"{last}; await asyncio.sleep(0.3)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PULSE.format(hang=hang), stdout=PIPE, cwd=ROOT)
    async with asyncio.timeout(PATIENCE):
        await process.communicate()
    assert process.returncode == code
