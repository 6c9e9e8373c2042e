"""The bounds: each is positive, each is obeyed by some code, and none changes once it is made."""

import ast
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from toolbridge.limits import BLANKS, Limits

PACKAGE = Path(__file__).resolve().parent.parent / "toolbridge"
NAMES = [field.name for field in fields(Limits)]


@pytest.mark.parametrize("name", NAMES)
def test_every_bound_is_a_positive_whole_number(name: str) -> None:
    bound = getattr(Limits(), name)
    assert type(bound) is int
    assert bound > 0


def obeyed() -> set[str]:
    """The bounds that the package's code reads: as attributes, and as kinds of a budget, which are strings."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and "imits" in ast.unparse(node.value):
                found.add(node.attr)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("spend", "affords"):
                found |= {str(kind.value) for kind in node.args[:1] if isinstance(kind, ast.Constant)}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_bound_is_obeyed_somewhere(name: str) -> None:
    assert name in obeyed()


def test_a_candidate_is_looked_at_less_far_than_a_fence_and_a_fence_less_far_than_a_call() -> None:
    """A candidate lies in a fence, and a fence that holds a call is read like a call."""
    limits = Limits()
    assert BLANKS < limits.lookahead < limits.fence < limits.call
    assert limits.frame <= limits.body


def test_bounds_do_not_change_once_they_are_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Limits().call = 1  # type: ignore[misc]  # frozen: this is what is tested
    assert Limits(call=5).call == 5
    assert Limits(call=5).fence == Limits().fence
