"""docs/adding-a-dialect.md, followed to the letter in a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "adding-a-dialect.md"
STEP = re.compile(r"(?:^`([\w/.-]+)`\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEMPLATES = "tests/data/chat_templates.json"
SECONDS = 300
COPIED = (
    "toolbridge",
    "pyproject.toml",
    "tests/replies.py",
    "tests/data",
    "tests/cli/test_samples.py",
    "tests/dialects",
    "tests/golden/dialects/longcat",
    "tests/golden/prompts",
    "tests/test_dialect_choice.py",
    "tests/test_golden_dialects.py",
    "tests/tool_prompt",
)
"""Files that the steps need. One folder of golden replies is among them, as there must be others."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in COPIED:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    return tmp_path


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines of its output that are shown."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def run(command: str, project: Path) -> str:
    """Run a command, which must succeed. Returns its output."""
    python = f'"{sys.executable}" -m'
    words = re.sub(r"(^|\| )toolbridge ", rf"\1{python} toolbridge ", command).replace(
        ".venv/bin/pytest", f"{python} pytest"
    )
    done = subprocess.run(  # noqa: S602 # the page's own commands, as a reader would type them
        words,
        shell=True,
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_whoever_follows_the_page_has_a_dialect_that_passes_its_tests(project: Path) -> None:
    ran = 0
    for path, language, block in STEP.findall(PAGE.read_text(encoding="utf-8")):
        match language:
            case "console":
                for command, shown in commands(block):
                    said = run(command, project)
                    for line in shown:
                        assert re.search("^" + re.escape(line).replace("…", ".*") + "$", said, re.MULTILINE), (
                            line,
                            said,
                        )
                    ran += 1
            case "json" if not path:
                templates = project / TEMPLATES
                known = [*json.loads(templates.read_text(encoding="utf-8")), json.loads(block)]
                templates.write_text(json.dumps(known), encoding="utf-8")
            case _:
                assert path, f"a block that no file is named for:\n{block}"
                (project / path).parent.mkdir(parents=True, exist_ok=True)
                (project / path).write_text(block, encoding="utf-8")
    assert ran == len(re.findall(r"^\$ ", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def test_golden_files_of_the_page_are_named_after_their_cases() -> None:
    for path, language, block in STEP.findall(PAGE.read_text(encoding="utf-8")):
        if language == "json" and path:
            name = json.loads(block)["name"]
            assert Path(path).stem == re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def test_the_modules_that_are_named_are_there() -> None:
    named = re.findall(r"`(\w+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert named
    there = {file.name for folder in ("dialects", "notation") for file in (ROOT / "toolbridge" / folder).rglob("*.py")}
    assert [name for name in named if name not in there] == []
