"""What a draft is: a part of a reply that may yet be undone.

While a draft is open, its events and its counts are kept apart. They join those before it once the draft is committed,
and are dropped if the draft is given back as text. A draft saves the fields of a `Reading` that what it holds may
change and that nothing else restores. The other fields need no saving:

- `spoke`, `line_blank` and `code_span` follow from the text that has gone out, and a draft that is given back goes out
  as text itself.
- `declared_only` is set anew for every candidate.
- The call at hand ends with its draft, and the lenient readings of a candidate are cleared where the next one begins.
- Reasoning that was kept to find a call in it stays kept: it is a thought whatever is around it.
- An id that a call took stays taken: no other call may have it, and it is no harm if none has it.
"""

from collections import Counter
from dataclasses import dataclass

from toolbridge.events import Event
from toolbridge.scanner import Scanner

AROUND = "discarded:blank around markup"
END_OF_TURN = "discarded:end-of-turn token"
INVENTED = "discarded:invented tool result"
ORPHAN = "discarded:orphan closer directly after a call"
SKIPPED = "discarded:skipped list entry"


@dataclass(slots=True)
class Draft:
    """What held before a draft began, and how far the draft may read."""

    start: int
    """The position in the reply where it began."""
    counted: int
    events: list[Event]
    ledger: Counter[str]
    blanks: str
    index: int
    calls: int
    after_call: bool
    in_reasoning: bool
    limit: int
    """The position in the reply up to which it may read."""


class Drafts:
    """The drafts of a reply that are open, each within the one before it.

    While there is one, the scanner keeps what is read, so that it can be had again as text.
    """

    __slots__ = ("_open", "_scanner")

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._open: list[Draft] = []

    def __len__(self) -> int:
        return len(self._open)

    @property
    def outermost(self) -> Draft:
        """The one that began first."""
        return self._open[0]

    @property
    def innermost(self) -> Draft:
        """The one that began last."""
        return self._open[-1]

    def begin(self, draft: Draft) -> None:
        """Begin a draft within those that are open."""
        if not self._open:
            self._scanner.keep()
        self._open.append(draft)

    def end(self) -> Draft:
        """End the innermost draft. What it has read stays kept while others are open."""
        draft = self._open.pop()
        if not self._open:
            self._scanner.drop()
        return draft

    def undo(self, depth: int, to: int | None) -> tuple[Draft, str]:
        """End the draft at this depth with all within it, and go back to this position: the draft, and its text."""
        first = self.outermost.start
        del self._open[depth + 1 :]
        if to is not None:
            self._scanner.back(to)
        text = self._scanner.kept()[self.innermost.start - first :]
        return self.end(), text

    def text_within(self, depth: int) -> str:
        """What the draft at this depth and those within it have read; empty where none is so deep."""
        if len(self._open) <= depth:
            return ""
        return self._scanner.kept()[self._open[depth].start - self.outermost.start :]

    def limit(self, *others: int) -> int | None:
        """Up to where anything may be read: the lowest of the limits of all drafts and of these."""
        return min([draft.limit for draft in self._open] + [*others], default=None)
