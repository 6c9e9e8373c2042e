"""No expression of the package takes more than its text is long: each is tried with the worst input that grows from it.

A quadratic expression stalls the whole bridge for seconds with a body of a few kilobytes, an exponential one for ever
with 89 bytes, and neither can be seen by reading it. Nothing here is timed: steps are counted.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests import computed_patterns
from tests.pattern_sites import Found, computed_sites, every_pattern
from tests.regex_growth import holds_possessive, inputs, most_at, worst
from tests.regex_steps import Steps

CAPS = {
    "toolbridge.notation.shapes.delimited_values._TAIL": 128,  # _WINDOW: so many characters before a marker
    "toolbridge.server.settings_file._KUBERNETES": 128,  # _NAME_MOST: of a variable's name
    "toolbridge.dialect_choice._names": 256,  # _NAME_LENGTH: of a model's name no more is looked at
}
"""Expressions that are not linear, and the length of the longest text that they are given."""
MOST_AT_CAP = 40_000
"""Steps for such a text, at most: well under a millisecond of the real engine."""
COMPUTED_USES = {
    "toolbridge.scanner._compiled": ("search",),
    "toolbridge.dialect_choice._names": ("search",),
    "toolbridge.notation.members.implied": ("match",),
    "toolbridge.notation.shapes.pairs.Pairs.following": ("match",),
    "toolbridge.notation.shapes.elements.Tags.following": ("match",),
    "fnmatch._compile_pattern": ("match",),
}
"""What is done with expressions that a function makes; `every` with all others."""
TRIE_MOST = 1_000
"""Characters of a trie of literals: the short ones stand for the long ones, which take seconds to be parsed again."""
TRIES = 40
"""Inputs for each of them: those of one function differ in their names only."""
METHODS = {"search": "search", "match": "match", "fullmatch": "fullmatch"}
LINEAR = (r"[a-z]+\d*", r"(?<![ \t])[ \t]+(?=\n)", r'"[^"\\]*(?:\\.[^"\\]*)*"?', r"\s*(?:,\s*)?\Z", r"(?:a|b)+c")
SLOW = (
    ("every", r"[ \t]+(?=\n)"),
    ("every", r"\{.*\}|\[.*\]"),
    ("search", r"<title[^>]*>(.*?)</title>"),
    ("search", r"x.*y.*z"),
    ("match", r",\s*\w*\s*:?\s*\Z"),
    ("match", r"=\s*[\"']?([^\"'<>\n]*)[\"']?\s*>"),
    ("fullmatch", r"[+-]?(?:0+(?:\.0*)?(?:ns|us|ms|s|m|h)?)+"),
    ("fullmatch", r"(?:a+|b)*c"),
    ("fullmatch", r"(?:a|ab|b)*c"),
    ("fullmatch", r".*a.*b.*"),
)


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    """Room for the matcher, which takes a step of Python's stack where CPython's engine takes one of its own."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(400_000)
    yield
    sys.setrecursionlimit(before)


def judge(where: str, pattern: str | bytes, flags: int, use: str, *, tries: int = 1_500) -> None:
    if cap := CAPS.get(where):
        assert most_at(pattern, flags, use, cap, tries) <= MOST_AT_CAP, (where, use)
        return
    slow = worst(pattern, flags, use, tries=tries)
    assert slow is None, f"{where} ({use}): {pattern!r} is not linear on {slow}"


def named(found: Found) -> str:
    return found.where.removeprefix("toolbridge.")


@pytest.mark.parametrize("found", every_pattern(), ids=named)
def test_an_expression_is_linear(found: Found) -> None:
    for use in found.uses:
        judge(found.where, found.pattern, found.flags, use)


@pytest.mark.parametrize("found", every_pattern(), ids=named)
def test_an_expression_is_read_alike_by_every_python(found: Found) -> None:
    """CPython before 3.11.5, which Debian 12 has, gets possessive and atomic groups wrong (gh-106052)."""
    assert not holds_possessive(found.pattern, found.flags), found.pattern


def test_expressions_that_functions_make_are_linear_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.computed_patterns"], capture_output=True, text=True, check=True, timeout=120
    )
    known = {one.pattern if isinstance(one.pattern, str) else one.pattern.decode("latin-1") for one in every_pattern()}
    sites = computed_sites()
    reached = set()
    tried = set()
    for where, pattern, flags, method in computed_patterns.read(done.stdout):
        reached.add("fnmatch" if where.startswith("fnmatch.") else where)
        use = COMPUTED_USES.get(where) or (METHODS.get(method, "every"),)
        if where not in sites and not where.startswith("fnmatch."):
            continue  # of a module, or written down in a function: tried above
        if pattern in known or (pattern, use) in tried:
            continue
        if where == "toolbridge.scanner._compiled" and len(pattern) > TRIE_MOST:
            continue
        tried.add((pattern, use))
        if not where.startswith("fnmatch."):  # the library's own, from an operator's pattern
            assert not holds_possessive(pattern, flags), (where, pattern)
        for each in use:
            judge(where, pattern, flags, each, tries=TRIES)
    missing = sites - reached
    by_fnmatch = {"toolbridge.cli.checkup._matches", "toolbridge.server.tool_settings.ToolSettings.policy_for"}
    assert missing <= by_fnmatch, "made by functions that tests/computed_patterns.py does not reach"
    assert "fnmatch" in reached


@pytest.mark.parametrize("pattern", LINEAR)
def test_what_is_linear_is_found_to_be(pattern: str) -> None:
    for use in ("match", "fullmatch"):
        assert worst(pattern, re.compile(pattern).flags, use) is None


@pytest.mark.parametrize(("use", "pattern"), SLOW, ids=[pattern for _, pattern in SLOW])
def test_what_is_not_linear_is_found(use: str, pattern: str) -> None:
    assert worst(pattern, re.compile(pattern).flags, use) is not None


@pytest.mark.parametrize("found", every_pattern(), ids=named)
def test_the_counting_matcher_matches_what_the_real_one_does(found: Found) -> None:
    """On a few of the inputs for each expression: only what matches alike can cost alike."""
    steps = Steps(found.pattern, found.flags)
    real: re.Pattern[Any] = re.compile(found.pattern, found.flags)
    every = list(inputs(steps))
    for head, pump, tail in Random(0).sample(every, min(12, len(every))):  # noqa: S311 - the same ones in every run
        text = head + pump * 3 + tail
        if isinstance(found.pattern, bytes) and not text.isascii():
            continue
        given = text.encode() if isinstance(found.pattern, bytes) else text
        matched, searched, whole = real.match(given), real.search(given), real.fullmatch(given)
        assert steps.match(text) == (matched.end() if matched else None), text
        assert steps.search(text) == (searched.span() if searched else None), text
        assert steps.fullmatch(text) == (whole.end() if whole else None), text
