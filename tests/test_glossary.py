"""docs/glossary.md: every place that an entry names is there, and every word has one entry."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from toolbridge import dialect_names

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "toolbridge"
TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^- \*\*(.+?)\*\*: (.+?)(?=^- |^#|\Z)", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
ENTRIES = ENTRY.findall(TEXT)
PLACES = [(term, place) for term, text in ENTRIES for place in SPAN.findall(text.rpartition("*Where:*")[2])]


def defined() -> set[str]:
    """Every name that a module defines, and every `Class.name` of what a class has."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            found |= names(node)
            if isinstance(node, ast.ClassDef):
                found |= {f"{node.name}.{name}" for inner in ast.walk(node) for name in names(inner)}
    return found


def names(node: ast.AST) -> set[str]:
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return {node.name}
        case ast.Assign():
            return {ast.unparse(target).removeprefix("self.") for target in node.targets}
        case ast.AnnAssign():
            return {ast.unparse(node.target).removeprefix("self.")}
        case _:
            return set()


DEFINED = defined()


def is_there(place: str) -> bool:
    """Whether this is a folder (`wire/`), a file without its `.py`, or a name that some module defines."""
    path = PACKAGE / place
    return place in DEFINED or path.is_dir() or path.with_suffix(".py").exists()


@pytest.mark.parametrize(("term", "place"), PLACES)
def test_where_an_idea_lives_is_there(term: str, place: str) -> None:
    assert is_there(place), f"{term} is said to live in {place}"


def test_every_entry_says_where_its_idea_lives() -> None:
    assert [term for term, text in ENTRIES if not SPAN.findall(text.rpartition("*Where:*")[2])] == []
    assert len(ENTRIES) == TEXT.count("\n- **")


def test_every_word_has_one_entry() -> None:
    assert [term for term, count in Counter(term for term, _ in ENTRIES).items() if count > 1] == []


def test_the_dialects_that_show_a_shape_are_there() -> None:
    shown = re.findall(r"^\| [A-I] \|.*\| `([\w.-]+)` \|$", TEXT, re.MULTILINE)
    assert len(shown) == 9
    assert set(shown) <= set(dialect_names())


def test_the_test_itself_finds_what_is_missing() -> None:
    assert not is_there("NoSuchClass")
    assert not is_there("Reading.no_such_method")
    assert not is_there("tool_prompt/no_such_file")
