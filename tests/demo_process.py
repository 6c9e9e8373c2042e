"""`toolbridge demo --serve` as a process: bridge and scripted model, for tests that come from outside."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60
"""Seconds after which a process that should have been done is ended."""

_LISTENS = re.compile(r"The bridge listens on (\S+) and the backend on (\S+) ")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("TOOLBRIDGE_")},
    "PYTHONPATH": str(ROOT),
    # What listens on loopback is not to be looked for behind a proxy.
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    process: subprocess.Popen[str]
    bridge: str
    backend: str
    said: str
    """What it wrote before it was ready."""


@contextmanager
def demo(*options: str) -> Iterator[Demo]:
    """A demo that serves, on free ports unless the options say otherwise; ready once it has said where."""
    command = [sys.executable, "-m", "toolbridge", "demo", "--serve", "--fast", "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT
    ) as process:
        impatience = threading.Timer(PATIENCE, process.kill)
        impatience.start()
        try:
            said = ""
            for line in cast("IO[str]", process.stdout):
                said += line
                if found := _LISTENS.search(line):
                    impatience.cancel()
                    yield Demo(process, found[1], found[2], said)
                    return
            raise AssertionError(f"the demo never listened; it said:\n{said}")
        finally:
            impatience.cancel()
            process.terminate()
            cast("IO[str]", process.stdout).read()
