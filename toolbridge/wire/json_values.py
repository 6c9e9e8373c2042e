"""How many values a JSON text holds, counted without building any of them.

Each value costs as much as a long string, so `[],[],[],…` of a few megabytes takes seconds to be built, in one call
that lets no other thread run. To count takes a few milliseconds.
"""

STEP = 1 << 18
"""Bytes that are looked at in one call, so that other threads can run in between."""
_STRUCTURE = (b",", b"[", b"{")


def count_values(data: bytes, most: int) -> int:
    """How many values a JSON text holds, itself included. Up to `most` it may be too high, above it may be too low."""
    roughly = structure(data)
    return roughly if roughly <= most else _exactly(data, most)


def structure(data: bytes) -> int:
    """How many commas and opening brackets there are, those inside strings included: never less than the values."""
    return 1 + sum(data.count(char, at, at + STEP) for at in range(0, len(data), STEP) for char in _STRUCTURE)


def _exactly(data: bytes, most: int) -> int:
    """The same without what stands in strings; it may stop behind `most`.

    Strings are counted as well, a key as half a value, so that no text makes many of them for nothing.
    """
    found, strings, inside, carry = 1, 0, False, b""
    for at in range(0, len(data), STEP):
        piece = carry + data[at : at + STEP]
        # An odd number of backslashes at the end: the last of them belongs to what follows.
        odd = (len(piece) - len(piece.rstrip(b"\\"))) % 2
        carry = piece[len(piece) - odd :]
        parts = piece[: len(piece) - odd].replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
        outside = b"".join(parts[inside::2])
        found += sum(outside.count(char) for char in _STRUCTURE)
        strings += len(parts) // 2
        inside ^= len(parts) % 2 == 0
        if found > most or strings > 2 * most:
            return max(found, most + 1)
    return found
