"""Drafts within drafts: what is kept of them, how far they may read, and what is undone."""

from collections import Counter

from toolbridge.events import ContentDelta
from toolbridge.notation.drafts import Draft, Drafts
from toolbridge.scanner import Scanner


def a_draft(start: int, limit: int) -> Draft:
    return Draft(
        start, 0, [ContentDelta("before")], Counter(), "", 0, 0, after_call=False, in_reasoning=False, limit=limit
    )


def opened() -> tuple[Scanner, Drafts]:
    """A scanner at the end of `ab(cd[ef`, with a draft that began at each bracket."""
    scanner = Scanner()
    drafts = Drafts(scanner)
    scanner.feed("ab(cd[ef")
    for start, limit in ((2, 90), (5, 70)):
        scanner.pos = start
        drafts.begin(a_draft(start, limit))
    scanner.pos = 8
    return scanner, drafts


def test_each_draft_knows_what_was_read_in_it() -> None:
    _, drafts = opened()
    assert [drafts.text_within(depth) for depth in range(3)] == ["(cd[ef", "[ef", ""]


def test_reading_ends_at_the_lowest_limit() -> None:
    _, drafts = opened()
    assert drafts.limit() == 70
    assert drafts.limit(60) == 60
    drafts.end()
    assert drafts.limit() == 90
    drafts.end()
    assert drafts.limit() is None
    assert not drafts


def test_the_innermost_draft_is_undone_with_its_text() -> None:
    scanner, drafts = opened()
    draft, text = drafts.undo(1, None)
    assert (draft.start, text, len(drafts), scanner.here) == (5, "[ef", 1, 8)
    assert drafts.text_within(0) == "(cd[ef"


def test_an_outer_draft_is_undone_with_all_within_it_and_up_to_a_place() -> None:
    scanner, drafts = opened()
    scanner.feed("gh")
    draft, text = drafts.undo(0, 4)
    assert (draft.start, text, len(drafts), scanner.here) == (2, "(c", 0, 4)
    assert scanner.text[scanner.pos :] == "d[efgh"
