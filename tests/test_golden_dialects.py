"""The golden replies of every dialect: what comes of them, however they are cut and whenever calls are released."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.replies import TOOLS, Parsing, Read, a_call, chunks, cut, cuts_by_chance
from toolbridge.dialect_choice import dialect_names

GOLDEN = Path(__file__).resolve().parent / "golden" / "dialects"
CUTS = 80
"""In how many places a reply is cut in two at least: every place of a short reply, every second of a longer one."""
RELEASES = ("early", "whole")


@dataclass(frozen=True, slots=True)
class Case:
    """One golden file. `release` is empty where the reply must read the same under both."""

    folder: str
    name: str
    text: str
    tools: Any
    options: dict[str, Any]
    expected: dict[str, Any]

    @property
    def releases(self) -> tuple[str, ...]:
        return (self.options["release"],) if "release" in self.options else RELEASES

    def parsing(self, release: str) -> Parsing:
        options = dict(self.options, release=release)
        if "copies" in options:
            options["copies"] = [a_call(**call) for call in options["copies"]]
        dialect = options.pop("dialect", self.folder)
        cause = options.pop("cause", "stop")
        return Parsing(dialect, self.tools, cause, options)


def load(path: Path) -> Case:
    record = json.loads(path.read_text(encoding="utf-8"))
    return Case(
        path.parent.name,
        record["name"],
        record["text"],
        record.get("tools", TOOLS),
        record.get("options", {}),
        record["expected"],
    )


CASES = [load(path) for path in sorted(GOLDEN.glob("*/*.json"))]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.folder}: {case.name}")


def told(case: Case, read: Read) -> dict[str, Any]:
    """What came of a reply, in the words of the golden files; arguments as text, so that 1, 1.0 and true differ."""
    ledger = case.expected.get("ledger", {})
    return {
        "content": read.content,
        "reasoning": read.reasoning,
        "calls": read.calls,
        "incomplete": read.incomplete,
        "tolerances": read.tolerances,
        "missing in the ledger": [key for key in ledger.get("has", ()) if key not in read.ledger],
        "unwanted in the ledger": [key for key in ledger.get("lacks", ()) if key in read.ledger],
    }


def wanted(case: Case) -> dict[str, Any]:
    expected = case.expected
    return {
        "content": expected["content"],
        "reasoning": expected.get("reasoning", ""),
        "calls": [
            (call["name"], json.dumps(call["arguments"], ensure_ascii=False, separators=(",", ":")))
            for call in expected["calls"]
        ],
        "incomplete": [(call["name"], call["outcome"]) for call in expected.get("incomplete", ())],
        "tolerances": expected.get("tolerances", {}),
        "missing in the ledger": [],
        "unwanted in the ledger": [],
    }


@every_case
def test_a_golden_reply_says_what_its_file_says(case: Case) -> None:
    for release in case.releases:
        assert told(case, case.parsing(release).read([case.text])) == wanted(case), release


@every_case
def test_a_golden_reply_reads_the_same_however_it_is_cut(case: Case) -> None:
    text = case.text
    for release in case.releases:
        parsing = case.parsing(release)
        whole = parsing.read([text])
        ways = [chunks(text, size) for size in (1, 2, 3, 5, 8, 13)] + cuts_by_chance(text, 5)
        if release == case.releases[0]:
            ways += [cut(text, [place]) for place in range(1, len(text), 1 + len(text) // CUTS)]
        for pieces in ways:
            assert parsing.read(pieces) == whole, pieces


def test_every_dialect_has_golden_replies() -> None:
    assert {case.folder for case in CASES} == set(dialect_names())
