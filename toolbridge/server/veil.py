"""The key that the operator set for the backend is kept out of everything that comes back from the backend.

    veil = Veil("sk-…")
    veil.feed(data)     the data so far, as long as before, with stars in place of the key; a beginning of it is held
    veil.rest()         the data that was held

A backend that echoes its request (a debugging route, an error that quotes it, a redirect to the same place) would hand
`backends.api_key` to a client that has no key. The stars keep the length, so an announced length stays true. A short
key may be an ordinary word, as some servers take any key and get `ollama` or `none`: such a key is looked for only
behind `Bearer`.
"""

_A_SECRET = 12
"""Characters from which on a key is no ordinary word; `not-needed` has ten."""


class Veil:
    """Puts stars in place of one key."""

    def __init__(self, key: str) -> None:
        found = key.encode()
        self._prefix = b"" if len(found) >= _A_SECRET else b"Bearer "
        self._key = self._prefix + found
        self._stars = self._prefix + b"*" * len(found)
        self._starts = tuple(self._key[:size] for size in range(len(self._key) - 1, 0, -1))
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The data that may be shown so far."""
        data = (self._held + data).replace(self._key, self._stars)
        self._held = b""
        if not data.endswith(self._starts):
            return data
        self._held = next(start for start in self._starts if data.endswith(start))
        return data[: -len(self._held)]

    def rest(self) -> bytes:
        """The data that was held, as nothing follows."""
        held, self._held = self._held, b""
        return held

    def text(self, value: str) -> str:
        """A header's value with stars in place of the key."""
        return value.replace(self._key.decode(), self._stars.decode())
