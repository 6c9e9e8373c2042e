"""docs/adding-a-dialect.md, followed to the letter in a copy of the project."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.followed import blocks, follow

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "adding-a-dialect.md"
TEMPLATES = "tests/data/chat_templates.json"
COPIED = (
    "toolbridge",
    "pyproject.toml",
    "tests/replies.py",
    "tests/data",
    "tests/cli/test_samples.py",
    "tests/dialects",
    "tests/notation",
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


def test_whoever_follows_the_page_has_a_dialect_that_passes_its_tests(project: Path) -> None:
    def add_template(language: str, block: str) -> None:
        assert language == "json", f"a block that no file is named for:\n{block}"
        templates = project / TEMPLATES
        known = [*json.loads(templates.read_text(encoding="utf-8")), json.loads(block)]
        templates.write_text(json.dumps(known), encoding="utf-8")

    follow(PAGE, project, add_template)


def test_golden_files_of_the_page_are_named_after_their_cases() -> None:
    for path, language, block in blocks(PAGE):
        if language == "json" and path:
            name = json.loads(block)["name"]
            assert Path(path).stem == re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def test_the_modules_that_are_named_are_there() -> None:
    named = re.findall(r"`(\w+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert named
    there = {file.name for folder in ("dialects", "notation") for file in (ROOT / "toolbridge" / folder).rglob("*.py")}
    assert [name for name in named if name not in there] == []
