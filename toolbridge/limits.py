"""How much of anything is held: every bound of the core in one place.

Sizes of model text are in characters, sizes of bodies and frames in bytes. Each bound is an operator's setting
(`TOOLBRIDGE_LIMITS_<NAME>`) and a constructor argument of what obeys it.
"""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

BLANKS = 64
"""Blank characters that are held back at the end of content, as an opener may follow them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that keep hostile input from growing without end."""

    body: int = 64 * MIB
    """Bytes of a client's chat body; blob uploads are not bounded."""
    frame: int = 32 * MIB
    """Bytes of one NDJSON line or one SSE event from a backend."""
    call: int = 16 * MIB
    """Characters of one tool call."""
    depth: int = 256
    """Levels of nesting in a call's arguments."""
    lookahead: int = KIB
    """Characters read after an opener before it must have become a call."""
    fence: int = 64 * KIB
    """Characters of a code fence that is read whole because it opens with a call."""
    ratio: int = 100
    """How many times its packed size a body may be, above 1 MiB. Chats that repeat their tools come to 20."""
    values: int = 200_000
    """JSON values in a client's body: a picture is one, however large."""
    turns: int = 10_000
    """Messages of one conversation."""
    tools: int = 1_000
    """Tools of one request."""
    visits: int = 200_000
    """Places looked at in the schemas of one request's tools; a schema may refer to itself."""
    prompt: int = 2 * MIB
    """Characters that the tools of one request may take in a prompt."""
    text: int = 16 * MIB
    """Characters of a conversation that are searched for markup, where its tools stand in a prompt."""
