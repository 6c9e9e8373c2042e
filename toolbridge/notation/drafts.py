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

AROUND = "discarded:blank around markup"
BEYOND = "discarded:call beyond parallel false"
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
