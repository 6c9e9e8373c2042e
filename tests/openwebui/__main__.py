"""Open WebUI in Chromium, in front of the bridge: `python -m tests.openwebui [ollama] [openai]`.

Open WebUI is connected to the bridge over Ollama's wire and over OpenAI's, in a run of its own for each. A person,
played by Playwright, chooses a scripted model and writes to it: a plain "hi", questions that take a tool, a picture.
The person stops a reply, and the backend dies in mid-answer. Pictures of the page lie in `.openwebui/`. The run ends
with 1 if something did not hold, and with 3 if Open WebUI or Chromium cannot be had here.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web
from rich.console import Console
from rich.table import Table

from tests.demo_process import ENVIRONMENT, ROOT
from tests.engines.engine import CannotInstall, free_port, server
from tests.fake_ollama import FakeOllama
from tests.openwebui import environment
from tests.openwebui.scripted_backend import NATIVE, PROMPTED, backend
from toolbridge.server.app import create_app
from toolbridge.server.settings import Settings

NOTHING_RAN = 3
WIRES = ("ollama", "openai")
KEPT = ROOT / ".openwebui"
PATIENCE = 600
"""Seconds for all checks in the browser."""
READ = ["I look.", "View Result from get_current_timestamp", "The clock was read."]
CHECKS: tuple[dict[str, Any], ...] = (
    {"name": "models", "model": PROMPTED, "lists": [PROMPTED, NATIVE]},
    {"name": "plain hi", "model": PROMPTED, "writes": "hi", "shows": ["Hello there."]},
    {"name": "prompted tool", "model": PROMPTED, "writes": "What time is it?", "shows": READ, "hides": ["invoke"]},
    {"name": "native tool", "model": NATIVE, "writes": "What time is it?", "shows": READ},
    {"name": "thinking", "model": NATIVE, "writes": "Think first.", "shows": ["Thought", "Done thinking."]},
    {"name": "picture", "model": NATIVE, "writes": "A picture?", "shows": ["I see a picture."], "picture": True},
    {"name": "stop", "model": PROMPTED, "writes": "Talk for ever.", "shows": [], "stops": "Round and round."},
    {
        "name": "backend dies",
        "model": PROMPTED,
        "writes": "Say a word, then die.",
        # Over Ollama's wire Open WebUI shows no error but that of the connection, in the words of its own library.
        "shows": ["Once upon a time", "broke off its answer|not completed"],
    },
)
"""What the person writes, and what the page must show; or the models that must be in the list to choose from."""
console = Console(stderr=True)


async def run(wire: str) -> dict[str, str]:
    """What was wrong in each check over this wire."""
    folder = KEPT / wire
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    async with backend() as fake:
        runner = web.AppRunner(create_app(Settings(backend=fake.url, log={"level": "error"})))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return await _with_open_webui(wire, f"http://127.0.0.1:{runner.addresses[0][1]}", folder, fake)
        finally:
            await runner.cleanup()


async def _with_open_webui(wire: str, bridge: str, folder: Path, fake: FakeOllama) -> dict[str, str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as data:
        variables = environment.around(Path(data), wire, bridge)
        running = server(environment.serve(port), f"{address}/health", folder / "open-webui.log", variables)
        await asyncio.to_thread(running.__enter__)
        try:
            went = await _in_browser(address, folder)
        finally:
            running.__exit__(None, None, None)
    if not fake.gone.is_set():
        went["stop"] = went.get("stop") or "the backend was not left"
    return went


async def _in_browser(address: str, folder: Path) -> dict[str, str]:
    """What was wrong in each check; every check that was not made is wrong."""
    went = {check["name"]: "it was not made" for check in CHECKS}
    script = str(Path(__file__).parent / "with_chromium.py")
    arguments = [str(environment.PYTHON), script, address, str(folder), json.dumps(CHECKS)]
    with (folder / "browser.log").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *arguments, stdout=asyncio.subprocess.PIPE, stderr=errors, env=ENVIRONMENT
        )
        try:
            async with asyncio.timeout(PATIENCE):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            output = b""
    return went | dict(json.loads(line) for line in output.splitlines())


def main(names: list[str]) -> int:
    """Run over these wires, or over both; print the table."""
    if strangers := [name for name in names if name not in WIRES]:
        console.print(f"no connection is called {', '.join(strangers)}; there are {', '.join(WIRES)}")
        return 2
    if shutil.which("chromium") is None:
        console.print("There is no Chromium here.")
        return NOTHING_RAN
    try:
        with console.status("installing Open WebUI (once)"):
            environment.install()
    except CannotInstall as error:
        console.print(f"Open WebUI cannot be installed here:\n{error}", markup=False)
        return NOTHING_RAN
    table = Table("connection", "check", "went", title=f"Open WebUI {environment.VERSION} in Chromium")
    problems = 0
    for wire in names or WIRES:
        with console.status(f"a person at Open WebUI, connected over {wire}"):
            went = asyncio.run(run(wire))
        for check, problem in went.items():
            table.add_row(wire, check, problem or "passed")
            problems += bool(problem)
    Console().print(table)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
