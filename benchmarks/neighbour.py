"""What a neighbour sees while bombs are thrown: `python -m benchmarks.neighbour [GROUP …]`.

The bridge is a real `toolbridge serve` on uvloop. One client reads a stream of a token each 20 ms, and another process
throws the bombs of `tests/bombs`, group by group. Printed are the gaps between two tokens, the slowest answer to a
bomb, and the memory of the bridge's process. Unlike the steps that `make bombs` measures, a gap is on the clock: it
holds what a thread of the bridge keeps the interpreter's lock for, and also what the machine does besides; the first
row is the stream undisturbed. A bridge that does not say a word for `PATIENCE` seconds is killed, and a new one takes
its place.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from tests.bombs import GROUPS
from tests.bombs.throwing import Shot, shots, throw
from tests.fake_ollama import line
from tests.fuzz.wires import Talk
from tests.watched_bridge import PROMPTABLE

PACE = 0.02
"""Seconds between two tokens of the neighbour's stream."""
PATIENCE = 15.0
"""Seconds without a token after which a bridge counts as dead, and within which a bomb is answered."""
_MODEL = "neighbour:1b"
_QUIET = 4.0
"""Seconds of the stream undisturbed."""
_MOST = 24
"""Bombs of a group, unless it is said otherwise."""


class Paced(Talk):
    """A backend that talks to the neighbour without end, a token at a time; to everybody else as `Talk` does."""

    def __init__(self) -> None:
        super().__init__()
        self._talk: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        if self._talk is None and data.startswith(b"POST /api/chat") and _MODEL.encode() in data:
            self._talk = asyncio.get_running_loop().create_task(self._stream())
            return
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if self._talk is not None:
            self._talk.cancel()

    async def _stream(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        self._transport.write(head)
        begun, number = time.monotonic(), 0
        while True:
            token = line(f"word{number} ", model=_MODEL)
            self._transport.write(b"%x\r\n%s\r\n" % (len(token), token))
            number += 1
            await asyncio.sleep(max(0.0, begun + number * PACE - time.monotonic()))


class Listener(asyncio.Protocol):
    """The neighbour: when something came."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        body = json.dumps(
            {"model": _MODEL, "messages": [{"role": "user", "content": "Go on."}], "stream": True}
        ).encode()
        head = f"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - as above
        self.times.append(time.monotonic())


@dataclass
class Row:
    """What one group did."""

    name: str
    gaps: list[float] = field(default_factory=list)
    answers: dict[str, float] = field(default_factory=dict)
    """Seconds until the answer, by bomb."""
    unanswered: list[str] = field(default_factory=list)
    rss: tuple[int, int] = (0, 0)
    deaths: int = 0

    def cells(self) -> list[str]:
        """This row of the table."""
        ordered = sorted(self.gaps) or [0.0]
        p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
        slowest = max(self.answers, key=lambda name: self.answers[name], default="")
        answer = f"{self.answers[slowest]:.2f} s: {slowest}" if slowest else ""
        memory = f"{self.rss[0] >> 20} → {self.rss[1] >> 20}"
        gaps = [f"{gap * 1000:.0f}" for gap in (p50, p99, ordered[-1])]
        return [self.name, str(len(self.answers)), *gaps, memory, str(len(self.unanswered)), str(self.deaths), answer]


class Bridge:
    """A `toolbridge serve` and the neighbour's stream through it."""

    def __init__(self, process: Process, port: int, listener: Listener) -> None:
        self.process, self.port, self.listener = process, port, listener

    @classmethod
    async def start(cls, backend: str, config: Path) -> "Bridge":
        """Start both, and wait for the first token."""
        command = (
            sys.executable,
            "-m",
            "toolbridge",
            "serve",
            "--config",
            str(config),
            "--backend",
            backend,
            "--port",
            "0",
        )
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL)
        assert process.stdout is not None
        found = re.search(rb":(\d+) in front", await process.stdout.readline())
        assert found
        _, listener = await asyncio.get_running_loop().create_connection(Listener, "127.0.0.1", int(found[1]))
        async with asyncio.timeout(PATIENCE):
            while len(listener.times) < 2:  # noqa: ASYNC110 - the head and a token
                await asyncio.sleep(PACE)
        return cls(process, int(found[1]), listener)

    def rss(self) -> int:
        """Bytes of memory that the process has."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def silent(self) -> float:
        """Seconds since the last token."""
        return time.monotonic() - self.listener.times[-1] if self.listener.times else 0.0

    async def stop(self) -> None:
        """End it, whatever it does."""
        self.listener.transport.abort()
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


async def run(groups: Sequence[str], most: int, config: Path) -> None:
    """Throw the bombs of these groups, so many of each at most, at bridges with these settings."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Paced, "127.0.0.1", 0)
    backend = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    _row("group", "bombs", "p50 ms", "p99 ms", "max ms", "RSS MiB", "no answer", "killed", "slowest answer")
    _row(*["---"] * 9)
    bridge = await Bridge.start(backend, config)
    try:
        quiet = Row("(nothing)", rss=(bridge.rss(), bridge.rss()))
        await asyncio.sleep(_QUIET)
        quiet.gaps = _gaps(bridge.listener.times[1:])
        _row(*quiet.cells())
        for group in groups:
            row = Row(group, rss=(bridge.rss(), 0))
            bridge = await _thrown(row, most, bridge, backend, config)
            row.rss = (row.rss[0], bridge.rss())
            _row(*row.cells())
    finally:
        await bridge.stop()
        server.close()


async def _thrown(row: Row, most: int, bridge: Bridge, backend: str, config: Path) -> Bridge:
    """One group at a bridge; the bridge that is left."""
    command = (sys.executable, "-m", "benchmarks.neighbour", "--throw", row.name, "--most", str(most))
    thrower = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert thrower.stdin is not None
    assert thrower.stdout is not None
    since = len(bridge.listener.times)
    while name := (await thrower.stdout.readline()).decode().strip():
        thrower.stdin.write(f"{bridge.port}\n".encode())
        said = asyncio.ensure_future(thrower.stdout.readline())
        while not said.done():
            await asyncio.wait([said], timeout=0.2)
            if bridge.silent() > PATIENCE:
                row.deaths += 1
                row.gaps += [*_gaps(bridge.listener.times[since:]), bridge.silent()]
                await bridge.stop()
                bridge = await Bridge.start(backend, config)
                await asyncio.sleep(0.5)
                since = 0
        status, seconds = json.loads(await said)
        row.answers[name] = seconds
        if not status:
            row.unanswered.append(name)
    row.gaps += _gaps(bridge.listener.times[since:])
    await thrower.wait()
    return bridge


def _row(*cells: str) -> None:
    _say(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")


def _gaps(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def _sample(group: str, most: int) -> list[Shot]:
    """Bombs of a group from its beginning to its end, on one way each; routes and modes take turns."""
    bombs = [bomb for bomb in GROUPS[group]() if "ollama" in bomb.kinds]
    step = max(1, len(bombs) // most)
    chosen: list[Shot] = []
    for number, bomb in enumerate(bombs[::step]):
        ways = [shot for shot in shots([bomb]) if shot.kind == "ollama"]
        chosen.append(ways[number % len(ways)])
    return chosen


def throw_all(group: str, most: int) -> None:
    """The other process: it says the name of a bomb, is told a port, throws, and says the status and the seconds."""
    for shot in _sample(group, most):
        body = shot.bomb.body(shot.route, stream=shot.stream)
        _say(str(shot))
        port = int(sys.stdin.readline())
        headers = ({"X-Toolbridge-Tools": shot.mode} if shot.mode else {}) | dict(shot.bomb.headers)
        begun, status = time.monotonic(), 0
        with contextlib.suppress(TimeoutError, ConnectionError):
            status, _ = asyncio.run(_once(port, shot, headers, body))
        _say(json.dumps([status, time.monotonic() - begun]))


async def _once(port: int, shot: Shot, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    async with asyncio.timeout(PATIENCE * 2):
        return await throw(port, shot.bomb.method, shot.route, headers, body)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run as asked."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("groups", nargs="*", default=list(GROUPS))
    words.add_argument("--most", type=int, default=_MOST, help="bombs of each group")
    words.add_argument("--throw", help="for its own use: the other process")
    asked: Any = words.parse_args()
    if asked.throw:
        throw_all(asked.throw, asked.most)
        return
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "toolbridge.toml"
        models = "".join(f'[tools.models."{name}--*"]\ndialect = "{name}"\n' for name in PROMPTABLE)
        config.write_text(f'[backends]\nwire = "ollama"\n[log]\nlevel = "error"\n{models}', encoding="utf-8")
        asyncio.run(run(asked.groups, asked.most, config))


if __name__ == "__main__":
    main()
