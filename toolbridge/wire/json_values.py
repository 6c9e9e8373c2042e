"""Counts the values of a JSON text without building them.

Each value costs as much as a long string, so `[],[],[],…` of a few megabytes takes seconds to be built, in one call
that lets no other thread run. The count takes a few milliseconds.
"""

STEP = 1 << 18
"""Bytes that are looked at in one call, so that other threads can run in between."""
_STRUCTURE = (b",", b"[", b"{")


def count_values(data: bytes, most: int) -> int:
    """The number of values in a JSON text, itself included. It may be too high up to `most`, and too low above."""
    roughly = structure(data)
    return roughly if roughly <= most else _exactly(data, most)


def structure(data: bytes) -> int:
    """The number of commas and opening brackets, also inside strings: never less than the number of values."""
    return 1 + sum(data.count(char, at, at + STEP) for at in range(0, len(data), STEP) for char in _STRUCTURE)


def _exactly(data: bytes, most: int) -> int:
    """The number of commas and opening brackets outside strings; the count may stop once it is above `most`.

    Strings are counted as well, a key as half a value, so that a text of many strings does not pass uncounted.
    """
    found, strings, inside, carry = 1, 0, False, b""
    for at in range(0, len(data), STEP):
        piece = carry + data[at : at + STEP]
        # An odd number of backslashes at the end: the last of them belongs to the next piece.
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
