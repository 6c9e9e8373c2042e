"""transformers serve with the scripted model: it refuses fields that it does not know, and leaves calls in the text.

Its packages take five gigabytes, as PyTorch's wheel holds CUDA.
"""

from collections.abc import Sequence
from pathlib import Path

from tests.engines.engine import Engine, write


def start(python: Path, folder: Path, port: int) -> Sequence[str]:
    """Write the model, and give the command that serves it."""
    write(python, "write_safetensors.py", named(folder))
    return [str(python.parent / "transformers"), "serve", named(folder), "--port", str(port), "--device", "cpu"]


def named(folder: Path) -> str:
    """The name of the model, which is its folder: the list holds the models of the machine's cache alone."""
    return str(folder / "scripted")


ENGINE = Engine(
    "transformers serve on the CPU",
    ("torch>=2.13", "transformers[serving]>=5.23,<6"),
    home="transformers",
    package="transformers",
    start=start,
    named=named,
    is_large=True,
    # Without a folder for the cache its list of models is an error.
    around={"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(Path(__file__).parent)},
)
