"""Whose answer it is: a backend may answer each key differently.

So its answers are remembered under a digest of the keys that the request had. Requests without a key share one digest.
"""

import hashlib
from collections.abc import Mapping

_KEYS = frozenset({"authorization", "x-api-key", "api-key", "cookie"})


def whose(headers: Mapping[str, str]) -> str:
    """A short name for the keys among these headers; empty where there is no key."""
    shown = [f"{name.lower()}: {value}" for name, value in headers.items() if name.lower() in _KEYS]
    return hashlib.sha256("\n".join(shown).encode("utf-8", "surrogatepass")).hexdigest()[:32] if shown else ""
