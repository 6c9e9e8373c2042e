"""Would the text at some place be read as a call of an offered tool? The grammars of the reader answer this.

The reader accepts every marked notation, not only the notation that was asked for. So a model that repeats a file as
its answer would make a call, if the file holds a call of an offered tool. No pattern can tell such a file from a page
about notations, which must stay as it is. The grammar that would read the text can.
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
"""In a code fence a candidate may be this long before it must be a call."""
_NEAR = 512
"""Characters that a grammar gets at first; most grammars need no more."""
_BLANKS = re.compile(r"[ \t\r\n]*")


class Forgeries:
    """Judges places in the foreign text of one request, by the notation asked for and the offered tools."""

    __slots__ = ("_claims", "_names", "_tools")

    def __init__(self, asked: str, tools: Sequence[Tool]) -> None:
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._names = Offered(self._tools)
        self._claims = _claims(asked, offered=bool(tools))

    def at(self, text: str, start: int, literal: str) -> bool:
        """Whether a reply that began at this place, with this opener, would begin with a call; true in doubt.

        The token that an opener needs may stand behind blanks, which the reader skips.
        """
        behind = start + len(literal)
        found = _BLANKS.match(text, behind)
        first = found.end() if found else behind
        return any(
            (self._may_follow(claim.opener, text, first) or self._may_follow(claim.opener, text, behind))
            and any(self._is_read(claim, literal, text, start, at) for at in {behind, first})
            for claim in self._claims.of(literal, self._names.source)
        )

    def _may_follow(self, opener: Opener, text: str, at: int) -> bool:
        """Whether a token that this opener needs stands here, or the text ends where such a token may begin."""
        if not opener.needs or text.startswith(opener.then, at):
            return True
        return any(any(token.among(self._names).at(text, at, len(text))) for token in opener.named)

    def _is_read(self, claim: Claim, literal: str, text: str, start: int, behind: int) -> bool:
        """Whether the grammar of this claim reads a call from here on, which it is to read from `behind` on."""
        reading = Reading(self._tools, names=self._names, limits=_FAR, ids=str)
        reading.require_offered(claim.declared_only)
        scanner = reading.scanner
        far = start + _LIMITS.fence
        scanner.feed(text[start : min(behind + _NEAR, far)])
        reading.open()
        scanner.pos = min(behind - start, scanner.stop)
        grammar = claim.dialect.read(reading, literal)
        try:
            next(grammar, None)
            if not reading.called and behind + _NEAR < min(far, len(text)):
                scanner.feed(text[behind + _NEAR : far])
                next(grammar, None)
        except NotACall:
            return reading.called
        except OutOfText:
            return True
        return True


@lru_cache(maxsize=64)
def _claims(asked: str, *, offered: bool) -> Claims:
    """The claims on every opener in a reply to a prompt that asks for this notation."""
    return Claims((asked,), offered=offered)
