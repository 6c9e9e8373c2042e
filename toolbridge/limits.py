"""All bounds of the core in one place: how much of anything is held, and how much work is done.

Sizes of model text are in characters, sizes of bodies and frames in bytes. An operator can set each bound
(`TOOLBRIDGE_LIMITS_<NAME>`), and the code that obeys it takes it as an argument.
"""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

BLANKS = 64
"""Blank characters that are held at the end of content, as an opener may follow them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that keep hostile input from growing without end."""

    body: int = 64 * MIB
    """Bytes of a client's chat body. Uploads of blobs have no bound."""
    frame: int = 32 * MIB
    """Bytes of one NDJSON line or one SSE event from a backend."""
    call: int = 16 * MIB
    """Characters of one tool call."""
    depth: int = 256
    """Levels of nesting in a call's arguments."""
    lookahead: int = KIB
    """Characters behind an opener within which a candidate must become a call."""
    fence: int = 64 * KIB
    """Characters of a code fence that begins with a call and is therefore read whole."""
    ratio: int = 100
    """How many times larger a body above 1 MiB may be than its compressed bytes. Chats that repeat tools reach 20."""
    values: int = 200_000
    """JSON values in a client's body. A picture counts as a single value, whatever its size."""
    turns: int = 10_000
    """Messages of a conversation."""
    tools: int = 1_000
    """Tools of one request."""
    visits: int = 200_000
    """Places that are looked at in the schemas of a request's tools; a schema may refer to itself."""
    prompt: int = 2 * MIB
    """Characters that the tools of a request may take in a prompt."""
    text: int = 16 * MIB
    """Characters of a conversation that are searched for markup if its tools stand in the prompt."""
