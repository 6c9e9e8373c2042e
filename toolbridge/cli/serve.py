"""`toolbridge serve`: the bridge as a program, from its settings to its last answer.

The port is bound before a process serves, so that clients that connect early wait in its queue. A single process serves
by itself; several processes are children of a process that only watches them (see `workers`).
"""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from aiohttp import web

from toolbridge.checks import validator
from toolbridge.cli.hangup import HANGUP, SETTLES, Terminal
from toolbridge.cli.pulse import Pulse
from toolbridge.cli.workers import Workers
from toolbridge.reply_parser import warm_up
from toolbridge.server.app import DRAINING, FORGET, create_app
from toolbridge.server.aside import aside
from toolbridge.server.hosts import is_loopback
from toolbridge.server.logs import make_log
from toolbridge.server.settings import BadSettings, Settings, load_settings
from toolbridge.wire import wires

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BAD_SETTINGS = 2
_CANNOT_LISTEN = 1
_QUEUE = 1024
"""Connections that may wait to be accepted."""
_LAST_WORDS = 1.0
"""Seconds for answers that are written but not yet sent."""
_STUCK = 10.0
"""Seconds of processor time without a turn of the loop after which the process counts as hanging. A step of the bridge
takes a hundredth of a second."""
_TOO_LATE = 8.0
"""Seconds behind the grace, by the clock, after which a process that was told to end is killed."""
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
@click.option("--backend-wire", metavar="WIRE", help="What it speaks: auto, ollama, openai or anthropic.  [auto]")
@click.option("--workers", metavar="NUMBER", help="Processes that share the port.  [1]")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="A TOML file with settings.")
@click.option("--log-format", metavar="FORMAT", help="auto, console or json.  [auto: console on a terminal]")
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.  [info]")
def command(config: Path | None, **flags: str | None) -> None:
    """Run the bridge in front of a backend until it is told to stop.

    To its clients it is an Ollama server whose every chat model takes tools. OpenAI's chat completions
    (/v1/chat/completions) and responses (/v1/responses), and Anthropic's messages (/v1/messages) are there too.

    It ends on SIGTERM and SIGINT, once the answers under way are through or server.grace has passed; a second signal
    ends it at once. SIGHUP lets it forget what it has learnt of the backend and its models.
    """
    try:
        settings = load_settings(config, flags)
    except BadSettings as problem:
        lines = "\n  ".join(problem.message.splitlines())
        click.echo(f"toolbridge cannot start with these settings:\n  {lines}", err=True)
        sys.exit(_BAD_SETTINGS)
    sys.exit(_run(settings))


def _run(settings: Settings) -> int:
    """Serve with one process or several; the exit code."""
    host, port, workers = settings.server.host, settings.server.port, settings.server.workers
    if workers > 1 and not hasattr(os, "fork"):
        click.echo("toolbridge cannot run several workers on this system: it has no fork. Set server.workers to 1.")
        return _BAD_SETTINGS
    try:
        sockets = listen(host, port)
    except OSError as problem:
        why = _CANNOT.get(problem.errno or 0, problem.strerror or str(problem))
        click.echo(f"toolbridge cannot listen on {host} port {port}: {why}.", err=True)
        return _CANNOT_LISTEN
    begun = partial(_begin, settings, sockets[0].getsockname()[1])
    if workers == 1:
        return _serve_until_told(settings, sockets, begun)
    work = partial(_serve_until_told, settings, sockets, lambda: None)
    return Workers(workers, sockets, work, make_log(settings.log), settings.server.grace).run(begun)


def _begin(settings: Settings, port: int) -> None:
    """Print where the bridge listens. Log that it is open, too: where logs are collected, nobody sees the rest."""
    click.echo(greeting(settings, port))
    if not is_loopback(settings.server.host) and not settings.security.keys:
        make_log(settings.log).warning("open to the network", host=settings.server.host, help="set security.api_keys")


def listen(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of the host, on one port. Raises `OSError`."""
    kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
    found = socket.getaddrinfo(host, port, type=kind, flags=flags)
    with contextlib.ExitStack() as stack:
        made: list[socket.socket] = []
        for family, _, _, _, address in dict.fromkeys(found):
            one = stack.enter_context(socket.socket(family, kind))
            if os.name == "posix":  # Windows would let another program take the port
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            same = made[0].getsockname()[1] if made else port
            one.bind((address[0], same, *address[2:]))
            one.listen(_QUEUE)
            one.setblocking(False)
            made.append(one)
        stack.pop_all()
    return made


def _serve_until_told(
    settings: Settings, sockets: Sequence[socket.socket], begun: Callable[[], None], lifeline: int | None = None
) -> int:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings, sockets, begun, lifeline))
    return 0


async def serve(
    settings: Settings, sockets: Sequence[socket.socket], begun: Callable[[], None], lifeline: int | None = None
) -> None:
    """Serve until a signal comes, or until the other end of the pipe `lifeline` is closed; then drain.

    `begun` is called as soon as requests are answered and signals are heeded.
    """
    with Pulse(_STUCK) as pulse:
        await _serve(settings, sockets, begun, lifeline, pulse)


async def _serve(
    settings: Settings,
    sockets: Sequence[socket.socket],
    begun: Callable[[], None],
    lifeline: int | None,
    pulse: Pulse,
) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows has no signals on its loop; Ctrl-C still ends it
        # Its parent tells a worker: at a terminal, both get the SIGINT of Ctrl-C.
        for number in _SIGNALS if lifeline is None else (signal.SIGTERM,):
            loop.add_signal_handler(number, _stop, stopped)
    if lifeline is not None:
        loop.add_reader(lifeline, _orphaned, stopped, lifeline)
    app = create_app(settings)
    if HANGUP is not None:
        terminal = Terminal() if lifeline is None else None
        loop.add_signal_handler(HANGUP, _hang_up, app[FORGET], stopped, terminal)
    runner = web.AppRunner(app, shutdown_timeout=_LAST_WORDS)
    await runner.setup()
    sites = [web.SockSite(runner, each, backlog=_QUEUE) for each in sockets]
    for site in sites:
        await site.start()
    begun()
    settling = asyncio.create_task(aside(_settle))
    await stopped.wait()
    settling.cancel()
    pulse.last(settings.server.grace + _TOO_LATE)
    for site in sites:
        await site.stop()
    # Kept connections stay open meanwhile: over such a connection a probe learns that the bridge is not ready.
    await app[DRAINING].drain()
    await runner.cleanup()


def _settle() -> None:
    """Do the work that the first replies would do on the loop, and hide all that stays from the garbage collector.

    The collector would go through all modules and tables again and again, some 20 ms each time.
    """
    warm_up()
    validator.warm_up()
    gc.collect()
    gc.freeze()


def _stop(stopped: asyncio.Event) -> None:
    """Drain and end. A second signal ends the process at once."""
    stopped.set()
    for number in _SIGNALS:
        # Not the system's own way, which process 1 of a container would not see.
        asyncio.get_running_loop().add_signal_handler(number, os._exit, 128 + number)


def _hang_up(forget: Callable[[], None], stopped: asyncio.Event, terminal: Terminal | None) -> None:
    """Forget; and end, if the terminal is gone. A worker leaves this to its parent."""
    forget()
    if terminal is not None:
        asyncio.get_running_loop().call_later(SETTLES, _end_without, terminal, stopped)


def _end_without(terminal: Terminal, stopped: asyncio.Event) -> None:
    if terminal.is_gone:
        stopped.set()


def _orphaned(stopped: asyncio.Event, lifeline: int) -> None:
    asyncio.get_running_loop().remove_reader(lifeline)
    stopped.set()


def greeting(settings: Settings, port: int) -> str:
    """The lines that tell an operator where the bridge listens, and who can reach it."""
    backend, host = settings.backend, settings.server.host
    shown = _EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    url = f"http://{shown}:{port}"
    bound = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    everywhere = " (all addresses of this machine)" if host in _EVERYWHERE else ""
    lines = [
        f"toolbridge listens on {bound}{everywhere} in front of {backend.url}",
        f"  Ollama's clients:  OLLAMA_HOST={url}",
        f"  OpenAI's clients:  OPENAI_BASE_URL={url}/v1",
        f"  Anthropic's clients:  ANTHROPIC_BASE_URL={url}",
        f"  Routes for chats:  {', '.join(each.path for each in wires().values())}",
    ]
    if host in _EVERYWHERE and (address := own_address(host)):
        lines.append(f"  From other machines:  http://{f'[{address}]' if ':' in address else address}:{port}")
    if not is_loopback(host) and not settings.security.keys:
        lines.append(
            "  WARNING: there is no key. Whoever reaches this address may use it and every route of the backend"
            f"{', deleting models among them' if settings.security.manage == 'all' else ''}:\n"
            "  set security.api_keys (TOOLBRIDGE_SECURITY_API_KEYS), or listen on 127.0.0.1."
        )
    return "\n".join(lines)


def own_address(host: str) -> str:
    """The address by which other machines reach a bridge that listens on all addresses; empty if none can.

    This machine would send to a stranger from that address. Nothing is sent to find it out.
    """
    family, stranger = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((stranger, 9))
            return str(asking.getsockname()[0])
    except OSError:
        return ""


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The factory of uvloop's loop, with which a read or write costs less; None if uvloop is not installed."""
    if find_spec("uvloop") is None:
        return None
    factory: Any = import_module("uvloop").new_event_loop
    made: Callable[[], asyncio.AbstractEventLoop] = factory
    return made
