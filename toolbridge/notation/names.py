"""Which tool a model meant: a written name is compared with the names of the offered tools."""

import re
import string
from collections.abc import Callable, Collection

from toolbridge.words import Words

_LEGAL = re.compile(r"[^\x00-\x20<>{}\"`](?:[^\x00-\x1f<>{}\"`]{0,126}[^\x00-\x20<>{}\"`])?")
_PLACEHOLDER = re.compile(r"[A-Z]+(?:_[A-Z]+)*_NAME|name_of_the_tool|example_tool_*")
"""Names that the prompt shows in place of a tool's, and the like: SmolLM2-135M calls `SEARCH_NAME`."""
_LABEL = re.compile(r"[ ]?[(\[](?:call )?\d{1,4}[)\]]$")
"""The number that the prompt puts behind a tool's name in front of several results, as in `get_weather (call 1)`."""
_PREFIXES = ("functions.", "function.", "tools.", "default_api.")

_MOST = 160
"""Characters of a name that are looked at for a label."""

NAME_BEGINS: tuple[str, ...] = tuple(string.ascii_letters + string.digits + "_")
"""What most names begin with: the token behind an opener that is followed by a name."""


def is_legal(name: str) -> bool:
    """Whether this could be a tool's name at all: one line, no markup, at most 128 characters."""
    return _LEGAL.fullmatch(name) is not None


def is_placeholder(name: str) -> bool:
    """Whether this name stands in the prompt in place of a tool's."""
    return _PLACEHOLDER.fullmatch(name) is not None


class Offered(Words):
    """The names of the offered tools, and the spellings in which models write them."""

    __slots__ = ("_by_bare", "_by_plain")

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(names)
        self._by_plain: dict[str, str | None] | None = None
        self._by_bare: dict[str, str | None] | None = None

    def declared(self, name: str) -> str | None:
        """The offered name that was written, or the only offered name that it harmlessly misspells, or None.

        These are harmless: another case, `-` for `_`, and a namespace that the model was trained to put in front
        (gpt-oss and Kimi write `functions.get_weather`).
        """
        if name in self.source:
            return name
        if self._by_plain is None:
            self._by_plain = self._by(plain)
        return self._by_plain.get(plain(name))

    def meant(self, name: str) -> str | None:
        """The offered name that was written in JSON, where quotes show its ends, or None.

        More is harmless there: `getWeather` for `get_weather`, and the label of a result (`get_weather (call 1)`).
        """
        known = self.declared(name)
        if known is not None or len(name) > _MOST:
            return known
        if self._by_bare is None:
            self._by_bare = self._by(bare)
        return self._by_bare.get(bare(name))

    def _by(self, form: Callable[[str], str]) -> dict[str, str | None]:
        """The offered names by a form of them; None where several names have the same."""
        found: dict[str, str | None] = {}
        for one in self.source:
            found[form(one)] = None if form(one) in found else one
        return found


def bare(name: str) -> str:
    """The plain name without separators, and without the label of a result behind it."""
    return plain(_LABEL.sub("", name.strip())).replace("_", "") or name


def plain(name: str) -> str:
    """The name without the differences that `declared` forgives: misspellings of a name are equal in this form."""
    name = name.strip().lower()
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.replace("-", "_").replace(" ", "_")
