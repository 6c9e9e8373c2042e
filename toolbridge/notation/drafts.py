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
STRAY = "discarded:stray opener directly before a call"


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


class Drafts(list[Draft]):
    """The drafts of a reply that are open, each within the draft before it in the list.

    While there is one, the scanner keeps what is read, so that it can be had again as text. It is a list because every
    piece of a reply asks whether it is empty.
    """

    __slots__ = ("_scanner",)

    def __init__(self, scanner: Scanner) -> None:
        super().__init__()
        self._scanner = scanner

    def begin(self, draft: Draft) -> None:
        """Begin a draft within those that are open."""
        if not self:
            self._scanner.keep()
        self.append(draft)

    def end(self) -> Draft:
        """End the innermost draft. What it has read stays kept while others are open."""
        draft = self.pop()
        if not self:
            self._scanner.drop()
        return draft

    def undo(self, depth: int, to: int | None) -> tuple[Draft, str]:
        """End the draft at this depth and all drafts within it. Returns the draft, and the text that it has read.

        With `to` the scanner goes back to this position first.
        """
        outermost = self[0]
        del self[depth + 1 :]
        if to is not None:
            self._scanner.back(to)
        text = self._scanner.kept()[self[-1].start - outermost.start :]
        return self.end(), text

    def text_within(self, depth: int) -> str:
        """The text that the draft at this depth has read; empty if fewer drafts are open."""
        return self._scanner.kept()[self[depth].start - self[0].start :] if len(self) > depth else ""

    def limit(self, *others: int) -> int | None:
        """The lowest of the limits of all drafts and of these others; None if there is no limit."""
        return min([*(draft.limit for draft in self), *others], default=None)
