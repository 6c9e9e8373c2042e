"""A page of the documentation, followed to the letter in a copy of the project.

A block behind a path in backticks is the file of that path. A console block holds commands, each behind `$ `, and
lines that their output must hold; `…` stands for anything.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

STEP = re.compile(r"(?:^`([\w/.-]+)`\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 300


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """The path (or nothing), the language and the text of each block."""
    return STEP.findall(page.read_text(encoding="utf-8"))


def follow(page: Path, project: Path, unnamed: Callable[[str, str], None] | None = None) -> None:
    """Do all that the page says. A block without a path that is no command goes to `unnamed`, with its language."""
    ran = 0
    for path, language, block in blocks(page):
        if language == "console":
            for command, shown in _commands(block):
                _compare(run(command, project), shown)
                ran += 1
        elif path:
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_text(block, encoding="utf-8")
        else:
            assert unnamed is not None, f"a block that no file is named for:\n{block}"
            unnamed(language, block)
    assert ran == len(re.findall(r"^\$ ", page.read_text(encoding="utf-8"), re.MULTILINE)) > 0


def run(command: str, project: Path) -> str:
    """The output of a command, which must end well."""
    python = f'"{sys.executable}" -m'
    words = re.sub(r"(^|\| )toolbridge ", rf"\1{python} toolbridge ", command)
    words = re.sub(r"(^|\| )\.venv/bin/pytest ", rf"\1{python} pytest ", words)
    words = re.sub(r"(^|\| )\.venv/bin/python ", rf'\1"{sys.executable}" ', words)
    done = subprocess.run(  # noqa: S602 # the page's own commands, as a reader would type them
        words,
        shell=True,
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    return done.stdout


def _commands(block: str) -> Iterator[tuple[str, list[str]]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def _compare(output: str, shown: list[str]) -> None:
    for line in shown:
        pattern = "^" + re.escape(line).replace("…", ".*") + "$"
        assert re.search(pattern, output, re.MULTILINE), f"{line!r} is not in\n{output}"
