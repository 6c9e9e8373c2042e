"""A real engine as a value, its own environment, and its process.

    engine.install()
    with behind_a_bridge(engine, folder) as stand:
        ...                                          stand.bridge is the address for clients

Each file in `known/` describes an engine as `ENGINE`; an engine is found by its file being there.
"""

import importlib
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import ollama

from tests.demo_process import ENVIRONMENT, ROOT

HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / ".venv-engines"
PATIENCE = 300
"""Seconds for an installation, or for a server to answer."""
LONGEST = 1800
"""Seconds for the installation of an engine whose packages take gigabytes."""


@dataclass(frozen=True)
class Engine:
    """An engine with a model.

    `start` gives the command that serves it, from the environment's interpreter, a folder of its own for the model's
    files, and the port.
    """

    title: str
    needs: tuple[str, ...]
    """The packages, as requirements. Engines with the same `home` share an environment, which has the needs of all."""
    home: str
    """The folder of its environment in `.venv-engines/`."""
    package: str
    """The package whose version is the engine's."""
    start: Callable[[Path, Path, int], Sequence[str]]
    ready: str = "/health"
    """The path that answers 200 once it serves."""
    around: Mapping[str, str] = field(default_factory=dict)
    """Variables of its process."""
    scripted: bool = True
    """Whether its model is the scripted one, whose every word is known; else only what holds for every model is."""
    rejects: bool = False
    """Whether it parses calls itself and answers with an error if its own parser fails."""
    takes_tools: bool = True
    """Whether it takes tools for this model. Otherwise it refuses a request that insists on native tools."""
    without_dependencies: tuple[str, ...] = ()
    """Packages of which only the files are wanted."""
    build: Callable[[Path], None] | None = None
    """What is built beside the packages, once, by the environment's interpreter. It may raise `CannotInstall`."""
    set_up: Callable[[str, Path], None] | None = None
    """What is done once the engine serves, with its address and the folder of its own."""
    named: Callable[[Path], str] | None = None
    """The model's name, from the folder of its own, where the engine does not list the model that it serves."""
    is_large: bool = False
    """Whether its packages take gigabytes: it is only run where it is asked for by its name."""
    release: str = ""
    """Its version, where no package of Python's has it."""
    is_ollama: bool = False
    """Whether it is a real Ollama, which loads models in processes of their own."""

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ENVIRONMENTS / self.home / "bin" / "python"

    def install(self) -> None:
        """Make the environment if it is not there. Raises `CannotInstall`."""
        self._install_packages()
        if self.build is not None:
            self.build(self.python)

    def _install_packages(self) -> None:
        ready = ENVIRONMENTS / self.home / ".ready"
        wanted = "\n".join([*self.needs, *self.without_dependencies])
        if ready.exists() and wanted in ready.read_text(encoding="utf-8"):
            return
        if not self.python.exists():
            venv.create(ENVIRONMENTS / self.home, with_pip=True)
        patience = LONGEST if self.is_large else PATIENCE
        # A package without a wheel for this machine would compile for a quarter of an hour.
        install = [str(self.python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        for options in (self.needs, ("--no-deps", *self.without_dependencies)):
            done = subprocess.run([*install, *options], capture_output=True, text=True, check=False, timeout=patience)
            if done.returncode and options[-1] != "--no-deps":
                raise CannotInstall(done.stderr.strip())
        with ready.open("a", encoding="utf-8") as out:
            out.write(f"{wanted}\n")

    def version(self) -> str:
        """Its version, or that of its package."""
        if self.release:
            return self.release
        code = f"import importlib.metadata; print(importlib.metadata.version({self.package!r}))"
        done = subprocess.run([str(self.python), "-c", code], capture_output=True, text=True, check=True)
        return f"{self.package} {done.stdout.strip()}"


class CannotInstall(Exception):
    """An engine's packages cannot be installed on this machine."""


@dataclass(frozen=True)
class Stand:
    """An engine that runs behind a bridge, and the model that it serves."""

    engine: Engine
    bridge: str
    backend: str
    model: str
    runners: Path
    """The file with a line for each process that loaded a model, which `serve_xllamacpp.py` writes."""

    def loaded(self) -> list[int]:
        """The numbers of the processes that loaded a model, in their order."""
        return [int(line) for line in self.runners.read_text().split()] if self.runners.exists() else []


def known_engines() -> Mapping[str, Engine]:
    """All engines, by the names of their files."""
    files = sorted((HERE / "known").glob("[a-z]*.py"))
    return {file.stem: importlib.import_module(f"tests.engines.known.{file.stem}").ENGINE for file in files}


def write(python: Path, script: str, *arguments: str) -> None:
    """Run a script of this folder in an engine's environment."""
    subprocess.run([str(python), str(HERE / script), *arguments], check=True, capture_output=True, timeout=PATIENCE)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def server(command: Sequence[str], answers: str, log: Path, around: Mapping[str, str]) -> Iterator[None]:
    """A process that is up once this address answers, and ended afterwards."""
    around = ENVIRONMENT | dict(around)
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=ROOT, env=around) as process,
    ):
        try:
            until = time.monotonic() + PATIENCE
            while not answers_now(answers):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
                if process.returncode is not None or time.monotonic() > until:
                    raise SystemExit(f"{command[0]} did not come up; it said:\n{log.read_text()}")
            yield
        finally:
            process.terminate()


def answers_now(address: str) -> bool:
    """Whether this address answers 200."""
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def behind_a_bridge(engine: Engine, folder: Path) -> Iterator[Stand]:
    """The engine behind a bridge, both in processes of their own."""
    port, front = free_port(), free_port()
    backend, bridge = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{front}"
    command = engine.start(engine.python, folder, port)
    serve = [sys.executable, "-m", "toolbridge", "serve", "--backend", backend, "--port", str(front)]
    runners = folder / "runners"
    with server(command, backend + engine.ready, folder / "engine.log", {"RUNNERS": str(runners), **engine.around}):
        if engine.set_up is not None:
            engine.set_up(backend, folder)
        with server(serve, f"{bridge}/readyz", folder / "bridge.log", {}):
            yield Stand(engine, bridge, backend, _model(engine, bridge, folder), runners)


def _model(engine: Engine, bridge: str, folder: Path) -> str:
    if engine.named is not None:
        return engine.named(folder)
    return ollama.Client(host=bridge).list().models[0].model or ""
