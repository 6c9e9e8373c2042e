"""`toolbridge demo`, as a process with and without a terminal."""

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

import pytest
from click import ClickException
from ollama import ResponseError

from tests.demo_process import ENVIRONMENT, PATIENCE, demo
from toolbridge.cli.demo import unless

COMMAND = [sys.executable, "-m", "toolbridge", "demo"]


@pytest.fixture(scope="module")
def shown() -> str:
    """The demo's output without a terminal."""
    done = subprocess.run(COMMAND, capture_output=True, env=ENVIRONMENT, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_two_turns_are_shown_with_two_calls_at_once(shown: str) -> None:
    first, second = shown.split("Turn 2.")
    assert first.count('<invoke name="get_weather">') == 2
    assert first.count("tool call get_weather") == 2
    assert "city = 'Oslo'" in first
    assert "city = 'Rome'" in first
    assert "get_weather(city='Oslo') -> {" in first
    assert second.count("Oslo: sky light rain, degrees 9.") == 2


def test_what_the_model_wrote_stands_beside_what_the_client_received(shown: str) -> None:
    titles = [line for line in shown.splitlines() if "the model wrote" in line]
    assert len(titles) == 2
    assert all("the client received" in line for line in titles)
    assert [line.count("Let me look that up.") for line in shown.splitlines() if "Let me" in line] == [2]


def test_it_says_plainly_that_the_model_is_a_script_and_where_to_go_next(shown: str) -> None:
    assert "The model behind it is scripted" in shown
    assert "toolbridge serve --backend http://127.0.0.1:11434" in shown


def test_without_a_terminal_there_are_no_control_codes(shown: str) -> None:
    assert not [character for character in shown if ord(character) < 32 and character != "\n"]


def test_where_standard_output_takes_only_ascii_it_is_shown_in_ascii() -> None:
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = subprocess.run(COMMAND, capture_output=True, env=environment, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


@contextmanager
def on_a_terminal(*options: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], bytes]]]:
    """The demo on a terminal of its own: the process, and a function that reads its screen (no bytes at the end)."""
    primary, secondary = pty.openpty()
    environment = ENVIRONMENT | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}

    def read() -> bytes:
        try:
            return os.read(primary, 65536)
        except OSError:  # Linux answers so once the other end is closed
            return b""

    with subprocess.Popen(
        [*COMMAND, *options], stdin=secondary, stdout=secondary, stderr=secondary, env=environment
    ) as process:
        os.close(secondary)
        impatience = threading.Timer(PATIENCE, process.kill)
        impatience.start()
        try:
            yield process, read
        finally:
            impatience.cancel()
            process.terminate()
            os.close(primary)


def test_on_a_terminal_both_columns_grow_live() -> None:
    with on_a_terminal("--fast") as (process, read):
        seen = b"".join(iter(read, b""))
        assert process.wait(PATIENCE) == 0
    assert b"\x1b[2K" in seen
    assert seen.count(b"the client received") > 2


@pytest.mark.parametrize(("options", "code"), [((), 130), (("--serve", "--port", "0"), 0)], ids=["alone", "serving"])
def test_an_interrupted_conversation_ends_at_once(options: tuple[str, ...], code: int) -> None:
    with on_a_terminal(*options) as (process, read):
        seen = b""
        while b"the model wrote" not in seen and (more := read()):
            seen += more
        process.send_signal(signal.SIGINT)
        seen += b"".join(iter(read, b""))
        assert process.wait(PATIENCE) == code
    assert b"Turn 1." in seen
    assert b"Turn 2." not in seen
    assert seen.rstrip().endswith(b"\x1b[?25h"), "the cursor is shown again"


async def test_an_error_of_the_bridge_is_said_in_its_own_words() -> None:
    async def fails() -> None:
        raise ResponseError("no such thing", 404)

    with pytest.raises(ClickException, match="status 404: no such thing"):
        await unless(asyncio.Event(), asyncio.create_task(fails()))


def test_serve_keeps_both_servers_until_sigterm() -> None:
    with demo() as running:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for url in (running.bridge, running.backend):
            with direct.open(f"{url}/api/tags", timeout=PATIENCE) as answer:
                assert json.load(answer)["models"][0]["name"] == "scripted:latest"
        assert "Turn 2." in running.said
        running.process.send_signal(signal.SIGTERM)
        rest = cast("IO[str]", running.process.stdout).read()
        assert running.process.wait(PATIENCE) == 0
        assert f"curl -s {running.bridge}/api/tags" in rest
        assert f"./test-endpoints.sh {running.bridge} --backend {running.backend}" in rest


def test_serve_ends_on_sigint_with_a_client_still_connected() -> None:
    with demo() as running:
        host, _, port = running.bridge.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), PATIENCE):
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(PATIENCE) == 0


def test_a_port_that_is_taken_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in ("--port", "--backend-port"):
            done = subprocess.run(
                [*COMMAND, option, port], capture_output=True, env=ENVIRONMENT, text=True, check=False, timeout=PATIENCE
            )
            assert done.returncode == 1
            assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
            assert "--backend-port" in done.stderr
            assert "Traceback" not in done.stderr
