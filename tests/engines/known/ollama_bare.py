"""A real Ollama with the scripted model and a template that shows no tools: it drops tools without a word."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.engines import ollama_server
from tests.engines.engine import Engine, write
from tests.engines.known.llama_cpp import NEEDS


def start(python: Path, folder: Path, port: int, *, template: str) -> Sequence[str]:
    """Write the model, and give the command that serves it once it is created."""
    write(python, "write_gguf.py", str(folder / "scripted.gguf"), template)
    return ollama_server.serve(folder, port)


def set_up(address: str, folder: Path) -> None:
    """Create the model."""
    ollama_server.create(address, "scripted", folder / "scripted.gguf")


def scripted_ollama(title: str, template: str) -> Engine:
    """Ollama with the scripted model and this template."""
    return Engine(
        title,
        NEEDS,
        home="llama_cpp",
        package="xllamacpp",
        start=partial(start, template=template),
        ready="/api/version",
        build=ollama_server.build,
        set_up=set_up,
        release=f"Ollama {ollama_server.VERSION}",
        is_ollama=True,
    )


ENGINE = scripted_ollama("Ollama, template without tools", "bare")
