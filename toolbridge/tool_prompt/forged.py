"""Whether text at some place would be read as a call of an offered tool: the reader's own grammars are asked.

The reader takes every marked notation beside the one that was asked for. So a file that a model repeats as its answer
would call, if it held such a call of an offered tool. No pattern tells that from a page about notations, which is to
come through as it is. The grammar that would read it does.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Opener
from toolbridge.notation.names import Offered
from toolbridge.notation.reading import Reading
from toolbridge.reply_parser.claims import Claim, Claims
from toolbridge.scanner import NotACall, OutOfText

_LIMITS = Limits()
_FAR = Limits(lookahead=_LIMITS.fence)
"""In a code fence a candidate is read that far before it must be a call."""
_NEAR = 512
"""Characters that are shown to a grammar at first: most know by then."""
_BLANKS = re.compile(r"[ \t\r\n]*")


class Forgeries:
    """Judges the places of one request's foreign text: by the notation asked for, and the offered tools."""

    __slots__ = ("_claims", "_names", "_tools")

    def __init__(self, asked: str, tools: Sequence[Tool]) -> None:
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._names = Offered(self._tools)
        self._claims = _claims(asked, offered=bool(tools))

    def at(self, text: str, start: int, literal: str) -> bool:
        """Whether a reply that begins here, with this opener, would begin with a call. In doubt it would."""
        behind = start + len(literal)
        found = _BLANKS.match(text, behind)
        first = found.end() if found else behind
        return any(
            (self._may_follow(claim.opener, text, first) or self._may_follow(claim.opener, text, behind))
            and self._is_read(claim, literal, text, start)
            for claim in self._claims.of(literal, self._names.source)
        )

    def _may_follow(self, opener: Opener, text: str, at: int) -> bool:
        """Whether one of the tokens that this opener needs stands here, or may: the text ends within it."""
        if not opener.needs or text.startswith(opener.then, at):
            return True
        return any(any(token.among(self._names).at(text, at, len(text))) for token in opener.named)

    def _is_read(self, claim: Claim, literal: str, text: str, start: int) -> bool:
        reading = Reading(self._tools, names=self._names, limits=_FAR, ids=str)
        reading.require_offered(claim.declared_only)
        scanner = reading.scanner
        far = start + _LIMITS.fence
        scanner.feed(text[start : start + _NEAR])
        reading.open()
        scanner.pos += len(literal)
        grammar = claim.dialect.read(reading, literal)
        try:
            next(grammar, None)
            if not reading.called and start + _NEAR < min(far, len(text)):
                scanner.feed(text[start + _NEAR : far])
                next(grammar, None)
        except NotACall:
            return reading.called
        except OutOfText:
            return True
        return True


@lru_cache(maxsize=64)
def _claims(asked: str, *, offered: bool) -> Claims:
    """The claims on every opener where this notation is asked for."""
    return Claims((asked,), offered=offered)
