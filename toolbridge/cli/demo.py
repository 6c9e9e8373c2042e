"""`toolbridge demo`: a backend with a scripted model, the bridge in front of it, and a conversation shown live."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator

import click
from aiohttp import web
from ollama import ResponseError

from toolbridge.cli.demo_backend import create_backend
from toolbridge.cli.demo_show import Show, make_console
from toolbridge.cli.demo_talk import converse
from toolbridge.server.app import create_app
from toolbridge.server.settings import Settings

_HOST = "127.0.0.1"
_PORT = 3100
"""The bridge's port with --serve, as of `toolbridge serve`."""
_PACE = 0.03
"""Seconds for each piece of the model's text, if it is shown on a terminal."""
_PAUSE = 0.8
_SHUTDOWN_SECONDS = 2.0
_INTERRUPTED = 130

_OPENING = """\
toolbridge demo: the bridge, in front of a backend that speaks Ollama's wire.

The model behind it is scripted: it has no weights and nothing was installed for
it. It is never sent tools. What it can call it reads out of the prompt that the
bridge writes, and it writes its calls as text."""

_CLOSING = """
That was a script in a model's place. The bridge does the same for the models of
a real Ollama:

  toolbridge serve --backend http://127.0.0.1:11434

and clients use http://127.0.0.1:3100 in place of Ollama's own address:

  OLLAMA_HOST=http://127.0.0.1:3100             for Ollama's clients
  OPENAI_BASE_URL=http://127.0.0.1:3100/v1      for OpenAI's

To try clients with the scripted model first: toolbridge demo --serve"""

_SERVING = """
The bridge listens on {bridge} and the backend on {backend} until Ctrl-C. The model is called scripted.

  curl -s {bridge}/api/tags
  curl -sN {bridge}/api/chat -d '{{"model": "scripted",
    "messages": [{{"role": "user", "content": "What is the weather in Oslo and in Rome?"}}],
    "tools": [{{"type": "function", "function": {{"name": "get_weather", "description": "Report the weather of a city.",
      "parameters": {{"type": "object", "properties": {{"city": {{"type": "string"}}}}, "required": ["city"]}}}}}}]}}'
  OPENAI_BASE_URL={bridge}/v1 OPENAI_API_KEY=any python examples/openai_package.py
  ./test-endpoints.sh {bridge} --backend {backend}"""


@click.command("demo")
@click.option("--serve", is_flag=True, help="Keep bridge and backend running afterwards, for curl and SDKs.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="NUMBER",
    help=f"The bridge's port; 0 takes a free one.  [{_PORT} with --serve, else 0]",
)
@click.option(
    "--backend-port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="NUMBER",
    help="The backend's port; 0 takes a free one.  [0]",
)
@click.option("--fast", is_flag=True, help="Let the model write as fast as it can.")
def command(*, serve: bool, port: int | None, backend_port: int, fast: bool) -> None:
    """Show a tool conversation with a scripted model; nothing else is needed.

    A backend that speaks Ollama's wire and the bridge in front of it start on this machine. One conversation of two
    turns is shown: what the model wrote beside what the client received.
    """
    if port is None:
        port = _PORT if serve else 0
    sys.exit(asyncio.run(_demo(serve=serve, port=port, backend_port=backend_port, fast=fast)))


async def _demo(*, serve: bool, port: int, backend_port: int, fast: bool) -> int:
    """Start both servers, show the conversation, and wait for a signal if they are to stay; the exit code."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no signals on its loop; Ctrl-C still ends it
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    console = make_console()
    paced = console.is_terminal and not fast
    show = Show(console)
    show.say(_OPENING)
    async with (
        _serving(create_backend(pace=_PACE if paced else 0.0, watch=show.model_wrote), backend_port) as backend,
        _serving(create_app(Settings(backend=backend, log={"level": "error"})), port) as bridge,
    ):
        talk = asyncio.create_task(converse(bridge, show, pause=_PAUSE if paced else 0.0))
        if not await unless(stopped, talk):
            return 0 if serve else _INTERRUPTED
        if not serve:
            show.say(_CLOSING)
            return 0
        click.echo(_SERVING.format(bridge=bridge, backend=backend))
        await stopped.wait()
    return 0


async def unless(stopped: asyncio.Event, task: asyncio.Task[None]) -> bool:
    """Whether a task ended before the program was stopped. Raises `ClickException` for an error of the bridge."""
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
        return False
    try:
        task.result()
    except ResponseError as error:
        raise click.ClickException(f"the bridge answered with status {error.status_code}: {error.error}") from None
    return True


@contextlib.asynccontextmanager
async def _serving(app: web.Application, port: int) -> AsyncIterator[str]:
    """Serve the application on this port of the loopback interface; the URL to reach it."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as problem:
            what = f"cannot listen on {_HOST} port {port}: {problem.strerror or problem}"
            raise click.ClickException(f"{what}; choose others with --port and --backend-port") from None
        yield f"http://{_HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
