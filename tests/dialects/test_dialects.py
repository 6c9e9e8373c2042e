"""The dialects that there are: no two of them claim the same opener."""

from collections import defaultdict
from pathlib import Path

import toolbridge.dialects as package
from toolbridge.dialects import dialects, families


def test_a_dialect_is_found_by_being_there() -> None:
    assert {"xml", "hermes", "json"} <= dialects().keys()
    assert all(dialect.name == name for name, dialect in dialects().items())
    for folder in package.__path__:
        files = {file.stem for file in Path(folder).glob("*.py")} - {"__init__"}
        assert files == {module.__name__.rpartition(".")[2] for module, _ in families()}


def test_a_family_of_one_dialect_has_its_name() -> None:
    for module, (dialect, *more) in families():
        assert more or module.__name__.endswith("." + dialect.name.replace("-", "_").replace(".", "_"))


def test_no_two_dialects_claim_the_same_opener_with_the_same_token() -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, dialect in dialects().items():
        for opener in dialect.openers:
            for token in (*opener.then, *(repr(one) for one in opener.named)) or ("",):
                owners[opener.literal, token].add(name)
    assert {pair: names for pair, names in owners.items() if len(names) > 1} == {}


def test_a_dialect_can_be_asked_for_or_says_why_not() -> None:
    for dialect in dialects().values():
        assert (dialect.form is None) == bool(dialect.unpromptable)


def test_a_closer_is_no_opener() -> None:
    """Inkling is the exception: its closer ends every kind of message."""
    others = [dialect for dialect in dialects().values() if dialect.name != "inkling"]
    openers = {opener.literal for dialect in others for opener in dialect.openers}
    assert not openers & {closer for dialect in dialects().values() for closer in dialect.closers}
