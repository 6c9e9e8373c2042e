"""docs/edge-cases.md: no number is missing, and every test that it names is there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "edge-cases.md"
CASES = 137
ROW = re.compile(r"^\| (\d+) \| (.+?) (?<!\\)\| (.+?) (?<!\\)\| (.+?) (?<!\\)\|$", re.MULTILINE)
NAMED = re.compile(r"`([^`]+)`")
FUNCTION = r"^(?:async )?def {}\("

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = ROW.findall(TEXT)


def is_there(name: str) -> bool:
    """Whether a golden file or a test function of this name exists."""
    file, separator, function = name.partition("::")
    if not separator:
        return (TESTS / "golden" / "dialects" / f"{name}.json").is_file()
    path = TESTS / file
    return path.is_file() and bool(
        re.search(FUNCTION.format(re.escape(function)), path.read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_every_number_has_its_row_in_order() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, CASES + 1))
    assert len(re.findall(r"^\| \d", TEXT, re.MULTILINE)) == CASES


@pytest.mark.parametrize(("number", "held"), [(number, held) for number, _, _, held in ROWS])
def test_what_holds_a_case_is_there(number: str, held: str) -> None:
    names = NAMED.findall(held)
    assert names, number
    assert [name for name in names if not is_there(name)] == []


def test_a_name_that_is_nowhere_would_be_seen() -> None:
    assert not is_there("xml/there-is-no-such-reply")
    assert not is_there("test_frames.py::test_there_is_no_such_test")
    assert not is_there(
        "test_there_is_no_such_file.py::test_any_cut_gives_the_same_frames_and_their_raws_are_the_input"
    )
