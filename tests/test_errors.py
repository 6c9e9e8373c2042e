"""Errors, and values of a client's that stand in them."""

import ast
from pathlib import Path

import pytest

from toolbridge.errors import shown

PACKAGE = Path(__file__).resolve().parent.parent / "toolbridge"


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
