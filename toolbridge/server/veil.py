"""The backend's own key, kept out of everything that comes back from it.

    veil = Veil("sk-…")
    veil.feed(data)     the same number of bytes, with stars where the key stood; the start of one waits for the next
    veil.rest()         what waited

A backend that echoes what it was asked (a debugging route, an error that quotes the request, a redirect to where it
was) would hand `backends.api_key` to a client that has none. The length stays, so a length that was announced holds.
A key that may be a word of its own, as `ollama` and `none` are given where any will do, is looked for behind `Bearer`.
"""

_A_SECRET = 12
"""Characters of a key that is no word; `not-needed` has ten."""


class Veil:
    """Takes out one key."""

    def __init__(self, key: str) -> None:
        found = key.encode()
        self._prefix = b"" if len(found) >= _A_SECRET else b"Bearer "
        self._key = self._prefix + found
        self._stars = self._prefix + b"*" * len(found)
        self._starts = tuple(self._key[:size] for size in range(len(self._key) - 1, 0, -1))
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be shown of it so far."""
        data = (self._held + data).replace(self._key, self._stars)
        self._held = b""
        if not data.endswith(self._starts):
            return data
        self._held = next(start for start in self._starts if data.endswith(start))
        return data[: -len(self._held)]

    def rest(self) -> bytes:
        """What was held, as nothing follows."""
        held, self._held = self._held, b""
        return held

    def text(self, value: str) -> str:
        """A header's value without it."""
        return value.replace(self._key.decode(), self._stars.decode())
