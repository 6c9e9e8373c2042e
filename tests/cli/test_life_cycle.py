"""The life of `toolbridge serve`, as processes: how it drains, what a second signal does, and what workers are for."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectorError, ClientPayloadError, ClientResponse, ClientSession, TCPConnector, web

from tests.fake_ollama import FakeOllama, last, line, stream

ROOT = Path(__file__).parents[2]
QUESTION = [{"role": "user", "content": "hi"}]
TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
PATHS = ("/api/chat", "/v1/chat/completions")
PATIENCE = 20.0


class Program:
    """A running `toolbridge serve` whose output is read as it comes."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.url = ""
        self.log: list[dict[str, Any]] = []
        self._grown = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr
        async for text in self.process.stderr:
            async with self._grown:
                self.log.append(json.loads(text))
                self._grown.notify_all()

    async def begins(self) -> None:
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            greeting = (await self.process.stdout.readline()).decode()
        found = re.search(r"http://\S+", greeting)
        assert found, greeting
        self.url = found[0]

    async def until(self, enough: Callable[[list[dict[str, Any]]], object]) -> None:
        """Wait until the log holds enough."""
        async with asyncio.timeout(PATIENCE), self._grown:
            await self._grown.wait_for(lambda: enough(self.log))

    def workers(self) -> list[int]:
        """The process ids of the workers that live, as far as the log says."""
        started = [one["pid"] for one in self.log if one["event"] == "worker started"]
        ended = {one["pid"] for one in self.log if one["event"] in ("worker died", "worker ended")}
        return [pid for pid in started if pid not in ended]

    async def ends(self) -> int:
        async with asyncio.timeout(PATIENCE):
            await self._reading
            return await self.process.wait()


class Start:
    """Starts programs."""

    def __init__(self) -> None:
        self.programs: list[Program] = []

    async def __call__(self, *arguments: str, **variables: str) -> Program:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TOOLBRIDGE_")}
        command = (sys.executable, "-m", "toolbridge", "serve", "--port", "0", "--log-format", "json", *arguments)
        process = await asyncio.create_subprocess_exec(
            *command, stdout=PIPE, stderr=PIPE, cwd=ROOT, env=clean | variables, start_new_session=True
        )
        program = Program(process)
        self.programs.append(program)
        await program.begins()
        return program


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    made = Start()
    yield made
    for program in made.programs:
        with suppress(ProcessLookupError):
            os.killpg(program.process.pid, signal.SIGKILL)
        await program.ends()
        await program.process.communicate()


class Slow(FakeOllama):
    """A backend whose answers end when they are told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.chat = self._wait

    async def _wait(self, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def before(number: int) -> None:
            if number:
                await self.go.wait()

        return await stream(request, [line("One"), line(" two"), last()], before_each=before)


@pytest.fixture
async def backend() -> AsyncIterator[Slow]:
    fake = Slow()
    async with fake.running():
        yield fake


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession() as made:
        yield made


async def begin(client: ClientSession, url: str, path: str = "/api/chat") -> ClientResponse:
    """A streamed chat of which the first piece has come."""
    body = {"model": "plain:1b", "messages": QUESTION, "tools": [TOOL], "stream": True}
    answer = await client.post(url + path, json=body)
    assert b"One" in await answer.content.readany()
    return answer


async def refuses(url: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with ClientSession() as client, client.get(f"{url}/healthz"):
                    continue
            except ClientConnectorError:
                return


async def serves(url: str) -> None:
    async with ClientSession() as client, client.get(f"{url}/healthz") as answer:
        assert await answer.read() == b"ok"


# The end.


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_what_runs_is_finished_and_nothing_new_is_taken(
    start: Start, backend: Slow, client: ClientSession, workers: str, number: int
) -> None:
    program = await start("--backend", backend.url, "--workers", workers)
    answer = await begin(client, program.url)
    program.process.send_signal(number)
    await refuses(program.url)
    backend.go.set()
    assert b'"done":true' in await answer.content.read()
    assert await program.ends() == 0
    assert [one["outcome"] for one in program.log if one["event"] == "request"] == ["ok"]


async def test_readiness_ends_at_once_for_who_holds_a_connection(start: Start, backend: Slow) -> None:
    program = await start("--backend", backend.url)
    async with ClientSession(connector=TCPConnector(limit=1)) as probe, ClientSession() as client:
        async with probe.get(f"{program.url}/readyz") as ready:
            assert ready.status == 200
            assert await ready.json()
        answer = await begin(client, program.url)
        program.process.terminate()
        await refuses(program.url)
        async with probe.get(f"{program.url}/readyz") as ready:
            assert ready.status == 503
            assert (await ready.json())["error"] == "draining"
        async with probe.get(f"{program.url}/healthz") as lives:
            assert lives.status == 200
            assert await lives.read() == b"ok"
        async with probe.post(f"{program.url}/v1/chat/completions", json={"model": "m", "messages": []}) as late:
            assert late.status == 503
            assert (await late.json())["error"]["message"] == "the bridge is shutting down"
            assert late.headers["Connection"] == "close"
        backend.go.set()
        assert b'"done":true' in await answer.content.read()
    assert await program.ends() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_what_is_not_through_within_the_grace_ends_with_an_error_in_its_wire(
    start: Start, backend: Slow, client: ClientSession, workers: str
) -> None:
    program = await start("--backend", backend.url, "--workers", workers, TOOLBRIDGE_SERVER_GRACE="0.2")
    native, shim = [await begin(client, program.url, path) for path in PATHS]
    program.process.terminate()
    assert json.loads(await native.content.readline()) == {"error": "the bridge is shutting down"}
    with pytest.raises(ClientPayloadError):
        await native.content.read()
    native.close()
    told = (await shim.content.read()).decode()
    assert '"message":"the bridge is shutting down"' in told
    assert '"finish_reason":"' not in told
    assert await program.ends() == 0
    assert backend.gone.is_set()


async def test_a_request_whose_body_does_not_come_is_answered_with_the_bridges_end(start: Start, backend: Slow) -> None:
    program = await start("--backend", backend.url, TOOLBRIDGE_SERVER_GRACE="0.1")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(program.url.rpartition(":")[2]))
    writer.write(b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    program.process.terminate()
    got = await reader.read()
    assert b"HTTP/1.1 502 " in got
    assert got.endswith(b'{"error":"the bridge is shutting down"}')
    writer.close()
    assert await program.ends() == 0


@pytest.mark.parametrize(("workers", "code"), [("1", 128 + signal.SIGINT), ("2", 128 + signal.SIGINT)])
async def test_a_second_signal_ends_it_at_once(
    start: Start, backend: Slow, client: ClientSession, workers: str, code: int
) -> None:
    program = await start("--backend", backend.url, "--workers", workers, TOOLBRIDGE_SERVER_GRACE="600")
    answer = await begin(client, program.url)
    program.process.terminate()
    await refuses(program.url)
    program.process.send_signal(signal.SIGINT)
    assert await program.ends() == code
    answer.close()


# SIGHUP.


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_hangup_lets_it_forget_and_not_end(
    start: Start, backend: Slow, client: ClientSession, workers: str
) -> None:
    backend.go.set()
    program = await start("--backend", backend.url, "--workers", workers)
    await program.until(lambda _: len(program.workers()) == (2 if workers == "2" else 0))
    for times in (1, 2):
        while not len(backend.questions) >= times:
            await (await begin(client, program.url)).read()
        program.process.send_signal(signal.SIGHUP)
        await program.until(lambda log, enough=times * int(workers): _forgot(log) >= enough)  # type: ignore[misc] # a default
    program.process.terminate()
    assert await program.ends() == 0


def _forgot(log: list[dict[str, Any]]) -> int:
    return [one["event"] for one in log].count("forgot what was learnt")


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_it_ends_with_the_terminal_that_it_runs_in(backend: Slow, workers: str) -> None:
    ours, theirs = os.openpty()
    command = (sys.executable, "-m", "toolbridge", "serve", "--port", "0", "--log-format", "json")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IN_TERMINAL, *command, "--backend", backend.url, "--workers", workers),
        stdin=theirs, stdout=PIPE, stderr=PIPE, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    program = Program(process)
    await program.begins()
    await serves(program.url)
    os.close(ours)
    assert await program.ends() == 0


IN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes the standard input of a new session its terminal, and goes on as another program."""


# Workers.


async def test_each_worker_serves_the_one_port(start: Start, backend: Slow) -> None:
    program = await start("--backend", backend.url, "--workers", "2")
    await program.until(lambda _: len(program.workers()) == 2)
    for _ in range(8):
        await serves(program.url)
    program.process.terminate()
    assert await program.ends() == 0
    codes = [one["code"] for one in program.log if one["event"] == "worker ended"]
    assert len(codes) == 2
    # A worker that was told to end before it served a request has nothing to drain.
    assert set(codes) <= {0, -signal.SIGTERM}


async def test_a_dead_worker_is_replaced_and_takes_only_its_own_streams(start: Start, backend: Slow) -> None:
    program = await start("--backend", backend.url, "--workers", "2")
    clients = [ClientSession() for _ in range(24)]
    answers = [await begin(client, program.url) for client in clients]
    victim, other = program.workers()
    os.kill(victim, signal.SIGKILL)
    await program.until(lambda _: len(program.workers()) == 2 and victim not in program.workers())
    assert other in program.workers()
    await serves(program.url)
    backend.go.set()
    ends = await asyncio.gather(*(answer.content.read() for answer in answers), return_exceptions=True)
    lost = sum(isinstance(end, BaseException) for end in ends)
    assert all(isinstance(end, BaseException) or b'"done":true' in end for end in ends)
    await asyncio.gather(*(client.close() for client in clients))
    program.process.terminate()
    assert await program.ends() == 0
    served = sum(one["event"] == "request" and one["path"] == "/api/chat" for one in program.log)
    assert served + lost == len(answers)


async def test_workers_that_die_at_their_start_are_replaced_later_each_time_and_not_for_ever(
    start: Start, backend: Slow
) -> None:
    program = await start("--backend", backend.url, "--workers", "2")
    killed: set[int] = set()
    while not any(one["event"] == "workers do not live" for one in program.log):
        before = len(program.log)
        for worker in program.workers()[:1]:
            if worker not in killed:
                killed.add(worker)
                os.kill(worker, signal.SIGKILL)
        await program.until(lambda log, before=before: len(log) > before)  # type: ignore[misc] # a default argument
    assert await program.ends() == 1
    assert len(killed) == 6
    died = [one["event"] for one in program.log].count("worker died")
    assert died == 6


async def test_workers_whose_parent_is_killed_end_by_themselves(start: Start, backend: Slow) -> None:
    program = await start("--backend", backend.url, "--workers", "2")
    await serves(program.url)
    program.process.kill()
    await refuses(program.url)
    # Its output ends when the last process that holds it does.
    assert await program.ends() == -signal.SIGKILL


# Processes that hang.


def is_stopped(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "T"


async def test_a_worker_that_hangs_is_killed_after_the_grace(start: Start, backend: Slow) -> None:
    program = await start("--backend", backend.url, "--workers", "2", TOOLBRIDGE_SERVER_GRACE="0.1")
    await program.until(lambda _: len(program.workers()) == 2)
    victim, _ = program.workers()
    os.kill(victim, signal.SIGSTOP)
    while not is_stopped(victim):  # noqa: ASYNC110 # no event tells of somebody else's child
        await asyncio.sleep(0.01)
    program.process.terminate()
    assert await program.ends() == 1
    assert [one["pid"] for one in program.log if one["event"] == "worker hangs and is killed"] == [victim]
    codes = {one["pid"]: one["code"] for one in program.log if one["event"] == "worker ended"}
    assert codes[victim] == -signal.SIGKILL
