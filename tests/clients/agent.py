"""An agent that is a program, headless, in front of a scripted Ollama: it reads the file that the model asks for.

    run_agent(Agent(tool="read_file", given=…, command=…))      the whole script of an agent

A model is prompted for tools in one run, and makes its call natively in the other. Neither can think, and Ollama says
so with a 400 to those that ask for thinking. The answer is only right if the tool has run: its time stands in the file
alone.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fake_ollama import FakeOllama, Received, last, line, stream, whole
from toolbridge.server.app import create_app
from toolbridge.server.settings import Settings

QUESTION = "When does the harbour open? It stands in note.txt."
FOUND, ANSWER = "06:41", "The harbour opens at 06:41."
MODELS = ("plain:1b", "able:8b")
"""A model without tools of its own, and one with them."""
LONGEST = 300
"""Characters of what an agent wrote, which are told of it."""
ELSEWHERE = ("ANTHROPIC_", "CLAUDE_", "CODEX_", "OPENAI_")
"""Beginnings of variables that could lead an agent to another server."""
PATIENCE = 120
"""Seconds after which an agent is ended."""


@dataclass(frozen=True)
class Run:
    """What an agent is started with."""

    program: str
    url: str
    """The address of the bridge."""
    model: str
    home: Path
    """A new folder for the agent's settings."""
    place: Path
    """A new folder with the file, in which the agent works."""

    @property
    def note(self) -> Path:
        """The file."""
        return self.place / "note.txt"


@dataclass(frozen=True)
class Agent:
    """What is particular to an agent."""

    tool: str
    """The tool of its own that reads the file."""
    given: Callable[[Path], Mapping[str, Any]]
    """The arguments of the call, from the path of the file."""
    command: Callable[[Run], Sequence[str]]
    around: Callable[[Run], Mapping[str, str]] = lambda _run: {}
    """Variables of its process."""
    prepare: Callable[[Run], None] = lambda _run: None
    """Writes its settings."""


def run_agent(agent: Agent) -> Sequence[Received]:
    """Hold the conversation with the program that the command line names; the chats that the backend received."""
    return asyncio.run(_converse(agent, sys.argv[1]))


async def _converse(agent: Agent, program: str) -> Sequence[Received]:
    async with FakeOllama().running() as backend:
        listed = [{"id": name, "object": "model", "created": 1, "owned_by": "library"} for name in MODELS]
        backend.more["/v1/models"] = FakeOllama.answering(200, {"object": "list", "data": listed})
        runner = web.AppRunner(create_app(Settings(backend=backend.url, log={"level": "error"})))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            for model in MODELS:
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                    home, place = Path(folder) / "home", Path(folder) / "place"
                    home.mkdir()
                    place.mkdir()
                    run = Run(program, url, model, home, place)
                    run.note.write_text(f"The harbour opens at {FOUND}.\n")
                    backend.chat = _scripted(agent, run.note)
                    agent.prepare(run)
                    said = await _ask(agent, run)
                if ANSWER not in said:
                    asked = [one.json for one in backend.chats]
                    raise SystemExit(f"{model}: {len(asked)} chats, and it says: {' '.join(said.split())[-LONGEST:]}")
            return backend.chats
        finally:
            await runner.cleanup()


def _scripted(agent: Agent, note: Path) -> Callable[[web.Request, dict[str, Any]], Any]:
    """A model that asks for the file and answers once it has read it; a title is all that it says without the tool."""
    given = agent.given(note)
    own_call = {"function": {"index": 0, "name": agent.tool, "arguments": given}}
    values = [f'<parameter name="{name}">{_written(value)}</parameter>' for name, value in given.items()]
    call = "\n".join(["<tool_calls>", f'<invoke name="{agent.tool}">', *values, "</invoke>", "</tool_calls>"])

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if body.get("think"):
            return web.json_response({"error": f'"{body["model"]}" does not support thinking'}, status=400)
        said = json.dumps(body["messages"])
        text, message = f"Let me see.\n\n{call}", {}
        if FOUND in said:
            text = ANSWER
        elif body.get("tools"):
            text, message = "", {"tool_calls": [own_call]}
        elif agent.tool not in said:
            text = "The harbour"
        if body.get("stream") is False:
            return whole(text, **message)
        return await stream(
            request, [*(line(piece) for piece in text), *([line(message=message)] if message else []), last()]
        )

    return chat


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def _ask(agent: Agent, run: Run) -> str:
    """All that the agent writes."""
    folders = {
        "XDG_CONFIG_HOME": ".config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
    }
    # opencode works in the folder that the variable names, and not in its own.
    mine = {"HOME": str(run.home), "PWD": str(run.place)} | {
        name: str(run.home / folder) for name, folder in folders.items()
    }
    outside = {name: text for name, text in os.environ.items() if not name.startswith(ELSEWHERE)}
    heard = run.home / "heard.txt"
    with heard.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *agent.command(run),
            cwd=run.place,
            env=outside | mine | {"NO_COLOR": "1"} | dict(agent.around(run)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            output.write(f"\nIt did not end within {PATIENCE} s.".encode())
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            _end_all(run.home)
            await process.wait()
    return heard.read_text(errors="replace")


def _end_all(home: Path) -> None:
    """End every process whose home is this new folder: Cline leaves one behind that serves its other windows."""
    mark = f"HOME={home}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
