"""`toolbridge serve` as a process: how it starts, how it ends, and its words when it cannot start."""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectorError, ClientSession, web
from click.testing import CliRunner

from tests.fake_ollama import FakeOllama, last, line, stream
from toolbridge.cli import main
from toolbridge.cli.serve import greeting, own_address
from toolbridge.server.settings import Settings

ROOT = Path(__file__).parents[2]
Run = Callable[..., Awaitable[Process]]


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Starts the program with these arguments and variables."""
    processes: list[Process] = []

    async def _run(*arguments: str, **variables: str) -> Process:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TOOLBRIDGE_")}
        command = (sys.executable, "-m", "toolbridge", "serve", *arguments)
        process = await asyncio.create_subprocess_exec(
            *command, stdout=PIPE, stderr=PIPE, cwd=ROOT, env=clean | variables
        )
        processes.append(process)
        return process

    yield _run
    for process in processes:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.fixture
async def backend() -> AsyncIterator[FakeOllama]:
    async with FakeOllama().running() as fake:
        yield fake


async def listens(process: Process) -> str:
    """The URL that the program says it listens on."""
    assert process.stdout
    output = (await process.stdout.readline()).decode()
    found = re.search(r"http://\S+", output)
    assert found, (output, await process.communicate())
    return found[0]


async def ended(process: Process) -> tuple[int, str]:
    _, output = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_told_to_stop(run: Run, backend: FakeOllama, number: int) -> None:
    process = await run("--port", "0", "--backend", backend.url, "--log-format", "json")
    url = await listens(process)
    assert process.stdout
    assert await process.stdout.readline() == f"  Ollama's clients:  OLLAMA_HOST={url}\n".encode()
    assert await process.stdout.readline() == f"  OpenAI's clients:  OPENAI_BASE_URL={url}/v1\n".encode()
    async with ClientSession() as client, client.get(f"{url}/api/version") as answer:
        assert await answer.json() == {"version": "0.12.0"}
    process.send_signal(number)
    code, output = await ended(process)
    assert code == 0
    assert '"path":"/api/version"' in output


async def test_an_answer_under_way_is_finished_before_it_ends(run: Run, backend: FakeOllama) -> None:
    go = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def second(number: int) -> None:
            if number:
                await go.wait()

        return await stream(request, [line("One"), line(" two"), last()], before_each=second)

    backend.chat = chat
    process = await run("--port", "0", "--backend", backend.url)
    url = await listens(process)
    body = {"model": "plain:1b", "messages": [{"role": "user", "content": "hi"}]}
    async with ClientSession() as client, client.post(f"{url}/api/chat", json=body) as answer:
        assert b"One" in await answer.content.readany()
        process.terminate()
        await refuses(url)
        go.set()
        assert b'"done":true' in await answer.content.read()
    assert (await ended(process))[0] == 0


async def refuses(url: str) -> None:
    """Wait until no process listens there any more."""
    while True:
        try:
            async with ClientSession() as client, client.get(f"{url}/healthz"):
                continue
        except ClientConnectorError:
            return


async def test_flags_win_over_variables_and_variables_over_the_file(
    run: Run, backend: FakeOllama, tmp_path: Path
) -> None:
    config = tmp_path / "toolbridge.toml"
    config.write_text('[backends]\nurl = "http://127.0.0.1:9"\nname = "filed"\n[server]\nport = 1\n', encoding="utf-8")
    process = await run(
        "--config", str(config), "--port", "0", TOOLBRIDGE_BACKEND=backend.url, TOOLBRIDGE_SERVER_PORT="2"
    )
    url = await listens(process)
    async with ClientSession() as client, client.get(f"{url}/readyz") as answer:
        assert await answer.json() == {"ready": True, "backend": "filed"}


async def test_a_port_that_is_taken_is_said_with_what_to_do(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, output = await ended(await run("--port", port))
    assert code == 1
    assert output == (
        f"toolbridge cannot listen on 127.0.0.1 port {port}: another program listens there. "
        "Stop it, or choose another port with --port (0 takes a free one).\n"
    )


async def test_an_address_of_another_machine_is_said(run: Run) -> None:
    code, output = await ended(await run("--host", "192.0.2.1", "--port", "0"))
    assert code == 1
    assert "this machine has no such address" in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--port", "many"), "server.port (given as a flag)"),
        (("--backend", "ftp://x"), "backends.url (given as a flag) must be a URL like http://127.0.0.1:11434"),
        (("--backend-wire", "smoke"), "backends.wire"),
        (("--config", "no-such-file.toml"), "no-such-file.toml cannot be read"),
        (("--log-format", "xml"), "log.format"),
        (("--workers", "0"), "server.workers (given as a flag) should be greater than or equal to 1"),
        (("--workers", "100000"), "server.workers (given as a flag)"),
    ],
)
def test_bad_settings_are_told_line_by_line(arguments: tuple[str, ...], says: str) -> None:
    answer = CliRunner().invoke(main, ["serve", *arguments])
    assert answer.exit_code == 2
    assert answer.stderr.startswith("toolbridge cannot start with these settings:\n  ")
    assert says in answer.stderr
    assert "Traceback" not in answer.output


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")]
)
def test_the_greeting_gives_an_address_that_can_be_used(host: str, shown: str) -> None:
    assert f"OLLAMA_HOST=http://{shown}:8\n" in greeting(Settings(host=host), 8)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_greeting_gives_an_address_for_other_machines_if_there_is_one(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = own_address(host)
    shown = f"[{found}]" if ":" in found else found
    assert (f"From other machines:  http://{shown}:8\n" in greeting(Settings(host=host), 8)) == bool(found)
    monkeypatch.setattr("toolbridge.cli.serve.own_address", lambda _host: "")
    assert "other machines" not in greeting(Settings(host=host), 8)


@pytest.mark.parametrize(("host", "bound"), [("0.0.0.0", "http://0.0.0.0:8"), ("::", "http://[::]:8")])
def test_the_greeting_names_the_address_that_it_listens_on(host: str, bound: str) -> None:
    first, *_ = greeting(Settings(host=host), 8).splitlines()
    assert first.startswith(f"toolbridge listens on {bound} (all addresses of this machine) in front of ")


def test_greeting_and_help_name_the_routes_of_every_wire() -> None:
    shown = CliRunner().invoke(main, ["serve", "--help"]).output
    for path in ("/v1/chat/completions", "/v1/responses", "/v1/messages"):
        assert path in greeting(Settings(), 8)
        assert path in shown
    assert "ANTHROPIC_BASE_URL=http://127.0.0.1:8\n" in greeting(Settings(), 8)


async def test_a_bridge_that_stands_open_says_so_in_its_log(run: Run, backend: FakeOllama) -> None:
    process = await run("--host", "0.0.0.0", "--port", "0", "--backend", backend.url, "--log-format", "json")
    await listens(process)
    assert process.stderr
    assert b'"event":"open to the network"' in await process.stderr.readline()
    process.terminate()
    await ended(process)


def test_the_greeting_warns_of_a_door_that_stands_open() -> None:
    open_door, locked = Settings(host="0.0.0.0"), Settings(host="0.0.0.0", security={"api_keys": ["k"]})
    assert "set security.api_keys" in greeting(open_door, 8)
    assert "set security.api_keys" not in greeting(locked, 8)
    assert "set security.api_keys" not in greeting(Settings(), 8)
