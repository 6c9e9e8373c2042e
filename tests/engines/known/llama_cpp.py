"""llama.cpp's server with the scripted model and a template that shows no tools: it drops tools without a word."""

from collections.abc import Sequence
from pathlib import Path

from tests.engines.engine import HERE, Engine, write

NEEDS = ("xllamacpp>=2026.9,<2028", "gguf>=0.17,<1")


def start(python: Path, folder: Path, port: int, *, template: str = "bare") -> Sequence[str]:
    """Write the model, and give the command that serves it."""
    model = folder / "scripted.gguf"
    write(python, "write_gguf.py", str(model), template)
    return [str(python), str(HERE / "serve_xllamacpp.py"), "--model", str(model), "--port", str(port)]


ENGINE = Engine("llama.cpp, template without tools", NEEDS, home="llama_cpp", package="xllamacpp", start=start)
