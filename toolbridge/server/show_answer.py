"""The backend's answer to `/api/show`, with the capabilities that the bridge adds, and no other byte changed.

Ollama's clients read more of this answer than anybody has a list of. So the value of `capabilities` is replaced in the
text, and the rest is never decoded and written again.
"""

import json
from typing import Any

from toolbridge.errors import FrameError
from toolbridge.frames import Frame
from toolbridge.model_converter import write_show
from toolbridge.wire.codec import decode, json_text

_DECODER = json.JSONDecoder()
_BLANK = " \t\n\r"


def enriched(show: bytes) -> bytes:
    """A show answer with the bridge's capabilities in place of the backend's; every other byte as it was.

    What is no object of JSON comes back unchanged.
    """
    described = _object(show)
    if described is None:
        return show
    ours = write_show(described)["capabilities"]
    if ours == described.get("capabilities"):
        return show
    text = show.decode()
    try:
        spans, end = _spans(text)
    except (ValueError, RecursionError):
        return show
    written = json_text(ours)
    if "capabilities" in spans:
        begin, until = spans["capabilities"]
        return (text[:begin] + written + text[until:]).encode()
    comma = "," if spans else ""
    return f'{text[:end]}{comma}"capabilities":{written}{text[end:]}'.encode()


def _spans(text: str) -> tuple[dict[str, tuple[int, int]], int]:
    """Where the value of each name of an object stands, and where behind the last one another can be put.

    Of a name that stands there twice the last counts, as for every reader of JSON.
    """
    spans: dict[str, tuple[int, int]] = {}
    at = _skip(text, 0) + 1
    end = at
    while text[at := _skip(text, at)] != "}":
        if text[at] == ",":
            at = _skip(text, at + 1)
        name, at = _DECODER.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)
        _, at = _DECODER.raw_decode(text, begin)
        spans[name] = begin, at
        end = at
    return spans, end


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANK:
        at += 1
    return at


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = decode(Frame(body, body))
    except FrameError:
        return None
    return value if isinstance(value, dict) else None
