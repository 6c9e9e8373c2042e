"""Whose answer it is: what a backend says to one key it need not say to another.

What is kept of such answers is kept by a digest of the keys that went along. Requests without any share one.
"""

import hashlib
from collections.abc import Mapping

_KEYS = frozenset({"authorization", "x-api-key", "api-key", "cookie"})


def whose(headers: Mapping[str, str]) -> str:
    """A short name for the keys among these headers; empty where there are none."""
    shown = [f"{name.lower()}: {value}" for name, value in headers.items() if name.lower() in _KEYS]
    return hashlib.sha256("\n".join(shown).encode("utf-8", "surrogatepass")).hexdigest()[:32] if shown else ""
