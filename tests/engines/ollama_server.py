"""A real Ollama, built from its Go module, with llama.cpp's server out of the wheel of `xllamacpp` beside it.

`build` makes `.venv-engines/ollama`: the program in `bin/`, and in `lib/ollama/` the two programs of llama.cpp's that
Ollama starts. `serve` gives the command, `create` makes a model of a GGUF through `/api/create`.
"""

import os
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import ollama

from tests.engines.engine import ENVIRONMENTS, HERE, CannotInstall

VERSION = "0.33.0"
MODULE = f"github.com/ollama/ollama@v{VERSION}"
HOME = ENVIRONMENTS / "ollama"
PROGRAM = HOME / "bin" / "ollama"
LONGEST = 2400
"""Seconds for the build; two cores take five minutes."""
LLAMA_SERVER = """\
#!/bin/sh
exec "{python}" "{script}" "$@"
"""
LLAMA_QUANTIZE = """\
#!/bin/sh
# llama-quantize [OPTIONS] FROM TO COPY: so Ollama checks the file of a model that it creates.
for word; do
    if [ "$word" = COPY ]; then exec cp "$from" "$to"; fi
    from=$to to=$word
done
exit 1
"""


def build(python: Path) -> None:
    """Build Ollama if it is not there, and write the programs beside it. Raises `CannotInstall`."""
    if not PROGRAM.exists():
        _compile()
    beside = HOME / "lib" / "ollama"
    beside.mkdir(parents=True, exist_ok=True)
    _write(beside / "llama-server", LLAMA_SERVER.format(python=python, script=HERE / "serve_xllamacpp.py"))
    _write(beside / "llama-quantize", LLAMA_QUANTIZE)


def _compile() -> None:
    go = shutil.which("go")
    if go is None:
        raise CannotInstall("Ollama is built with Go, and there is no Go here.")
    sources, work = HOME / "sources", HOME / "work"
    around = os.environ | {"GOBIN": str(PROGRAM.parent), "GOMODCACHE": str(sources), "GOCACHE": str(work)}
    # Other programs run on the same cores. Without the second flag `make clean` could not remove the sources.
    around["GOFLAGS"] = " ".join([os.environ.get("GOFLAGS", ""), "-p=1", "-modcacherw"]).strip()
    command = ["nice", go, "install", MODULE]
    try:
        done = subprocess.run(command, env=around, capture_output=True, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise CannotInstall(f"The build of Ollama took more than {LONGEST} s.") from None
    if done.returncode:
        raise CannotInstall(done.stderr.strip())
    for folder in (sources, work):
        shutil.rmtree(folder)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def serve(folder: Path, port: int) -> Sequence[str]:
    """The command that serves the models which are in this folder, one request at a time, and asks nobody outside."""
    settings = {
        "HOME": folder,
        "OLLAMA_MODELS": folder / "models",
        "OLLAMA_HOST": f"127.0.0.1:{port}",
        "OLLAMA_NUM_PARALLEL": 1,
        "OLLAMA_NO_CLOUD": 1,
    }
    return ["env", *(f"{name}={setting}" for name, setting in settings.items()), str(PROGRAM), "serve"]


def create(address: str, name: str, weights: Path) -> None:
    """Make a model of this name of a GGUF."""
    client = ollama.Client(host=address)
    client.create(model=name, files={weights.name: client.create_blob(weights)})
