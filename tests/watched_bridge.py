"""The bridge on a watched loop, in a process of its own: `python -m tests.watched_bridge BACKEND_URL WIRE`.

It prints its port. Then a word on its input is answered by a line of JSON on its output:

    begin   forget the steps and the CPU time so far
    end     {"steps": …, "worst": […], "cpu": seconds, "rss": bytes}
    rest    {"rss": bytes, "held": bytes, "slowness": …}, `held` being what is left once memory was given back

It ends with its input. Whoever started it kills it where it does not answer: a hang is a result, and ends no suite.

`rest` collects garbage and asks the allocator for the pages that are free (`malloc_trim`), so that `held` is what the
bridge holds, and not what glibc keeps for later. Objects of the start are frozen first: a full collection goes over all
of them, tens of milliseconds that are nobody's request.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.watched_loop import Watch, slowness
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.server.app import create_app
from toolbridge.server.logs import make_log
from toolbridge.server.settings import LogSettings, Settings

PROMPTABLE = tuple(name for name in dialect_names() if name != "auto" and find_dialect(name).form is not None)
"""Notations that can be asked for. A model called `<notation>--x` is asked in that one."""


def settings(backend: str, wire: str) -> Settings:
    """The defaults, but for models that stand for a notation each."""
    models = {f"{name}--*": {"dialect": name} for name in PROMPTABLE}
    return Settings(backend=backend, backends={"wire": wire}, tools={"models": models}, log={"level": "error"})


class _Orders(asyncio.Protocol):
    """The words that come on standard input."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._cpu, self._rest = watch, 0.0, b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        *words, self._rest = (self._rest + data).split(b"\n")
        for word in words:
            _say(json.dumps(self._obey(word.decode())))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def _obey(self, word: str) -> dict[str, Any]:
        match word:
            case "begin":
                self._watch.reset()
                self._cpu = time.process_time()
                return {}
            case "end":
                worst = [step.fields() for step in self._watch.worst]
                cpu = time.process_time() - self._cpu
                return {"steps": self._watch.steps, "worst": worst, "cpu": cpu, "rss": resident()}
            case "rest":
                rss = resident()
                gc.collect()
                if sys.platform == "linux":
                    ctypes.CDLL(None).malloc_trim(0)
                return {"rss": rss, "held": resident(), "slowness": slowness()}
            case "freeze":
                gc.collect()
                gc.freeze()
                return {}
            case _:
                raise ValueError(word)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def serve(backend: str, wire: str) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    with Watch(loop, samples=True) as watch:
        app = create_app(settings(backend, wire), make_log(LogSettings(format="json", level="error"), sys.stderr))
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        orders = _Orders(watch)
        await loop.connect_read_pipe(lambda: orders, sys.stdin)
        _say(str(runner.addresses[0][1]))
        await orders.over


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as own:
        own.run(serve(*sys.argv[1:]))
