"""docs/adding-a-wire.md, followed to the letter in a copy of the project."""

import shutil
from pathlib import Path

from tests.followed import follow

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "adding-a-wire.md"
COPIED = ("toolbridge", "tests", "docs", "pyproject.toml")
LEFT_OUT = ("__pycache__", "node_modules", "dialects", "prompts", "bombs", "fuzz")
"""Folders of the tests that the steps do not need, and what is not of the project."""


def test_whoever_follows_the_page_has_a_wire_that_every_test_of_wires_goes_through(tmp_path: Path) -> None:
    for name in COPIED:
        ignored = shutil.ignore_patterns(*(LEFT_OUT if name == "tests" else LEFT_OUT[:2]))
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    follow(PAGE, tmp_path)
