"""Which tool a model meant: a name as it was written against the names that were offered."""

import re
from collections.abc import Iterable

_LEGAL = re.compile(r"[^\x00-\x20<>{}\"`](?:[^\x00-\x1f<>{}\"`]{0,126}[^\x00-\x20<>{}\"`])?")
_PREFIXES = ("functions.", "function.", "tools.", "default_api.")


def is_legal(name: str) -> bool:
    """Whether this could be a tool's name at all: one line, no markup, at most 128 characters."""
    return _LEGAL.fullmatch(name) is not None


def declared(name: str, names: Iterable[str]) -> str | None:
    """The offered name that this one is, or the only one it harmlessly misspells; None where there is none.

    Harmless are case, `-` for `_`, and a namespace that the model's own training puts in front (gpt-oss and Kimi write
    `functions.get_weather`).
    """
    offered = tuple(names)
    if name in offered:
        return name
    meant = plain(name)
    near = [one for one in offered if plain(one) == meant]
    return near[0] if len(near) == 1 else None


def plain(name: str) -> str:
    """The name without what `declared` forgives: two names are near where these are equal."""
    name = name.strip().lower()
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.replace("-", "_").replace(" ", "_")
