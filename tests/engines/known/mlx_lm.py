"""mlx-lm's server on the CPU, with the scripted model: it drops tools without a word, and takes out the thinking."""

from collections.abc import Sequence
from pathlib import Path

from tests.engines.engine import Engine, write


def start(python: Path, folder: Path, port: int) -> Sequence[str]:
    """Write the model, and give the command that serves it."""
    model = folder / "scripted"
    write(python, "write_safetensors.py", str(model))
    return [str(python), "-m", "mlx_lm", "server", "--model", str(model), "--port", str(port)]


ENGINE = Engine(
    "mlx-lm on the CPU",
    ("mlx[cpu]>=0.29", "mlx-lm>=0.28"),
    home="mlx_lm",
    package="mlx-lm",
    start=start,
    ready="/v1/models",
    # It lists the models in the machine's cache, for which the folder must exist.
    around={"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(Path(__file__).parent)},
)
