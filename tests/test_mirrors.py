"""Tests mirror modules: toolbridge/x/y.py has its tests in tests/x/test_y.py, or its reason stands here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "toolbridge"
TESTS = ROOT / "tests"

SMALL = 20
"""Lines up to which a module may be tested through the modules that use it."""

EXCEPTIONS: dict[str, str] = {}
"""Modules of any size that have no file of tests, each with the reason. A module that gets its file leaves the list."""

MOVING = ("wire", "server", "cli", "dialects", "notation", "reply_parser", "translate", "dialect_choice", "models")
"""Packages and modules whose files move at present: they are not looked at. To hold one of them, take it from here."""

FAMILY = re.compile(r"^DIALECT\b", re.MULTILINE)
"""A module of dialects/ that defines a family: its folder in tests/golden holds it."""


def modules() -> dict[str, Path]:
    """Every module that is to have a file of tests, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if not path.stem.startswith("__") and name.partition(".")[0] not in MOVING:
            found[name] = path
    return found


MODULES = modules()


def mirror_of(name: str) -> Path:
    *folders, stem = name.split(".")
    return TESTS.joinpath(*folders, f"test_{stem}.py")


def is_small(path: Path) -> bool:
    return len(path.read_text(encoding="utf-8").splitlines()) <= SMALL


def is_family(path: Path) -> bool:
    return path.parent.name == "dialects" and FAMILY.search(path.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("name", sorted(MODULES.keys() - EXCEPTIONS.keys()))
def test_a_module_has_a_file_of_tests(name: str) -> None:
    path = MODULES[name]
    where = mirror_of(name).relative_to(ROOT)
    assert mirror_of(name).exists() or is_small(path) or is_family(path), f"{where} is missing, or its reason is"


def test_an_exception_is_a_module_without_a_file_of_tests() -> None:
    assert [name for name in EXCEPTIONS if name not in MODULES] == [], "these are gone: take them from the list"
    assert [name for name in EXCEPTIONS if mirror_of(name).exists()] == [], "these have tests: take them from the list"


def test_a_file_of_tests_imports_the_module_that_it_is_named_after() -> None:
    """A file that mirrors a module in name alone would hide that nothing tests it."""
    strangers = []
    for name in MODULES:
        wanted = (f"toolbridge.{name} ", f"toolbridge.{name.rpartition('.')[0]}".rstrip(".") + " ")
        path = mirror_of(name)
        if path.exists() and not any(f"from {module}" in path.read_text(encoding="utf-8") for module in wanted):
            strangers.append(name)
    assert strangers == []
