"""Bytes into frames: NDJSON lines and SSE events, cut anywhere."""

from typing import NamedTuple


class Frame(NamedTuple):
    """One line of NDJSON or one SSE event: its payload, and the bytes it came as (terminator included)."""

    data: bytes
    raw: bytes
    event: str = ""
