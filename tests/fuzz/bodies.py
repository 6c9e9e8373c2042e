"""A million bodies at the real app: `python -m tests.fuzz.bodies --count 1000000` (`make fuzz-bodies COUNT=…`).

The bridge runs on a watched loop in a process of its own, client and backend are bare protocols in this one. Bodies go
out in lots over kept connections. After each lot the bridge is asked for its worst step; where that is over the limit,
or where the bridge hangs, the lot goes out again body by body to find whose it was. A body that fails is made smaller
and kept in `.fuzz/bodies`, with what it did. The seed is printed: it gives the same bodies again.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bombs.bomb import KINDS, Kind
from tests.bombs.throwing import Hung, Watched
from tests.fuzz.mutations import Bodies, shrunk
from tests.fuzz.wires import Line, Talk
from tests.watched_loop import LIMIT, Step

KEPT = Path(".fuzz/bodies")
_LOT, _LINES = 200, 8
"""Bodies between two looks at the worst step, and connections they share."""
_CHANCE = 2.0
"""How far over the limit a step is that was not so long by chance, as the machine had other things to do."""
_TRIES = 3
_ONCE = "a step, at first, in the lot of this body"
_ERROR = re.compile(r'"error":"([^"]{0,80})')
_HEADERS = (
    "",
    "",
    "X-Toolbridge-Tools: prompt\r\n",
    "X-Toolbridge-Tools: prompt\r\n",
    "X-Toolbridge-Tools: native\r\n",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request."""

    route: str
    headers: str
    body: bytes


@dataclass(slots=True)
class Run:
    """One run against one kind of backend. `limit` is seconds of CPU that a step may take; 0 for no limit."""

    kind: Kind
    limit: float
    most: int = 1000
    """Failures after which a run ends early: each costs the sending of its whole lot again."""
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """What went wrong, in short, and how often."""
    passing: int = 0
    """Steps over the limit that did not come again when the same was sent, also to a new process: on a busy machine a
    millisecond's work takes 18 ms of CPU at times."""
    worst: float = 0.0
    held: int = 0
    _watched: Any = None
    _url: str = ""
    _lines: list[Line] = field(default_factory=list)

    async def go(self, bodies: Bodies, count: int, report: float) -> None:
        """Send so many bodies, with a line of progress each `report` seconds."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Talk, "127.0.0.1", 0)
        self._url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await self._start()
        began = told = time.monotonic()
        done = 0
        try:
            while done < count and self.failures.total() < self.most:
                lot = [
                    Sent(route, bodies.chance.choice(_HEADERS), body)
                    for _, (route, body) in zip(range(min(_LOT, count - done)), bodies, strict=False)
                ]
                await self._lot(lot)
                done += len(lot)
                if time.monotonic() - told > report:
                    told = time.monotonic()
                    self._tell(done, done / (told - began))
            rest = await self._watched.order("rest")
            self.held = rest["held"] - self._watched.held
            self._tell(done, done / (time.monotonic() - began))
        finally:
            await self._end()
            server.close()

    def _tell(self, done: int, rate: float) -> None:
        statuses = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        worst = f"worst step {self.worst * 1000:.1f} ms"
        failed = f"{self.failures.total()} failures of {len(self.failures)} sorts"
        passed = f"{self.passing} long steps that did not come again"
        kept = f"{self.held >> 20} MiB kept"
        _say(f"{self.kind}: {done} bodies, {rate:.0f}/s, {worst}, {failed}, {passed} ({statuses}), {kept}")

    async def _start(self) -> None:
        self._watched = await Watched.start(self._url, self.kind)
        self._lines = [await Line.to(self._watched.port) for _ in range(_LINES)]

    async def _end(self) -> None:
        for line in self._lines:
            line.close()
        await self._watched.kill()

    async def _lot(self, lot: Sequence[Sent]) -> None:
        try:
            problems = await self._watched.patiently(self._send(lot))
            if any(problem.startswith(_ONCE) for _, problem in problems):
                problems = await self._confirmed(lot, problems)
        except Hung as hung:
            if len(lot) == 1:
                self._keep(lot[0], "hangs", str(hung))
                await self._anew()
                return
            await self._anew()
            for sent in lot:
                await self._lot([sent])
            return
        for sent, problem in problems:
            await self._fail(sent, problem)

    async def _confirmed(self, lot: Sequence[Sent], problems: Sequence[tuple[Sent, str]]) -> Sequence[tuple[Sent, str]]:
        """The problems of a lot, without a long step that does not come in a new process either."""
        await self._anew()
        again = await self._watched.patiently(self._send(lot))
        if any(problem.startswith("a step") for _, problem in again):
            return problems
        self.passing += 1
        return [found for found in problems if not found[1].startswith(_ONCE)]

    async def _anew(self) -> None:
        await self._end()
        await self._start()

    async def _send(self, lot: Sequence[Sent], tries: int = _TRIES) -> list[tuple[Sent, str]]:
        """Send a lot; those that failed. One with a step over the limit is sent again, body by body.

        A single body with such a step fails if each of so many `tries` has one.
        """
        await self._watched.order("begin")
        todo = list(reversed(lot))
        problems: list[tuple[Sent, str]] = []

        async def work(place: int) -> None:
            while todo:
                sent = todo.pop()
                if self._lines[place].closed:
                    self._lines[place] = await Line.to(self._watched.port)
                try:
                    status, said = await self._lines[place].ask(sent.route, sent.headers, sent.body)
                except ConnectionError:
                    status, said = 0, b""
                self.statuses[status] += 1
                if not 200 <= status < 300 and not 400 <= status < 500:
                    problems.append((sent, f"status {status}: {said[:300]!r}"))

        await asyncio.gather(*map(work, range(len(self._lines))))
        worst = await self._worst()
        if complaint := self._watched.complaint():
            # What fails behind an answer shows in the log, and on the connection's next request, which is another's.
            if len(lot) == 1:
                return [(lot[0], f"its log: {complaint}")]
            return [problem for sent in lot for problem in await self._send([sent])]
        if worst is not None and self.limit and worst.cpu > self.limit * self._watched.slowness:
            if len(lot) > 1:
                found = len(problems)
                for sent in lot:
                    problems += await self._send([sent])
                    if len(problems) + self.failures.total() >= self.most:
                        break
                if len(problems) == found and worst.cpu > _CHANCE * self.limit * self._watched.slowness:
                    # What was made for it is made by now, and no body of the lot takes so long again.
                    problems.append((lot[0], f"{_ONCE}, of {worst}"))
            elif tries > 1:
                again = await self._send(lot, tries - 1)
                self.passing += not again
                problems += again
            else:
                problems.append((lot[0], f"a step of {worst}"))
        return problems

    async def _worst(self) -> Step | None:
        seen = await self._watched.order("end")
        worst = Step.of(seen["worst"][0]) if seen["worst"] else None
        self.worst = max(self.worst, worst.cpu if worst else 0.0)
        return worst

    async def _fail(self, sent: Sent, problem: str) -> None:
        if problem.startswith("status") and _sort(problem) not in self.failures:
            loop = asyncio.get_running_loop()
            line = await Line.to(self._watched.port)

            async def fails(body: bytes) -> bool:
                status, _ = await line.ask(sent.route, sent.headers, body)
                return not 200 <= status < 300 and not 400 <= status < 500

            def asks(body: bytes) -> bool:
                return asyncio.run_coroutine_threadsafe(fails(body), loop).result(30)

            with contextlib.suppress(ConnectionError, TimeoutError):
                sent = Sent(sent.route, sent.headers, await asyncio.to_thread(shrunk, sent.body, asks))
            line.close()
        self._keep(sent, _sort(problem), problem)

    def _keep(self, sent: Sent, sort: str, problem: str) -> None:
        self.failures[sort] += 1
        if self.failures[sort] > 3:
            return
        KEPT.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(sent.body).hexdigest()[:12]
        (KEPT / f"{name}.body").write_bytes(sent.body)
        about = {"route": sent.route, "headers": sent.headers, "backend": self.kind, "problem": problem}
        (KEPT / f"{name}.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        _say(f"{self.kind} {sent.route} {sent.headers.strip()} {name}: {problem}")


def _sort(problem: str) -> str:
    """A problem without what differs from body to body: a status, or the place in the code."""
    if problem.startswith("its log"):
        said = _ERROR.search(problem)
        return f"its log: {said[1]}" if said else "its log"
    if problem.startswith("a step"):
        seen = problem.splitlines()[1:2]
        return " < ".join(seen[0].strip().split(" < ")[:2]) if seen else "a step"
    return problem[:60]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def fuzzed(
    count: int, seed: int, *, limit: float = LIMIT, kinds: Sequence[Kind] = KINDS, report: float = 30, most: int = 1000
) -> list[Run]:
    """Send so many bodies, an equal share to each kind of backend; how it went."""
    runs = [Run(kind, limit, most) for kind in kinds]
    for number, run in enumerate(runs):
        await run.go(Bodies(seed + number), count // len(runs), report)
    return runs


def main() -> int:
    """Run as asked; whether anything failed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--count", type=int, default=10_000)
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    words.add_argument("--limit", type=float, default=LIMIT * 1000, help="milliseconds of a step; 0 for no limit")
    words.add_argument("--kind", choices=KINDS)
    words.add_argument("--report", type=float, default=30, help="seconds between two lines of progress")
    asked = words.parse_args()
    _say(f"seed {asked.seed}: --count {asked.count} --seed {asked.seed} gives these bodies again")
    kinds: Sequence[Kind] = [asked.kind] if asked.kind else KINDS
    runs = asyncio.run(fuzzed(asked.count, asked.seed, limit=asked.limit / 1000, kinds=kinds, report=asked.report))
    for run in runs:
        for sort, times in sorted(run.failures.items(), key=lambda one: -one[1]):
            _say(f"{run.kind}: {times} × {sort}")
    return int(any(run.failures for run in runs))


if __name__ == "__main__":
    sys.exit(main())
