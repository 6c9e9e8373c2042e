"""Throwing bombs at a watched bridge, and judging what came of it.

The bridge is a process of its own (`tests.watched_bridge`), so that its steps, its CPU and its memory are its own, and
so that one that hangs can be killed: after `PATIENCE` seconds of CPU on one bomb it is, and the next bomb finds a new
one. What is judged is CPU, never a clock; only a bridge that neither answers nor works is given up after `_SILENCE`.
"""

import asyncio
import itertools
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from tests.bombs.backends import CalmOllama, CalmOpenAI
from tests.bombs.bomb import KINDS, REFUSED, Bomb, Chat, Kind
from tests.watched_loop import LIMIT, Step

PATIENCE = 10.0
"""Seconds of CPU in which a bridge answers, whatever it is sent."""
KEPT = 150 << 20
"""Bytes by which a bridge may have grown once everything was answered."""
_SILENCE = 60.0
"""Seconds on the clock after which a bridge that does nothing is given up."""
_LOOK_EVERY = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")
_SHOWN = 300
"""Characters of an answer that are shown."""
_COMPLAINT = 1200
"""Characters of the bridge's log that are shown beside a status that it should not have answered with."""
_TOOL = ("get_weather", "Weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


@dataclass(frozen=True, slots=True)
class Shot:
    """One bomb on its way: where to, in which mode, in front of which kind of backend."""

    bomb: Bomb
    route: str
    mode: str
    kind: Kind
    stream: bool = False
    """Whether the reply is asked for as a stream."""

    def __str__(self) -> str:
        route = self.route if len(self.route) < 40 else self.route[:40] + "…"
        return f"{self.bomb.name} | {route} | {self.mode or 'no mode'} | {self.kind}{' | streamed' * self.stream}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a shot. `status` is 0 where nothing was answered."""

    shot: Shot
    status: int
    said: str
    worst: Step | None
    cpu: float
    rss: int
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n    ".join([f"{self.shot}: {self.status} after {self.cpu:.2f} s of CPU", *self.problems])


def shots(bombs: Iterable[Bomb]) -> Iterator[Shot]:
    """Every bomb on every way it names, streamed and not by turns."""
    for number, bomb in enumerate(bombs):
        ways = itertools.product(bomb.kinds, bomb.routes, bomb.modes)
        for turn, (kind, route, mode) in enumerate(ways, number):
            yield Shot(bomb, route, mode, kind, stream=bool(turn % 2))


def few_shots(bombs: Iterable[Bomb]) -> Iterator[Shot]:
    """Every bomb that is not large once: routes, backends and streams take turns, and its first mode counts."""
    for number, bomb in enumerate(bomb for bomb in bombs if not bomb.large):
        kind = bomb.kinds[number % len(bomb.kinds)]
        turn = number // len(KINDS)
        route = bomb.routes[turn % len(bomb.routes)]
        yield Shot(bomb, route, bomb.modes[0], kind, stream=bool((turn + turn // len(bomb.routes)) % 2))


class Hung(Exception):  # it says what the bridge did
    """The bridge did not answer."""


class Watched:
    """A watched bridge in front of a backend."""

    def __init__(self, process: Process, port: int, errors: IO[bytes]) -> None:
        self.port, self._process, self._errors = port, process, errors
        self.slowness, self.held, self._read = 1.0, 0, 0

    @classmethod
    async def start(cls, backend: str, kind: Kind) -> Self:
        """Start one, and send it what everybody sends, so that whatever is made once is made."""
        errors = tempfile.TemporaryFile()  # noqa: SIM115 # it is open for as long as the process
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.watched_bridge", backend, kind, stdin=PIPE, stdout=PIPE, stderr=errors
        )
        assert process.stdout is not None
        own = cls(process, int(await process.stdout.readline()), errors)
        for mode in ("prompt", "native", "auto", ""):
            for route in ("/api/chat", "/v1/chat/completions", "/v1/messages", "/v1/responses", "/api/generate"):
                for stream in (False, True):
                    body = Chat(tools=[_TOOL], fields={"stream": stream}).body(route)
                    await throw(own.port, "POST", route, _choosing(mode), body)
        await own.order("freeze")
        rest = await own.order("rest")
        own.slowness, own.held = rest["slowness"], rest["held"]
        return own

    async def order(self, word: str) -> dict[str, Any]:
        """Say a word (`tests.watched_bridge`) and hear its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n".encode())
        answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def complaint(self) -> str:
        """The last line of what it has written to its log since this was asked."""
        # The process writes through the same open file, so a read would begin behind its last word.
        descriptor = self._errors.fileno()
        said = os.pread(descriptor, os.fstat(descriptor).st_size - self._read, self._read)
        self._read += len(said)
        lines = said.decode("utf-8", "replace").splitlines()
        return lines[-1][-_COMPLAINT:] if lines else ""

    async def kill(self) -> None:
        """End it, whatever it does."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._errors.close()

    async def patiently(self, work: Any) -> Any:
        """Wait for work that the bridge has to do. Raises `Hung`."""
        task, began, looks = asyncio.ensure_future(work), self.cpu(), 0
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_LOOK_EVERY)
                looks += 1
                if self.cpu() - began > PATIENCE * self.slowness:
                    raise Hung(f"it works on and on: more than {PATIENCE:g} s of CPU")
                if looks * _LOOK_EVERY > _SILENCE:
                    raise Hung(f"it has said nothing for {_SILENCE:g} s")
            return task.result()
        finally:
            task.cancel()


def _choosing(mode: str) -> dict[str, str]:
    return {"X-Toolbridge-Tools": mode} if mode else {}


async def throw(port: int, method: str, route: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Send a request over a connection of its own; the status and the answer's body, 0 where there was none.

    The bridge may answer before it has read all, and close: what is left to send then goes nowhere.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    given = {"Host": f"127.0.0.1:{port}", "Connection": "close", "Content-Type": "application/json"} | dict(headers)
    lines = [f"{method} {route} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    sending = asyncio.ensure_future(
        _send(writer, "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape"), body)
    )
    try:
        answer = await _read(reader)
    finally:
        sending.cancel()
        writer.transport.abort()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return (int(head.split(b" ", 2)[1]), rest) if head.startswith(b"HTTP/1") else (0, answer)


async def _send(writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    try:
        writer.write(head)
        for at in range(0, len(body), 1 << 18):
            writer.write(body[at : at + (1 << 18)])
            await writer.drain()
    except ConnectionError:
        return


async def _read(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    try:
        while data := await reader.read(1 << 18):
            parts.append(data)
    except ConnectionError:
        pass
    return b"".join(parts)


async def fire(shots_: Iterable[Shot], backend: str, kind: Kind) -> AsyncIterator[Outcome]:
    """Throw them one after another. What hangs is killed; the memory that is kept is the last bomb's problem."""
    watched = await Watched.start(backend, kind)
    last: Outcome | None = None
    try:
        for shot in shots_:
            if last is not None:
                yield last
            last = await _outcome(watched, shot)
            if last.worst is None:
                await watched.kill()
                watched = await Watched.start(backend, kind)
        if last is not None:
            rest = await watched.order("rest")
            if rest["held"] - watched.held > KEPT:
                grown = f"{(rest['held'] - watched.held) >> 20} MiB are kept after all of them"
                last.problems.append(f"{grown} ({(rest['rss'] - watched.held) >> 20} before memory was asked back)")
            yield last
    finally:
        await watched.kill()


async def _outcome(watched: Watched, shot: Shot) -> Outcome:
    body = shot.bomb.body(shot.route, stream=shot.stream)
    first = await _once(watched, shot, body)
    limit = LIMIT * watched.slowness
    if first.worst is None or first.worst.cpu <= limit:
        return first
    if first.status:
        # Whatever is over the limit by chance, as the machine's caches were another process's, is not over it twice.
        again = await _once(watched, shot, shot.bomb.body(shot.route, stream=shot.stream, again=True))
        if again.worst is not None and again.worst.cpu < first.worst.cpu:
            first = again
    if first.worst is not None and first.worst.cpu > limit:
        first.problems.append(f"a step over {limit * 1000:.1f} ms: {first.worst}")
    return first


async def _once(watched: Watched, shot: Shot, body: bytes) -> Outcome:
    bomb = shot.bomb
    await watched.order("begin")
    began = watched.cpu()
    headers = _choosing(shot.mode) | dict(bomb.headers)
    try:
        status, said = await watched.patiently(throw(watched.port, bomb.method, shot.route, headers, body))
        seen = await watched.patiently(watched.order("end"))
    except (Hung, ConnectionError, json.JSONDecodeError) as problem:
        cpu = watched.cpu() - began
        return Outcome(shot, 0, "", None, cpu, 0, [f"it hangs: {problem}"])
    worst = Step.of(seen["worst"][0]) if seen["worst"] else None
    text = said[:_SHOWN].decode("utf-8", "replace")
    out = Outcome(shot, status, text, worst, seen["cpu"], seen["rss"])
    if status not in bomb.allowed:
        out.problems.append(f"status {status}: {text!r}")
    complaint = watched.complaint()
    # A failure of the backend that the client is told of stands in the log as an error.
    if complaint and not (status >= 500 and status in bomb.allowed):
        out.problems.append(f"its log: {complaint}")
    if status in REFUSED and bomb.names and bomb.names not in said.decode("utf-8", "replace"):
        out.problems.append(f"the refusal does not say {bomb.names!r}: {text!r}")
    if seen["cpu"] > PATIENCE * watched.slowness:
        out.problems.append(f"{seen['cpu']:.1f} s of CPU")
    return out


@asynccontextmanager
async def behind(kind: Kind) -> AsyncIterator[str]:
    """A backend of this kind: its address."""
    if kind == "ollama":
        async with CalmOllama().running() as ollama:
            yield ollama.url
    else:
        async with CalmOpenAI().running() as openai:
            yield openai.url
