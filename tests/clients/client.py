"""A client as a value, found by its script `with_*.py`, in an environment of its own in `.venv-clients/`.

What a client needs stands at the head of its script, in the form of Python's inline script metadata (PEP 723):

    # /// script
    # dependencies = ["langchain-ollama"]
    # ///

The first package is the one that the client is known by. Such a script runs in that environment, with the packages. An
agent that is a program names it, and the npm package if it comes with npm; its script runs in the project's own
environment and gets the program's path:

    # /// script
    # [tool.toolbridge]
    # npm = "@openai/codex"
    # program = "codex"
    # ///
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.demo_process import ROOT

HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / ".venv-clients"
UV = ENVIRONMENTS / "uv" / "bin" / "uv"
PATIENCE = 600
"""Seconds for an installation."""
_METADATA = re.compile(r"^# /// script\n((?:#.*\n)*?)# ///$", re.MULTILINE)
_BEHIND_NAME = re.compile(r"[\[<>=~! ]")


class CannotInstall(Exception):
    """A client's packages cannot be installed on this machine."""


@dataclass(frozen=True)
class Client:
    """A client, by the name in the name of its script."""

    name: str
    needs: tuple[str, ...] = ()
    pythons: str = ""
    """The versions of Python that it runs on, where the project's own is none of them."""
    npm: str = ""
    """The npm package of an agent."""
    program: str = ""
    """The command of an agent; without one the client is a library."""

    @property
    def script(self) -> Path:
        """The script that holds its conversation."""
        return HERE / f"with_{self.name}.py"

    @property
    def home(self) -> Path:
        """The folder of its environment."""
        return ENVIRONMENTS / self.name

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.home / "bin" / "python"

    @property
    def command(self) -> Path:
        """The program of an agent."""
        return self.home / ("node_modules/.bin" if self.npm else "bin") / self.program

    def install(self) -> None:
        """Make its environment if it is not there. Raises `CannotInstall`."""
        ready = self.home / ".ready"
        wanted = "\n".join([*self.needs, self.npm])
        if ready.exists() and ready.read_text(encoding="utf-8") == wanted:
            return
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        if self.npm:
            _run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(self.home), self.npm])
        if self.needs:
            uv = [str(UV), "--quiet", "--cache-dir", str(ENVIRONMENTS / "cache"), "--no-python-downloads"]
            _run([*uv, "venv", "--clear", "--python", self.pythons or sys.executable, str(self.home)])
            _run([*uv, "pip", "install", "--python", str(self.python), *self.needs])
        ready.write_text(wanted, encoding="utf-8")

    def version(self) -> str:
        """The package that the client is known by, and its version."""
        if self.npm:
            package = self.home / "node_modules" / self.npm / "package.json"
            return f"{self.npm} {json.loads(package.read_text(encoding='utf-8'))['version']}"
        name = _BEHIND_NAME.split(self.needs[0])[0]
        code = f"import importlib.metadata; print(importlib.metadata.version({name!r}))"
        found = subprocess.run([str(self.python), "-c", code], capture_output=True, text=True, check=True)
        return f"{name} {found.stdout.strip()}"


def known_clients() -> Mapping[str, Client]:
    """All clients, by their names."""
    names = sorted(file.stem.removeprefix("with_") for file in HERE.glob("with_*.py"))
    return {name: _read(name) for name in names}


def _read(name: str) -> Client:
    text = Client(name).script.read_text(encoding="utf-8")
    found = _METADATA.search(text)
    if found is None:
        raise ValueError(f"with_{name}.py does not say what it needs")
    stated = tomllib.loads(re.sub(r"^# ?", "", found[1], flags=re.MULTILINE))
    agent = stated.get("tool", {}).get("toolbridge", {})
    needs, pythons = tuple(stated.get("dependencies", ())), stated.get("requires-python", "")
    return Client(name, needs, pythons, agent.get("npm", ""), agent.get("program", ""))


def install_uv() -> None:
    """Make the environment of `uv`, which makes the others: a hundred times quicker than pip does. Raises as above."""
    if not UV.exists():
        venv.create(UV.parent.parent, with_pip=True)
        _run([str(UV.parent / "python"), "-m", "pip", "install", "--quiet", "uv"])


def _run(command: Sequence[str]) -> None:
    # pyenv's own commands for its Pythons say no where another version is chosen; the Pythons themselves do not.
    pythons = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin")
    paths = os.pathsep.join([*map(str, sorted(pythons)), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE, env=os.environ | {"PATH": paths}
        )
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        raise CannotInstall(str(error)) from None
    if done.returncode:
        raise CannotInstall((done.stderr or done.stdout).strip())
