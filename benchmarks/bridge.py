"""What the bridge costs beside the least a Python proxy can cost: `python -m benchmarks.bridge`.

Each round asks every server in turn, so that a slow minute of the machine slows them all; what is printed are medians,
of figures and of the ratios within a round. The server has one process, backend and clients another.
"""

import argparse
import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from statistics import median
from typing import NamedTuple

from rich.console import Console

from benchmarks.load import Backend, Script, Stream, open_streams
from benchmarks.servers import SERVERS, run

progress = Console(stderr=True)


class Load(NamedTuple):
    """So many streams at once, of so many tokens; `pace` and `burst` are the backend's (see `Script`)."""

    title: str
    streams: int
    tokens: int
    pace: float = 0.0
    burst: int = 0
    rounds: int = 5


FIRST = Load("first byte", 1, 2, rounds=60)
ONE = Load("1 stream", 1, 10_000)
SIXTEEN = Load("16 streams", 16, 2_000)
MANY = Load("128 streams", 128, 1_000)
SINGLE = Load("16 streams in step, 1 token a write", 16, 1_000, burst=1)
JOINED = Load("16 streams in step, 16 tokens a write", 16, 4_000, burst=16)
PACED = Load("256 streams, 50 tokens/s each", 256, 200, pace=0.02)
LOADS = (ONE, SIXTEEN, MANY, SINGLE, JOINED, PACED)
"""How many tokens one read of a free stream holds hangs on the machine's mood; in step it is the same for all."""


class Goal(NamedTuple):
    """A bound on one server's figure over another's, from one round."""

    name: str
    load: Load
    figure: str
    over: str
    sign: str
    bound: float


GOALS = (
    Goal("G3", ONE, "rate", "reenc", "≥", 1.6),
    Goal("G3", ONE, "rate", "pass", "≥", 0.8),
    Goal("G4", SIXTEEN, "rate", "reenc", "≥", 1.5),
    Goal("G4", MANY, "rate", "reenc", "≥", 1.5),
    Goal("G5", SIXTEEN, "cpu", "reenc", "≤", 0.6),
    Goal("G5", JOINED, "cpu", "reenc", "≤", 0.6),
    Goal("G6", PACED, "cpu", "pass", "≤", 1.25),
)
FIGURES = {"rate": "k tokens/s", "cpu": "CPU µs per token"}


class Round(NamedTuple):
    """What one server did once: one of the streams, tokens a second, CPU a token and the first byte in seconds."""

    stream: Stream
    rate: float
    cpu: float
    first: float


Results = dict[tuple[Load, str, str], list[float]]


class Server:
    """One of the servers, and the line to it."""

    def __init__(self, name: str, process: Process, port: int) -> None:
        self.name, self.process, self.port = name, process, port

    @classmethod
    async def start(cls, name: str, backend: int) -> "Server":
        """Start it and wait for its port."""
        command = (sys.executable, "-m", "benchmarks.servers", name, f"http://127.0.0.1:{backend}")
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        assert process.stdout
        return cls(name, process, int(await process.stdout.readline()))

    async def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(b"\n")
        return float(await self.process.stdout.readline())

    async def stop(self) -> None:
        """Close its input and wait for its end."""
        assert self.process.stdin
        self.process.stdin.close()
        await self.process.wait()


def pin(cores: list[int]) -> None:
    """Keep to these cores, as do processes that are started now: backend and clients on one, the server on another."""
    if cores and sys.platform == "linux":
        os.sched_setaffinity(0, cores)


async def free(load: Load, server: Server, script: Script) -> Round:
    """Streams as fast as they go, from the first connection to the last byte."""
    cpu, begun = await server.cpu(), time.monotonic()
    streams = await open_streams(script, server.port, load.streams)
    seconds, total = time.monotonic() - begun, load.streams * load.tokens
    return Round(streams[0], total / seconds, (await server.cpu() - cpu) / total, streams[0].first - begun)


async def paced(load: Load, server: Server, script: Script) -> Round:
    """Streams at a model's pace: two seconds in the middle, when all have begun and none has ended."""
    streams = asyncio.create_task(open_streams(script, server.port, load.streams))
    await asyncio.sleep(1.5)
    cpu, begun = await server.cpu(), time.monotonic()
    await asyncio.sleep(2)
    rate = load.streams / load.pace
    cpu, seconds = await server.cpu() - cpu, time.monotonic() - begun
    return Round((await streams)[0], rate, cpu / (rate * seconds), 0.0)


async def measure(load: Load, servers: list[Server], script: Script, results: Results) -> None:
    """All rounds of one load; the text of one stream of each is compared with what the backend said."""
    script.set(load.tokens, load.pace, load.burst)
    for _ in range(load.rounds):
        for server in servers:
            stream, rate, cpu, first = await (paced if load.pace else free)(load, server, script)
            assert stream.text() == "".join(script.words), f"{server.name} changed the text"
            results[load, server.name, "rate"].append(rate / 1e3)
            results[load, server.name, "cpu"].append(cpu * 1e6)
            results[load, server.name, "first"].append(first * 1e3)
    said = ", ".join(f"{each.name} {median(results[load, each.name, 'cpu']):.1f}" for each in servers)
    progress.print(f"{load.title}: CPU µs per token {said}", soft_wrap=True)


def report(names: list[str], results: Results) -> None:
    """The tables, in Markdown."""
    print(f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for figure, unit in FIGURES.items():
        for load in LOADS:
            if figure == "cpu" or not load.pace:
                row = (f"{median(results[load, name, figure]):.1f}" for name in names)
                print(f"| {load.title}, {unit} | {' | '.join(row)} |")
    row = (f"{median(results[FIRST, name, 'cpu']) * FIRST.tokens / 1e3:.2f}" for name in names)
    print(f"| CPU ms per request of {FIRST.tokens} tokens | {' | '.join(row)} |")
    direct = median(results[FIRST, "direct", "first"])
    row = (f"{median(results[FIRST, name, 'first']) - direct:.2f}" for name in names)
    print(f"| first byte, ms added to {direct:.2f} | {' | '.join(row)} |\n")
    if "bridge" not in names:
        return
    print("| goal | | bridge | |\n|---|---|---|---|")
    for goal in (each for each in GOALS if each.over in names):
        ours, others = (results[goal.load, name, goal.figure] for name in ("bridge", goal.over))
        ratio = median(mine / theirs for mine, theirs in zip(ours, others, strict=True))
        met = ratio >= goal.bound if goal.sign == "≥" else ratio <= goal.bound
        what = f"{goal.load.title}, {FIGURES[goal.figure]}: {goal.sign} {goal.bound} × {goal.over}"
        print(f"| {goal.name} | {what} | {ratio:.2f} × | {'met' if met else 'missed'} |")


async def main(names: list[str]) -> None:
    """Start the servers, measure, print."""
    script, results = Script(), defaultdict[tuple[Load, str, str], list[float]](list)
    listener = await asyncio.get_running_loop().create_server(lambda: Backend(script), "127.0.0.1", 0, backlog=1024)
    backend = listener.sockets[0].getsockname()[1]
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    pin(cores[1:2])
    servers = [await Server.start(name, backend) for name in names]
    pin(cores[:1])
    direct = Server("direct", servers[0].process, backend)  # its CPU is nobody's and not printed
    for load in (FIRST, *LOADS):
        await measure(load, [direct, *servers] if load is FIRST else servers, script, results)
    for server in servers:
        await server.stop()
    listener.close()
    report(names, results)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("servers", nargs="*", default=list(SERVERS), help=f"of {', '.join(SERVERS)}; all of them")
    run(main(arguments.parse_args().servers))
