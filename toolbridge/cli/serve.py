"""`toolbridge serve`: the bridge as a program, from its settings to its last answer."""

import asyncio
import contextlib
import errno
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from aiohttp import web

from toolbridge.server.access import is_loopback
from toolbridge.server.app import GRACE, create_app
from toolbridge.server.settings import BadSettings, Settings, load_settings

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BAD_SETTINGS = 2
_CANNOT_LISTEN = 1
_CANNOT = {
    errno.EADDRINUSE: "another program listens there. Stop it, or choose another port with --port (0 takes a free one)",
    errno.EACCES: "that port is not for everybody. Choose one above 1023 with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address. Choose one of its own with --host, or 0.0.0.0 for all",
}
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 # how to reach a bridge that listens everywhere

_EPILOG = """\b
Each setting is a key of the TOML file and an environment variable: [timeouts] idle = 300 is
TOOLBRIDGE_TIMEOUTS_IDLE=300. Flags win over the environment, the environment over the file.

\b
Examples:
  toolbridge serve
  toolbridge serve --backend http://gpu.lan:11434 --port 11435
  TOOLBRIDGE_SECURITY_API_KEYS=key-1,key-2 toolbridge serve --host 0.0.0.0
  toolbridge serve --config toolbridge.toml --log-format json
"""


@click.command("serve", epilog=_EPILOG)
@click.option("--host", metavar="ADDRESS", help="Where to listen.  [127.0.0.1]")
@click.option("--port", metavar="NUMBER", help="The port to listen on; 0 takes a free one.  [3100]")
@click.option("--backend", metavar="URL", help="The server with the models.  [http://127.0.0.1:11434]")
@click.option("--backend-wire", metavar="WIRE", help="What it speaks: auto, ollama or openai.  [auto]")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="A TOML file with settings.")
@click.option("--log-format", metavar="FORMAT", help="auto, console or json.  [auto: console on a terminal]")
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.  [info]")
def command(config: Path | None, **flags: str | None) -> None:
    """Run the bridge in front of a backend until it is told to stop.

    To its clients it is an Ollama server whose every chat model takes tools; OpenAI's chat completions are there too,
    under /v1. It ends on SIGTERM and SIGINT, once the answers under way are through.
    """
    try:
        settings = load_settings(config, flags)
    except BadSettings as problem:
        lines = "\n  ".join(problem.message.splitlines())
        click.echo(f"toolbridge cannot start with these settings:\n  {lines}", err=True)
        sys.exit(_BAD_SETTINGS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        sys.exit(runner.run(serve(settings)))


async def serve(settings: Settings) -> int:
    """Serve until a signal comes; the exit code."""
    stopped = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows has no signals on its loop; Ctrl-C still ends it
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, _stop, stopped)
    runner = web.AppRunner(create_app(settings), shutdown_timeout=GRACE + 1)
    await runner.setup()
    host, port = settings.server.host, settings.server.port
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as problem:
        why = _CANNOT.get(problem.errno or 0, str(problem))
        click.echo(f"toolbridge cannot listen on {host} port {port}: {why}.", err=True)
        await runner.cleanup()
        return _CANNOT_LISTEN
    click.echo(greeting(settings, runner.addresses[0][1]))
    await stopped.wait()
    await runner.cleanup()
    return 0


def _stop(stopped: asyncio.Event) -> None:
    """End in peace; whoever signals again is in a hurry."""
    stopped.set()
    for number in _SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)


def greeting(settings: Settings, port: int) -> str:
    """What an operator wants to know once the bridge listens."""
    backend, host = settings.backend, settings.server.host
    shown = _EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    url = f"http://{shown}:{port}"
    lines = [
        f"toolbridge listens on {url} in front of {backend.url} ({backend.wire})",
        f"  Ollama's clients:  OLLAMA_HOST={url}",
        f"  OpenAI's clients:  OPENAI_BASE_URL={url}/v1",
    ]
    if not is_loopback(host) and not settings.security.keys:
        lines.append(
            "  Whoever reaches this address may use it and every route of the backend, deleting models among them:\n"
            "  set security.api_keys (TOOLBRIDGE_SECURITY_API_KEYS), or listen on 127.0.0.1."
        )
    return "\n".join(lines)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The one of uvloop where it is installed: a read or write costs less with it."""
    if find_spec("uvloop") is None:
        return None
    factory: Any = import_module("uvloop").new_event_loop
    made: Callable[[], asyncio.AbstractEventLoop] = factory
    return made
