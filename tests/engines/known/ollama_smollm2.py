"""A real Ollama with SmolLM2-135M-Instruct, a small model that was really trained."""

from collections.abc import Sequence
from pathlib import Path

from tests.engines import ollama_server
from tests.engines.engine import Engine
from tests.engines.known.llama_cpp import NEEDS
from tests.engines.known.smollm2 import WEIGHTS, weights

FILE = "smollm2.gguf"


def start(python: Path, folder: Path, port: int) -> Sequence[str]:
    """Name the weights, and give the command that serves them once the model is created."""
    (folder / FILE).symlink_to(weights(python))
    return ollama_server.serve(folder, port)


def set_up(address: str, folder: Path) -> None:
    """Create the model."""
    ollama_server.create(address, "smollm2", folder / FILE)


ENGINE = Engine(
    "Ollama, SmolLM2-135M-Instruct",
    NEEDS,
    home="llama_cpp",
    package="xllamacpp",
    start=start,
    ready="/api/version",
    scripted=False,
    takes_tools=False,
    without_dependencies=WEIGHTS,
    build=ollama_server.build,
    set_up=set_up,
    release=f"Ollama {ollama_server.VERSION}",
    is_ollama=True,
)
