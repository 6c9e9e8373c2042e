"""Real engines behind the bridge, and people's own clients in front of it: `python -m tests.engines [NAME …]`.

Each engine of `known/` runs with a model that fits into a test, in an environment of its own that is made once, in
`.venv-engines/`. On each of the four wires tools are asked for, streamed and not. The table at the end counts what
held; its form is Markdown, for docs/backends.md. An engine whose packages take gigabytes runs only where it is named.
Ends with 1 if something did not hold. An engine that cannot be installed here is left out with a word of it; if nothing
could be installed, the run ends with 3.
"""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.engines.checks import CHECKS
from tests.engines.engine import CannotInstall, Engine, behind_a_bridge, known_engines

NOTHING_RAN = 3
console = Console(stderr=True)


def run(engine: Engine) -> tuple[list[str], list[str]]:
    """The cells of the engine's row, and all faults."""
    cells, faults = [engine.title, engine.version()], []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, behind_a_bridge(engine, Path(scratch)) as stand:
        for name, check in CHECKS.items():
            score = check(stand)
            cells.append(score.cell)
            faults += [f"{engine.title}: {name}: {fault}" for fault in score.faults]
    console.print(f"{engine.title}: {time.monotonic() - begun:.0f} s")
    return cells, faults


def main(names: list[str]) -> int:
    """Run these engines, or all; print the table and the faults."""
    known = known_engines()
    if strangers := [name for name in names if name not in known]:
        console.print(f"no engine is called {', '.join(strangers)}; there are {', '.join(known)}")
        return 2
    rows, problems = [], []
    for name in names or [name for name, engine in known.items() if not engine.is_large]:
        engine = known[name]
        try:
            with console.status(f"installing {engine.title} (once)"):
                engine.install()
        except CannotInstall as error:
            console.print(f"{engine.title} is left out, as its packages cannot be installed here:\n{error}")
            continue
        cells, faults = run(engine)
        rows.append(cells)
        problems += faults
    for cells in ([["engine", "version", *CHECKS], ["---"] * (2 + len(CHECKS)), *rows]) if rows else ():
        print(f"| {' | '.join(cells)} |")  # noqa: T201 - the table is the output
    for problem in problems:
        console.print(problem, markup=False, soft_wrap=True)
    if not rows:
        return NOTHING_RAN
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
