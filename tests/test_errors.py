"""Errors, and values of a client's that stand in them."""

import ast
import re
from pathlib import Path

import pytest

from toolbridge import errors
from toolbridge.errors import BackendAnswered, ToolbridgeError, shown

PACKAGE = Path(__file__).resolve().parent.parent / "toolbridge"


DRAWING = re.compile(r"^ {4}([│├└─ ]*)(\w+)(?: +(\d{3}|…))?", re.MULTILINE)


def drawn() -> dict[str, tuple[str, str]]:
    """The tree at the head of `errors`: each name with the name above it, and its status."""
    above: list[str] = []
    found: dict[str, tuple[str, str]] = {}
    for lines, name, status in DRAWING.findall(errors.__doc__ or ""):
        depth = len(lines) // 4
        del above[depth:]
        found[name] = (above[-1] if above else "", status)
        above.append(name)
    return found


def test_the_drawn_tree_is_the_tree_of_the_classes() -> None:
    tree = drawn()
    classes = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert set(tree) - {"LookupError"} == set(classes)
    for name, kind in classes.items():
        above, status = tree[name]
        assert above in [base.__name__ for base in kind.__bases__] or not above
        assert issubclass(kind, ToolbridgeError)
        assert status in (str(kind.status), "…")


def test_an_error_carries_its_message_and_an_answer_its_own_status() -> None:
    error = BackendAnswered("too many requests", 429)
    assert (str(error), error.message, error.status) == ("too many requests", "too many requests", 429)
    assert BackendAnswered("no", 400).status == 400


@pytest.mark.parametrize(
    ("value", "said"), [("low", "'low'"), (None, "None"), (7, "7"), ([1, "a"], "[1, 'a']"), ({"a": 1}, "{'a': 1}")]
)
def test_a_value_is_shown_as_python_writes_it(value: object, said: str) -> None:
    assert shown(value) == said


@pytest.mark.parametrize(
    "value", ["x" * 10**7, ["x" * 10**6] * 1000, {str(n): n for n in range(10**5)}, "\0" * 10**6, 10**4000]
)
def test_what_is_long_is_cut(value: object) -> None:
    assert len(shown(value)) < 1000


def test_no_error_of_a_reader_of_requests_quotes_a_value_whole() -> None:
    """A client's megabytes would come back to it, escaped, and be written to the log."""
    files = [*PACKAGE.glob("wire/*/*.py"), PACKAGE / "wire" / "fields.py", PACKAGE / "tools.py"]
    quoted = [
        f"{path.name}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r")
    ]
    assert quoted == []
