"""The text of one reply: content and reasoning go out, blanks at their end wait, and every character is counted.

The blanks may stand before a call, and around a call they are no text. So they leave with the text behind them, or are
dropped with the call behind them. The same holds for an opener directly before a call that does not belong to it.
"""

from collections import Counter

from toolbridge.events import ContentDelta, Event, ReasoningDelta
from toolbridge.limits import BLANKS
from toolbridge.notation.drafts import AROUND, STRAY
from toolbridge.pieces import Pieces
from toolbridge.scanner import BLANK, Scanner


class Spoken:
    """The text of a reply, as far as it has been read. `Reading` adds its calls."""

    def __init__(self, thoughts_most: int) -> None:
        self.scanner = Scanner()
        self.after_call = False
        """Whether only blanks and markup have come since a call."""
        self.in_reasoning = False
        """Whether text is reasoning at present."""
        self.spoke = False
        """Whether content other than blanks has gone out."""
        self.line_blank = True
        """Whether the line at hand holds only blanks so far."""
        self.code_span = 0
        """How many backticks opened the code span that is open on this line; 0 for no open one."""
        self._thoughts = Pieces()
        """The reasoning so far, out of which a call may be read at the end."""
        self._thoughts_most = thoughts_most
        """How many characters of it are kept."""
        self._spoken_of = False
        """Whether calls in the reasoning at hand are only spoken of."""
        self._events: list[Event] = []
        self._ledger: Counter[str] = Counter()
        self._counted = 0
        self._plain = 0
        """Characters of content that took the fast path and are not in the ledger yet."""
        self._blanks = ""
        """Blanks that are held, and within them perhaps a stray opener."""

    # Reasoning and lines.

    def begin_thought(self, *, spoken_of: bool = False) -> None:
        """Text is reasoning from here on. Held blanks stood before it. No call is read out of `spoken_of` reasoning."""
        self.drop_blanks()
        self.in_reasoning = True
        self._spoken_of = spoken_of

    def end_thought(self) -> None:
        """Text is content from here on. The blanks that are held are content, too, unless they are dropped."""
        self.in_reasoning = False

    def think(self, text: str) -> None:
        """Keep a piece of reasoning, of the reply's text or of the backend's own field for it."""
        if (room := self._thoughts_most - self._thoughts.length) > 0:
            self._thoughts.write(text[:room])

    def thoughts(self) -> str:
        """The reasoning that was kept so far."""
        return self._thoughts.text()

    def begin_line(self) -> None:
        """Count what follows as the start of a line: only markup stood before it on its line."""
        self.line_blank = True
        self.code_span = 0

    def turn_span(self, ticks: int) -> None:
        """A run of so many backticks opens a code span, or closes a span of as many. In any other span it is text."""
        if self.code_span in (0, ticks):
            self.code_span = ticks - self.code_span

    # Text.

    def pass_to(self, end: int) -> None:
        """Let the text up to this position of the scanner go as content, or as reasoning within reasoning."""
        scanner = self.scanner
        text = scanner.text[scanner.pos : end]
        scanner.pos = end
        self._text(text)

    def say(self, text: str) -> None:
        """Let this text go in place of what was read since the last count. What was read is at least as long."""
        self._text(text)

    def plain(self, text: str) -> None:
        """Content without a marker, which goes past the scanner: the fast path of prose."""
        self.scanner.past(text)
        self._counted += len(text)
        bare = text.rstrip(BLANK) if text[-1] in BLANK else text
        if "\n" in text:
            self._track_line(text)
        elif bare:
            self.line_blank = False
        if bare:
            self.spoke = True
            self.after_call = False
            out = self._blanks + bare if self._blanks else bare
            self._plain += len(out)
            self._events.append(ContentDelta(out))
            self._blanks = text[len(bare) :]
        else:
            self._blanks += text
        if len(self._blanks) > BLANKS:
            self._emit_text(self._blanks[:-BLANKS])
            self._blanks = self._blanks[-BLANKS:]

    def _text(self, text: str) -> None:
        here = self.scanner.here
        self._ledger["markup"] += here - self._counted - len(text)
        self._counted = here
        if not text:
            return
        bare = text.rstrip(BLANK)
        self._track_line(text)
        if bare:
            if not self.in_reasoning:
                self.spoke = True
                self.after_call = False
            self._emit_text(self._blanks + bare)
            self._blanks = text[len(bare) :]
        else:
            self._blanks += text
        if len(self._blanks) > BLANKS:
            self._emit_text(self._blanks[:-BLANKS])
            self._blanks = self._blanks[-BLANKS:]

    def _emit_text(self, text: str) -> None:
        events = self._events
        if self.in_reasoning:
            self._ledger["reasoning"] += len(text)
            if not self._spoken_of:
                self.think(text)
            events.append(ReasoningDelta(text))
        else:
            self._ledger["content"] += len(text)
            events.append(ContentDelta(text))

    def _track_line(self, text: str) -> None:
        newline = text.rfind("\n")
        if newline >= 0:
            self.begin_line()
        if text[newline + 1 :].strip(BLANK):
            self.line_blank = False

    def drop_blanks(self) -> None:
        """The blanks that are held stand around markup. A stray opener within them is text."""
        if stray := self._blanks.strip(BLANK):
            end = self._blanks.index(stray) + len(stray)
            self.spoke = True
            self._emit_text(self._blanks[:end])
            self._blanks = self._blanks[end:]
        self._ledger[AROUND] += len(self._blanks)
        self._blanks = ""

    def drop_before_call(self) -> None:
        """A call has begun: the blanks that are held, and a stray opener within them, are dropped."""
        stray = len(self._blanks.strip(BLANK))
        if stray:
            self._ledger[STRAY] += stray
        self._ledger[AROUND] += len(self._blanks) - stray
        self._blanks = ""

    def _hold(self, text: str) -> None:
        """Hold a stray opener and the blanks behind it with the blanks before it, if all of these are few."""
        if self._blanks.strip(BLANK) or len(self._blanks) + len(text) > BLANKS:
            self._text(text)
            return
        self._counted = self.scanner.here
        self._blanks += text
        if "\n" in text:
            self.begin_line()

    def release_blanks(self) -> None:
        """The text is over: the blanks that are held belong to the text, unless a call stands before them."""
        if self.after_call and not self.in_reasoning:
            self.drop_blanks()
        elif self._blanks:
            self._emit_text(self._blanks)
            self._blanks = ""

    def mark(self, key: str) -> None:
        """Count everything read since the last count under this key."""
        here = self.scanner.here
        self._ledger[key] += here - self._counted
        self._counted = here
