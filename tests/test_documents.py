"""The README and docs/: their Python runs, their links lead somewhere, their tables say what the code says."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from toolbridge import ReplyParser
from toolbridge.cli import main
from toolbridge.cli.serve import command as serve
from toolbridge.cli.serve import greeting
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.events import dump_event
from toolbridge.limits import Limits
from toolbridge.server.settings import FLAGS, SHORT, Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "SECURITY.md"]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
ROW = re.compile(r"^\| `(\w+\.\w+)` \| (?:`(.*?)`|none) \| (?:`--([\w-]+)`)? ?\| (.+) \|$", re.MULTILINE)


def blocks(path: Path, language: str) -> list[str]:
    return [code for word, code in BLOCK.findall(path.read_text(encoding="utf-8")) if word == language]


FOLLOWED = {"adding-a-dialect.md", "adding-a-wire.md"}
"""Pages that a test of their own follows: their blocks are files of a copy of the project."""
RUN = [path for path in DOCUMENTS if blocks(path, "python") and path.name not in FOLLOWED]


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.name)
def test_python_in_a_document_runs_from_its_first_block_to_its_last(path: Path) -> None:
    code = "\n".join(blocks(path, "python"))
    exec(compile(code, path.name, "exec"), {"__name__": "document"})  # noqa: S102 # our own documents


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(path: Path) -> None:
    links = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_tests_that_hold_what_is_promised_are_there() -> None:
    named = set(re.findall(r"`(test_\w+\.py)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    assert named - {path.name for path in (ROOT / "tests").rglob("test_*.py")} == set()


def test_every_document_can_be_found_from_the_readme() -> None:
    links = {(ROOT / link).resolve() for link in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert [path.name for path in DOCUMENTS[1:] if path not in links] == []


def test_commands_in_the_documents_are_commands() -> None:
    shown = "\n".join(text for path in DOCUMENTS for text in blocks(path, "console"))
    for name in set(re.findall(r"\btoolbridge ([a-z]+)", shown)) - {"listens"}:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0, name
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{target}:" in targets for target in re.findall(r"make (\w+)", shown))
    for program in re.findall(r"(?:^\$ | )((?:\./|examples/)[\w/.-]+)", shown, re.MULTILINE):
        assert (ROOT / program).exists(), program


def test_the_bridge_greets_as_the_readme_shows_it() -> None:
    first, *_ = greeting(Settings(), 3100).splitlines()
    assert first in blocks(ROOT / "README.md", "console")[1]


def test_the_events_that_are_shown_are_those_that_are_printed() -> None:
    shown = next(block for block in blocks(ROOT / "docs" / "demo.md", "console") if "toolbridge parse" in block)
    command, *lines = shown.splitlines()
    (text,) = re.findall(r"printf '(.*)' \|", command)
    parser = ReplyParser("auto", ids=lambda: "call_k2mvh1qz")
    assert lines == [dump_event(event) for event in [*parser.feed(text), *parser.finish()]]


def declared() -> dict[str, Any]:
    """Every setting and its default."""
    settings = Settings()
    found: dict[str, Any] = {}
    for section in Settings.model_fields:
        values = getattr(settings, section)
        names = type(values).model_fields if isinstance(values, BaseModel) else Limits.__slots__
        found |= {f"{section}.{name}": getattr(values, name) for name in names}
    return found


def test_each_setting_is_listed_with_its_default_and_its_flag() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = ROW.findall(text)
    listed = {name: json.loads(default) if default else None for name, default, _, _ in rows}
    assert listed == {name: list(value) if isinstance(value, tuple) else value for name, value in declared().items()}
    flags = {name: flag for name, _, flag, _ in rows if flag}
    assert flags == {".".join(place): name.replace("_", "-") for name, place in FLAGS.items()}
    assert set(flags.values()) <= {str(option.opts[0]).removeprefix("--") for option in serve.params}
    assert all(f"`{variable}`" in text for variable in SHORT)


def test_the_file_that_is_shown_is_taken(tmp_path: Path) -> None:
    (shown,) = blocks(ROOT / "docs" / "settings.md", "toml")
    file = tmp_path / "toolbridge.toml"
    file.write_text(shown, encoding="utf-8")
    settings = load_settings(file)
    assert settings.timeouts.idle == tomllib.loads(shown)["timeouts"]["idle"]
    assert settings.policy_for("gemma3:4b").dialect == "json"


def test_the_notations_that_are_named_are_those_that_can_be_asked_for() -> None:
    asked = {name for name in dialect_names() if name != "auto" and find_dialect(name).form is not None}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"Calls asked for in \w+ notations \(([^)]*)\)", readme)
    assert set(re.findall(r"`([\w.-]+)`", named)) == asked
    assert f"The calls of {len(dialect_names()) - 1} notations are read" in readme
